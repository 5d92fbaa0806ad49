"""Hidden utilities with a known optimum, and the user who compares them."""

import numpy as np
import pytest
from scipy import optimize

from multibo.evaluation import problems
from multibo.evaluation.problems import ComparingUser

UNIFORM = np.random.default_rng(5).random((2000, 16))


@pytest.mark.parametrize("name", problems.PROBLEM_NAMES)
def test_no_point_is_better_than_the_optimum(name: str) -> None:
    problem = problems.problem(name, seed=3)

    regret = problem.regret(UNIFORM[:, : problem.dimension])

    assert regret.min() >= 0
    assert np.median(regret) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("name", ["hartmann6", "ackley6", "warp12"])
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


def test_a_seed_places_the_optimum() -> None:
    one, same, other = (problems.problem("warp16", seed) for seed in (1, 1, 2))

    assert (one.utility(UNIFORM) == same.utility(UNIFORM)).all()
    assert (one.utility(UNIFORM) != other.utility(UNIFORM)).any()


def test_an_unknown_problem_is_refused() -> None:
    with pytest.raises(ValueError, match="no problem 'warped'"):
        problems.problem("warped", seed=0)


def test_a_clean_user_always_picks_the_best() -> None:
    problem = problems.problem("hartmann6", seed=0)
    user = ComparingUser(problem, 0.0, np.random.default_rng(0))

    slates = UNIFORM[:400, :6].reshape(100, 4, 6)

    for slate in slates:
        assert user.choose(slate) == problem.utility(slate).argmax()


def test_a_noisy_user_is_right_as_often_as_calibrated() -> None:
    problem = problems.problem("warp12", seed=0)
    temperature = problems.choice_temperature(problem, k=4, accuracy=0.8)
    user = ComparingUser(problem, temperature, np.random.default_rng(0))
    slates = np.random.default_rng(9).random((4000, 4, 12))

    right = [user.choose(s) == problem.utility(s).argmax() for s in slates]

    assert np.mean(right) == pytest.approx(0.8, abs=0.03)
