"""Where to look for the next candidates."""

import numpy as np
import pytest

from multibo.optimizer.preference import neighborhood
from multibo.optimizer.preference.dataset import Answer, choice


def moves(n_rounds: int) -> tuple[Answer, ...]:
    """Return rounds in which the new candidate was picked every time."""
    return tuple(choice(((n,), (n + 1,)), 1) for n in range(n_rounds))


def keeps(n_rounds: int) -> tuple[Answer, ...]:
    """Return rounds in which the old candidate was kept, but for the first."""
    return tuple(choice(((0,), (n,)), 0) for n in range(1, n_rounds + 1))


def test_a_new_pick_widens_and_a_kept_one_narrows() -> None:
    before = neighborhood.spread_after(keeps(2), n_initial=2)

    assert neighborhood.spread_after(keeps(6), n_initial=2) < before
    assert neighborhood.spread_after(moves(6), n_initial=2) > before


def test_the_rounds_before_the_model_teach_nothing() -> None:
    assert neighborhood.spread_after(keeps(3), n_initial=3) == pytest.approx(
        neighborhood.spread_after((), n_initial=3)
    )


@pytest.mark.parametrize("history", [moves(200), keeps(200)], ids=["moves", "keeps"])
def test_the_spread_stays_within_bounds(history: tuple[Answer, ...]) -> None:
    spread = neighborhood.spread_after(history, n_initial=2)

    assert 0.02 < spread <= 0.5 + 1e-12


def test_neighbors_lie_in_the_box_around_the_center() -> None:
    center = np.array([0.05, 0.5, 0.95])

    near = neighborhood.neighborhood(center, 0.1, seed=3)

    assert near.low == pytest.approx([0.0, 0.3, 0.75])
    assert near.high == pytest.approx([0.25, 0.7, 1.0])
    assert (near.points >= near.low).all()
    assert (near.points <= near.high).all()


def test_the_same_seed_gives_the_same_neighbors() -> None:
    center = np.full(16, 0.5)

    points = [neighborhood.neighborhood(center, 0.2, seed).points for seed in (1, 1, 2)]

    assert (points[0] == points[1]).all()
    assert (points[0] != points[2]).any()
