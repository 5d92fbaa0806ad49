"""Warm starts and variety: what moves slates without being an answer."""

import math

import numpy as np
import pytest

from multibo.optimizer.preference import engine, fitting
from multibo.optimizer.preference.cache import PosteriorCache
from multibo.optimizer.preference.dataset import unit_points
from multibo.optimizer.preference.design import separation
from multibo.optimizer.preference.engine import ProposalRequest
from multibo.optimizer.preference.errors import InvalidRequestError
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.prior import HyperPrior
from tests.support.gradients import numeric_gradient
from tests.support.histories import a_mixed_history, toward

HISTORY = a_mixed_history(4, 14, seed=2)
SLATE = HISTORY[-1].shown


def test_the_warm_density_matches_finite_differences() -> None:
    density = HyperPrior(3, (0.1, -0.4, 0.2, 0.5), n_answers=4)
    at = np.array([0.0, 0.3, -0.2, 1.0])

    _, gradient = density.log_density(at)

    expected = numeric_gradient(lambda at: density.log_density(at)[0], at)
    assert gradient == pytest.approx(expected, rel=1e-6)


def test_a_warm_start_is_told_the_same_out_of_time() -> None:
    ticks = iter(range(100))
    hurried = PosteriorCache(8, clock=lambda: float(next(ticks)), patience_s=0.5)

    history = a_mixed_history(4, 19, seed=2)  # its last milestone is before it

    prior = engine.prior_of(4, history, fit=hurried.fit)

    assert prior == engine.prior_of(4, history)


def test_a_warm_start_moves_the_first_slates_and_fades() -> None:
    prior = engine.prior_of(4, toward(1, 30))
    history = toward(2, 30)

    first = [
        engine.propose(ProposalRequest(4, 4, 1, history[:n], prior=warm))
        for n in (0, 3)
        for warm in ((), prior)
    ]
    gaps = []
    for n_rounds in (2, 30):
        cold, warm = (
            np.array(engine.prior_of(4, history[:n_rounds], start))
            for start in ((), prior)
        )
        gaps.append(np.abs(cold - warm).max())

    assert first[0] != first[1]
    assert first[2] != first[3]
    assert gaps[1] < 0.5 * gaps[0]


@pytest.mark.parametrize("prior", [(1.0,), (0.0, 0.0, 0.0, 0.0, math.nan)])
def test_a_warm_start_of_something_else_is_refused(prior: tuple[float, ...]) -> None:
    with pytest.raises(InvalidRequestError):
        engine.propose(ProposalRequest(4, 4, 1, HISTORY, prior=prior))


def test_an_absurd_warm_start_is_clipped() -> None:
    prior = (1e300, -1e300, 0.0, 0.0, 1e300)

    for history in ((), HISTORY):
        proposal = engine.propose(ProposalRequest(4, 4, 1, history, prior=prior))

        assert proposal.degraded == ""


@pytest.mark.parametrize("n_rounds", [0, 14])
def test_variety_keeps_far_from_what_was_passed_over(n_rounds: int) -> None:
    history = a_mixed_history(8, n_rounds, seed=1)
    passed = engine.propose(ProposalRequest(8, 4, 3, history))
    avoid = tuple(candidate.warp for candidate in passed.candidates)
    fit = PosteriorCache(4).fit

    distances = []
    for kept_away in ((), avoid):
        slates = [
            engine.propose(
                ProposalRequest(8, 4, seed, history, avoid=kept_away), fit=fit
            )
            for seed in range(4, 8)
        ]
        new = [c.warp for slate in slates for c in slate.candidates[1:]]
        distances.append(separation(unit_points(new), unit_points(avoid)))

    assert distances[1].min() > distances[0].min()
    assert distances[1].mean() > distances[0].mean()


def test_variety_teaches_the_model_nothing() -> None:
    seen: list[tuple[object, ...]] = []

    def spying_fit(*arguments: object) -> Portfolio:
        seen.append(arguments)
        return fitting.fit(*arguments)  # type: ignore[arg-type]

    slates = [
        engine.propose(ProposalRequest(4, 4, 1, HISTORY, avoid=avoid), fit=spying_fit)
        for avoid in ((), SLATE)
    ]

    assert seen[0] == seen[1]
    anchors = [slate.candidates[0] for slate in slates]
    assert anchors[0].warp == anchors[1].warp
    assert anchors[0].utility_mean == anchors[1].utility_mean
