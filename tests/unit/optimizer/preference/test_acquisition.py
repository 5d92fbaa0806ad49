"""The value of showing a point."""

import numpy as np
import pytest
from scipy import stats

from multibo.optimizer.preference import acquisition, posterior
from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.posterior import Posterior
from multibo.optimizer.preference.prior import Prior
from tests.support.gradients import numeric_gradient
from tests.support.histories import some_choices

ELSEWHERE = np.random.default_rng(0).random((5, 3))


@pytest.fixture(scope="module")
def fitted() -> Posterior:
    prior = Prior(Kernel(np.array([0.5, 0.8, 0.6]), 3.0))
    return posterior.condition(prior, some_choices(3, 12))


@pytest.mark.parametrize("n_filled", [1, 2, 3])
def test_the_gain_is_the_capped_improvement_of_joint_draws(
    fitted: Posterior, n_filled: int
) -> None:
    filled = fitted.points[:n_filled]
    draws = np.random.default_rng(1).standard_normal((200_000, n_filled + 1))

    gain = acquisition.improvement_over(fitted, filled).values(ELSEWHERE)

    for row, point in enumerate(ELSEWHERE):
        mean, root = fitted.joint(np.vstack([filled, point]))
        utility = mean + draws @ root.T
        lead = utility[:, -1] - utility[:, :-1].max(axis=1)
        expected = np.clip(lead, 0.0, acquisition._GAIN_CAP).mean()
        assert gain[row] == pytest.approx(expected, abs=0.02)


def test_the_gradient_of_the_gain_matches_finite_differences(
    fitted: Posterior,
) -> None:
    gain = acquisition.improvement_over(fitted, fitted.points[:3])

    values, gradient = gain.values_and_gradients(ELSEWHERE)

    assert values == pytest.approx(gain.values(ELSEWHERE))
    for row, point in enumerate(ELSEWHERE):
        expected = numeric_gradient(lambda at: float(gain.values(at[None])[0]), point)
        assert gradient[row] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_showing_a_point_twice_gains_nothing(fitted: Posterior) -> None:
    filled = fitted.points[:2]

    gain = acquisition.improvement_over(fitted, filled).values(filled)

    assert gain == pytest.approx(np.zeros(2), abs=1e-2)
    assert (gain >= 0).all()


def test_win_probabilities_sum_to_one_and_follow_the_slots(fitted: Posterior) -> None:
    chance = acquisition.win_probabilities(fitted, ELSEWHERE)

    mirrored = acquisition.win_probabilities(fitted, ELSEWHERE[::-1])
    assert chance.sum() == pytest.approx(1.0, abs=1e-12)
    assert (chance > 0).all()
    assert mirrored[::-1] == pytest.approx(chance, abs=0.02)


def test_two_candidates_nothing_is_known_of_win_alike(fitted: Posterior) -> None:
    # Equally far from the center, where the prior mean is highest.
    far = np.array([[40.5, 0.5, 0.5], [0.5, 40.5, 0.5]])

    chance = acquisition.win_probabilities(fitted, far)

    assert chance == pytest.approx([0.5, 0.5], abs=0.01)


def test_base_draws_are_standard_normal_and_always_the_same() -> None:
    draws = acquisition.base_draws(3, 9)

    assert (draws == acquisition.base_draws(3, 9)).all()
    for column in draws.T:
        assert stats.kstest(column, "norm").pvalue > 0.5
