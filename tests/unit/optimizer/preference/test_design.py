"""Slates without a model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multibo.optimizer.preference import design
from multibo.optimizer.preference.dataset import choice, unit_points
from multibo.optimizer.preference.slate import ProposalRequest, Role


@settings(max_examples=60, deadline=None)
@given(
    dimension=st.integers(1, 64),
    k=st.integers(2, 9),
    seed=st.integers(0, 2**256),
    anchor=st.booleans(),
)
def test_every_legal_request_gets_distinct_candidates(
    dimension: int, k: int, seed: int, anchor: bool
) -> None:
    proposal = design.sobol_slate(ProposalRequest(dimension, k, seed, anchor=anchor))

    warps = [candidate.warp for candidate in proposal.candidates]
    assert len(set(warps)) == k
    assert {len(warp) for warp in warps} == {dimension}
    assert max(abs(q) for warp in warps for q in warp) <= 4096


def test_before_feedback_the_anchor_is_the_identity() -> None:
    first, *others = design.sobol_slate(ProposalRequest(5, 4, 0)).candidates

    assert first.warp == (0, 0, 0, 0, 0)
    assert first.role is Role.ANCHOR
    assert {other.role for other in others} == {Role.INITIAL}


def test_after_feedback_the_anchor_is_what_was_picked_last() -> None:
    history = (choice(((0, 0), (7, 8)), 1),)

    proposal = design.sobol_slate(ProposalRequest(2, 4, 0, history))

    assert proposal.candidates[0].warp == (7, 8)


def test_without_an_anchor_all_slots_are_sobol_points() -> None:
    proposal = design.sobol_slate(ProposalRequest(3, 4, 0, anchor=False))

    assert {candidate.role for candidate in proposal.candidates} == {Role.INITIAL}


def test_the_reason_of_a_fallback_is_passed_on() -> None:
    proposal = design.sobol_slate(ProposalRequest(2, 2, 0), degraded="no model")

    assert proposal.degraded == "no model"


def test_sobol_points_fill_the_box_evenly() -> None:
    points = design.sobol_points(4, 64, seed=9)

    octaves = np.floor(points * 64).astype(int)
    for axis in octaves.T:
        assert sorted(axis) == list(range(64))


def test_candidates_keep_their_distance_from_the_anchor() -> None:
    proposal = design.sobol_slate(ProposalRequest(2, 4, 1))

    points = unit_points([candidate.warp for candidate in proposal.candidates])
    for slot in range(1, 4):
        nearest = design.separation(points[slot : slot + 1], points[:slot])
        assert nearest >= design.MIN_SEPARATION - 1e-3


def test_a_crowded_pool_still_gives_the_number_asked_for() -> None:
    pool = np.linspace(0.5, 0.501, 8)[:, None]

    picked = design.spread_out(pool, [(0,)], 3)

    assert len({float(point[0]) for point in picked}) == 3


def test_without_a_model_what_was_picked_last_is_recommended() -> None:
    history = (choice(((0,), (9,)), 1),)

    recommendation = design.kept_recommendation(1, history, degraded="no model")

    assert recommendation.shown.warp == recommendation.predicted.warp == (9,)
    assert recommendation.shown.win_probability == pytest.approx(0.5)
    assert recommendation.degraded == "no model"
