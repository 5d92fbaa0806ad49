"""The engine's facade: the next slate and the answer so far."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multibo.optimizer.preference import engine, fitting
from multibo.optimizer.preference.cache import PosteriorCache
from multibo.optimizer.preference.dataset import Answer, choice, unit_points
from multibo.optimizer.preference.design import MIN_SEPARATION, separation
from multibo.optimizer.preference.engine import ProposalRequest, Role
from multibo.optimizer.preference.errors import FitFailedError, InvalidRequestError
from multibo.optimizer.preference.portfolio import Portfolio
from tests.support.histories import HISTORY_KINDS, a_hard_history, a_history

IN_ANOTHER_PROCESS = """
from multibo.optimizer.preference import engine
from tests.support.histories import a_history
history = a_history(16, 12, seed=5)
print(repr(engine.propose(engine.ProposalRequest(16, 4, 99, history))))
print(repr(engine.recommend(16, history)))
"""


def failing_fit(
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...],
    parts: engine.Parts,
) -> Portfolio:
    raise FitFailedError("on purpose")


def assert_sound(proposal: engine.Proposal, request: ProposalRequest) -> None:
    """Hold what every proposal promises, whatever the history."""
    warps = [candidate.warp for candidate in proposal.candidates]
    assert len(set(warps)) == len(warps) == request.k
    assert all(len(warp) == request.dimension for warp in warps)
    assert max(abs(q) for warp in warps for q in warp) <= 4096
    chances = [candidate.win_probability for candidate in proposal.candidates]
    assert sum(chances) == pytest.approx(1.0)
    numbers = [(c.utility_mean, c.utility_sd) for c in proposal.candidates]
    assert np.isfinite(numbers).all()


def test_the_first_slate_is_the_identity_and_sobol_points() -> None:
    proposal = engine.propose(ProposalRequest(16, 4, seed=1))

    assert proposal.candidates[0].warp == (0,) * 16
    roles = [candidate.role for candidate in proposal.candidates]
    assert roles == [Role.ANCHOR, Role.INITIAL, Role.INITIAL, Role.INITIAL]
    assert proposal.degraded == ""


def test_the_model_proposes_once_the_initial_rounds_are_over() -> None:
    history = a_history(4, 3)

    initial, modeled = (
        engine.propose(ProposalRequest(4, 4, 1, history, n_initial=n)) for n in (4, 3)
    )

    assert initial.candidates[1].role is Role.INITIAL
    assert modeled.candidates[1].role in {Role.EXPLOIT, Role.EXPLORE}


def test_the_anchor_is_the_shown_warp_with_the_highest_mean() -> None:
    history = a_history(4, 10)

    proposal = engine.propose(ProposalRequest(4, 4, 1, history))

    fitted = fitting.fit(4, history)
    shown = [warp for answer in history for warp in answer.shown]
    means = fitted.mean(unit_points(shown))
    assert proposal.candidates[0].warp == shown[int(means.argmax())]
    assert proposal.candidates[0].utility_mean == pytest.approx(means.max())


def test_what_is_always_picked_becomes_the_anchor() -> None:
    liked = (1000, -2000, 500)
    history = tuple(choice((*answer.shown[1:], liked), 3) for answer in a_history(3, 6))

    assert engine.propose(ProposalRequest(3, 4, 1, history)).candidates[0].warp == liked
    assert engine.recommend(3, history).shown.warp == liked


def test_without_an_anchor_the_predicted_maximizer_leads() -> None:
    history = a_history(3, 8)

    proposal = engine.propose(ProposalRequest(3, 4, 1, history, anchor=False))

    assert_sound(proposal, ProposalRequest(3, 4, 1, history))
    assert proposal.candidates[0].role is Role.EXPLOIT


def test_candidates_keep_their_distance_from_each_other() -> None:
    proposal = engine.propose(ProposalRequest(6, 4, 3, a_history(6, 20)))

    points = unit_points([candidate.warp for candidate in proposal.candidates])
    for slot in range(1, 4):
        nearest = separation(points[slot : slot + 1], points[:slot])
        assert nearest >= MIN_SEPARATION - 1e-3


def test_an_exploiting_candidate_is_expected_to_beat_the_anchor() -> None:
    for seed in range(4):
        proposal = engine.propose(ProposalRequest(4, 4, seed, a_history(4, 12)))

        to_beat = proposal.candidates[0].utility_mean
        for candidate in proposal.candidates[1:]:
            exploits = candidate.role is Role.EXPLOIT
            assert exploits == (candidate.utility_mean >= to_beat)


def test_the_same_request_gives_the_same_slate_in_any_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[4],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"},
        ).stdout
        for hash_seed in ("1", "2")
    }

    assert len(outputs) == 1


def test_another_seed_gives_another_slate() -> None:
    history = a_history(8, 5)

    slates = {engine.propose(ProposalRequest(8, 4, seed, history)) for seed in range(3)}

    assert len(slates) == 3


def test_a_cached_posterior_gives_the_identical_slate() -> None:
    history = a_history(8, 10)
    request = ProposalRequest(8, 4, 7, history)
    cache = PosteriorCache(capacity=2)

    slates = [engine.propose(request, fit=cache.fit) for _ in range(2)]

    assert slates == [engine.propose(request)] * 2
    assert len(cache) == 2  # the last milestone too


def test_the_cache_forgets_what_was_not_asked_for_longest() -> None:
    cache = PosteriorCache(capacity=2)
    histories = [a_history(2, n_rounds) for n_rounds in (1, 2, 3)]

    first = cache.fit(2, histories[0])
    cache.fit(2, histories[1])
    assert cache.fit(2, histories[0]) is first
    cache.fit(2, histories[2])

    assert len(cache) == 2
    assert cache.fit(2, histories[0]) is first


def test_a_failed_fit_gives_a_degraded_sobol_slate() -> None:
    request = ProposalRequest(3, 4, 1, a_history(3, 5))

    proposal = engine.propose(request, fit=failing_fit)

    assert "on purpose" in proposal.degraded
    assert_sound(proposal, request)


def test_a_failed_fit_recommends_what_was_picked_last() -> None:
    history = a_history(3, 5)

    recommendation = engine.recommend(3, history, fit=failing_fit)

    assert "on purpose" in recommendation.degraded
    assert recommendation.shown.warp == history[-1].closest[0]


def test_before_feedback_the_identity_is_recommended() -> None:
    recommendation = engine.recommend(3, ())

    assert recommendation.shown.warp == recommendation.predicted.warp == (0, 0, 0)
    assert recommendation.degraded == ""


def test_the_predicted_maximizer_is_no_worse_than_anything_shown() -> None:
    history = a_history(4, 12)

    recommendation = engine.recommend(4, history)

    shown, predicted = recommendation.shown, recommendation.predicted
    assert predicted.utility_mean >= shown.utility_mean - 1e-3
    assert shown.win_probability + predicted.win_probability == pytest.approx(1.0)


def test_the_predicted_maximizer_finds_a_hidden_target() -> None:
    target = np.array([1200, -2500])
    generator = np.random.default_rng(0)
    history: tuple[Answer, ...] = ()
    fit = PosteriorCache(capacity=4).fit
    for _ in range(15):
        seed = int(generator.integers(2**32))
        request = ProposalRequest(2, 4, seed, history)
        slate = engine.propose(request, fit=fit).candidates
        shown = tuple(candidate.warp for candidate in slate)
        distances = [np.linalg.norm(np.array(warp) - target) for warp in shown]
        history += (choice(shown, int(np.argmin(distances))),)

    predicted = engine.recommend(2, history).predicted.warp

    assert np.linalg.norm(np.array(predicted) - target) < 0.15 * 4096


@pytest.mark.parametrize(
    "request_",
    [
        ProposalRequest(0, 4, 1),
        ProposalRequest(3, 1, 1),
        ProposalRequest(3, 4, -1),
        ProposalRequest(3, 4, 1, n_initial=-1),
        ProposalRequest(3, 4, 1, (choice(((0, 0), (1, 1)), 0),)),
    ],
    ids=["dimension", "k", "seed", "n_initial", "history"],
)
def test_an_illegal_request_is_refused(request_: ProposalRequest) -> None:
    with pytest.raises(InvalidRequestError):
        engine.propose(request_)


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(HISTORY_KINDS),
    dimension=st.integers(1, 24),
    n_rounds=st.integers(1, 8),
    k=st.integers(2, 6),
    seed=st.integers(0, 2**32),
)
def test_no_legal_history_breaks_the_engine(
    kind: str, dimension: int, n_rounds: int, k: int, seed: int
) -> None:
    history = a_hard_history(kind, dimension, n_rounds, seed=seed)
    request = ProposalRequest(dimension, k, seed, history, n_initial=0)

    assert_sound(engine.propose(request), request)
    assert np.isfinite(engine.recommend(dimension, history).predicted.utility_mean)


@pytest.mark.parametrize("kind", HISTORY_KINDS)
def test_sixty_rounds_of_anything_are_answered_by_the_model(kind: str) -> None:
    history = a_hard_history(kind, 16, 60)
    request = ProposalRequest(16, 4, 1, history)

    proposal = engine.propose(request)

    assert_sound(proposal, request)
    assert proposal.degraded == ""


@pytest.mark.parametrize("kind", HISTORY_KINDS)
def test_fits_never_fail(kind: str) -> None:
    for dimension in (1, 2, 6, 12, 16):  # the fault suite makes ten thousand fits
        history = a_hard_history(kind, dimension, 16, seed=dimension)
        fitted = None
        for n_answers in range(1, 17):  # milestones, each going on from the last
            fitted = fitting.fit(dimension, history[:n_answers], before=fitted)

            assert fitted.target is not None
            assert np.isfinite(fitted.mean(fitted.points)).all()
            assert (fitted.variance(fitted.points) > 0).all()
