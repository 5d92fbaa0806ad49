"""Choosing the next slate from the posterior."""

import numpy as np
import pytest

from multibo.optimizer.preference import acquisition, fitting, proposal
from multibo.optimizer.preference.dataset import Answer, choice, unit_points
from multibo.optimizer.preference.slate import Parts, ProposalRequest, Role
from tests.support.histories import a_history

GP_ALONE = Parts(target=False)


def keeping(n_rounds: int) -> tuple[Answer, ...]:
    """Return rounds on one axis in which the identity was always kept."""
    return tuple(choice(((0,), (100 * n,), (-100 * n,)), 0) for n in range(1, n_rounds))


def test_new_candidates_come_from_the_neighborhood_of_the_incumbent() -> None:
    history = keeping(30)
    fitted = fitting.fit(1, history, (), GP_ALONE)

    slate = proposal.propose_slate(fitted, ProposalRequest(1, 3, 5, history))

    offsets = [abs(candidate.warp[0]) for candidate in slate.candidates]
    assert max(offsets) < 0.2 * 4096


def test_a_crowded_neighborhood_is_filled_up_from_afar() -> None:
    history = keeping(30)
    fitted = fitting.fit(1, history, (), GP_ALONE)

    slate = proposal.propose_slate(fitted, ProposalRequest(1, 12, 5, history))

    roles = [candidate.role for candidate in slate.candidates]
    assert roles[0] is Role.ANCHOR
    assert roles[-1] is Role.DIVERSE
    assert len({candidate.warp for candidate in slate.candidates}) == 12


@pytest.mark.parametrize("seed", range(3))
def test_the_first_new_candidate_gains_more_than_random_neighbors(seed: int) -> None:
    history = a_history(4, 12, seed=seed)
    fitted = fitting.fit(4, history, (), GP_ALONE)
    slate = proposal.propose_slate(fitted, ProposalRequest(4, 4, seed, history))
    anchor, new, *_ = unit_points([candidate.warp for candidate in slate.candidates])

    gain = acquisition.improvement_over(fitted.gp, anchor[None])

    others = np.random.default_rng(seed).uniform(-0.2, 0.2, (200, 4)) + anchor
    assert gain.values(new[None])[0] >= gain.values(np.clip(others, 0, 1)).max() - 1e-9


def test_the_mean_maximizer_is_a_quantized_point_of_the_box() -> None:
    fitted = fitting.fit(4, a_history(4, 12))

    point = proposal.mean_maximizer(fitted, seed=1)

    assert (point == proposal.on_grid(point)).all()
    assert fitted.mean(point[None])[0] >= fitted.mean(fitted.points).max() - 1e-3
