"""Hidden utilities with a known optimum."""

import numpy as np
import pytest
from scipy import optimize

from multibo.evaluation import problems

UNIFORM = np.random.default_rng(5).random((2000, 24))


@pytest.mark.parametrize("name", problems.PROBLEM_NAMES)
def test_no_point_is_better_than_the_optimum(name: str) -> None:
    problem = problems.problem(name, seed=3)

    regret = problem.regret(UNIFORM[:, : problem.dimension])

    assert regret.min() >= 0
    assert np.median(regret) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("name", ["hartmann6", "ackley6", "levy4", "warp12"])
def test_the_optimum_is_reached_somewhere_in_the_box(name: str) -> None:
    problem = problems.problem(name, seed=3)
    starts = UNIFORM[:, : problem.dimension]
    starts = starts[np.argsort(problem.regret(starts))[:8]]

    lowest = min(
        optimize.minimize(
            lambda point: float(problem.regret(point[None])[0]),
            start,
            bounds=[(0, 1)] * problem.dimension,
        ).fun
        for start in starts
    )

    # Ackley's ripples keep local searches from its very peak.
    assert lowest < (0.3 if name == "ackley6" else 0.01)


@pytest.mark.parametrize("name", ["alpine7", "levy4"])
def test_a_shifted_optimum_has_no_regret(name: str) -> None:
    # Both draw their peak first, and nothing else.
    low, high = {"alpine7": (0.3, 0.7), "levy4": (0.2, 0.8)}[name]
    problem = problems.problem(name, seed=4)
    peak = np.random.default_rng([4, 0]).uniform(low, high, problem.dimension)

    assert problem.regret(peak[None])[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", problems.PROBLEM_NAMES)
def test_a_seed_places_the_optimum(name: str) -> None:
    one, same, other = (problems.problem(name, seed) for seed in (1, 1, 2))
    points = UNIFORM[:, : one.dimension]

    assert (one.utility(points) == same.utility(points)).all()
    assert (one.utility(points) != other.utility(points)).any()


@pytest.mark.parametrize("name", ["warped", "warp", "12", "", "hartmann3"])
def test_an_unknown_problem_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"no problem '{name}'"):
        problems.problem(name, seed=0)
