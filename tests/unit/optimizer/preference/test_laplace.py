"""Laplace's approximation."""

import numpy as np
import pytest
from scipy import optimize, special

from multibo.optimizer.preference import laplace
from multibo.optimizer.preference.dataset import Answer, choices_of
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.hyperparameters import prior_covariance
from multibo.optimizer.preference.kernel import Kernel
from tests.support.gradients import numeric_gradient
from tests.support.histories import some_choices

CHOICES = some_choices(3, 10)
COVARIANCE = prior_covariance(Kernel(np.full(3, 0.5), 3.0), CHOICES.points)
ZEROS = np.zeros(CHOICES.n_points)


def test_at_the_mode_the_utility_is_the_covariance_times_the_gradient() -> None:
    mode = laplace.find_mode(COVARIANCE, CHOICES, ZEROS)

    assert mode.utility == pytest.approx(COVARIANCE @ mode.gradient, abs=1e-6)


def test_one_comparison_has_its_mode_where_calculus_puts_it() -> None:
    choices = choices_of(1, (Answer(((-4096,), (4096,)), 1),))
    covariance = 4.0 * np.eye(2)

    mode = laplace.find_mode(covariance, choices, np.zeros(2))

    # By symmetry f = (-x, x) with x / 4 = 1 - sigmoid(2 x).
    expected = optimize.brentq(lambda x: x / 4 - special.expit(-2 * x), 0, 4)
    assert mode.utility == pytest.approx([-expected, expected])


def test_the_evidence_of_one_comparison_is_near_one_half() -> None:
    choices = choices_of(1, (Answer(((-4096,), (4096,)), 1),))

    mode = laplace.find_mode(0.01 * np.eye(2), choices, np.zeros(2))

    # Either side is as likely; Laplace is exact in the limit of a narrow prior.
    assert mode.log_evidence == pytest.approx(np.log(0.5), abs=2e-3)


def test_the_mode_does_not_depend_on_the_start() -> None:
    start = np.random.default_rng(0).standard_normal(CHOICES.n_points) * 50.0

    far = laplace.find_mode(COVARIANCE, CHOICES, start)

    near = laplace.find_mode(COVARIANCE, CHOICES, ZEROS)
    assert far.utility == pytest.approx(near.utility, abs=1e-5)


def test_the_posterior_covariance_inverts_the_summed_precisions() -> None:
    mode = laplace.find_mode(COVARIANCE, CHOICES, ZEROS)

    precision = np.linalg.inv(COVARIANCE) + mode.curvature
    product = mode.covariance @ precision
    assert product == pytest.approx(np.eye(CHOICES.n_points), abs=1e-6)


def test_the_precision_gain_explains_what_the_posterior_has_lost() -> None:
    mode = laplace.find_mode(COVARIANCE, CHOICES, ZEROS)

    left = COVARIANCE - COVARIANCE @ mode.precision_gain() @ COVARIANCE
    assert left == pytest.approx(mode.covariance, abs=1e-8)


def test_the_sensitivity_is_the_slope_of_the_evidence_in_the_covariance() -> None:
    mode = laplace.find_mode(COVARIANCE, CHOICES, ZEROS)
    factor = np.random.default_rng(0).standard_normal((CHOICES.n_points, 3))
    direction = factor @ factor.T

    def evidence(step: np.ndarray) -> float:
        moved = COVARIANCE + step[0] * direction
        return laplace.find_mode(moved, CHOICES, mode.utility).log_evidence

    sensitivity = laplace.evidence_sensitivity(COVARIANCE, CHOICES, mode)

    expected = numeric_gradient(evidence, np.zeros(1))[0]
    assert np.sum(sensitivity * direction) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("broken", [-1.0, np.nan])
def test_a_covariance_that_is_none_fails_by_name(broken: float) -> None:
    with pytest.raises(FitFailedError):
        laplace.find_mode(broken * COVARIANCE, CHOICES, ZEROS)
