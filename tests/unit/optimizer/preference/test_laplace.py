"""Laplace's approximation."""

import numpy as np
import pytest
from scipy import optimize, special

from multibo.optimizer.preference import laplace
from multibo.optimizer.preference.dataset import Answer, Choices, choices_of
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.laplace import Mode
from multibo.optimizer.preference.prior import Prior
from tests.support.gradients import numeric_gradient
from tests.support.histories import some_choices

CHOICES = some_choices(3, 10)
PRIOR = Prior(Kernel(np.full(3, 0.5), 3.0))
MEAN, COVARIANCE = PRIOR.mean(CHOICES.points), PRIOR.covariance(CHOICES.points)


def the_mode() -> Mode:
    return laplace.find_mode(MEAN, COVARIANCE, CHOICES, MEAN)


def one_comparison() -> Choices:
    """Return a choice of the second of two."""
    return choices_of(1, (Answer(((-4096,), (4096,)), 1),))


def test_what_is_learned_is_the_covariance_times_the_gradient_at_the_mode() -> None:
    mode = the_mode()

    learned = mode.utility - MEAN
    assert learned == pytest.approx(COVARIANCE @ mode.gradient, abs=1e-6)


def test_one_comparison_has_its_mode_where_calculus_puts_it() -> None:
    zeros = np.zeros(2)

    mode = laplace.find_mode(zeros, 4.0 * np.eye(2), one_comparison(), zeros)

    # By symmetry f = (-x, x) with x / 4 = 1 - sigmoid(2 x).
    expected = optimize.brentq(lambda x: x / 4 - special.expit(-2 * x), 0, 4)
    assert mode.utility == pytest.approx([-expected, expected])


def test_the_evidence_of_one_comparison_is_near_one_half() -> None:
    zeros = np.zeros(2)

    mode = laplace.find_mode(zeros, 0.01 * np.eye(2), one_comparison(), zeros)

    # Either side is as likely; Laplace is exact in the limit of a narrow prior.
    assert mode.log_evidence == pytest.approx(np.log(0.5), abs=2e-3)


def test_the_mode_does_not_depend_on_the_start() -> None:
    start = np.random.default_rng(0).standard_normal(CHOICES.n_points) * 50.0

    mode = laplace.find_mode(MEAN, COVARIANCE, CHOICES, start)

    assert mode.utility == pytest.approx(the_mode().utility, abs=1e-5)


def test_the_posterior_covariance_inverts_the_summed_precisions() -> None:
    mode = the_mode()

    precision = np.linalg.inv(COVARIANCE) + mode.curvature
    product = mode.covariance @ precision
    assert product == pytest.approx(np.eye(CHOICES.n_points), abs=1e-6)


def test_the_precision_gain_explains_what_the_posterior_has_lost() -> None:
    mode = the_mode()

    left = COVARIANCE - COVARIANCE @ mode.precision_gain() @ COVARIANCE
    assert left == pytest.approx(mode.covariance, abs=1e-8)


def test_the_sensitivity_is_the_slope_of_the_evidence_in_the_prior() -> None:
    mode = the_mode()
    generator = np.random.default_rng(0)
    factor = generator.standard_normal((CHOICES.n_points, 3))
    tilt = generator.standard_normal(CHOICES.n_points)

    def evidence(step: np.ndarray) -> float:
        covariance = COVARIANCE + step[0] * factor @ factor.T
        mean = MEAN + step[1] * tilt
        return laplace.find_mode(mean, covariance, CHOICES, mode.utility).log_evidence

    sensitivity = laplace.evidence_sensitivity(COVARIANCE, CHOICES, mode)

    by_covariance, by_mean = numeric_gradient(evidence, np.zeros(2))
    slope = np.sum(sensitivity.to_covariance * (factor @ factor.T))
    assert slope == pytest.approx(by_covariance, rel=1e-5)
    assert sensitivity.to_mean @ tilt == pytest.approx(by_mean, rel=1e-5)


@pytest.mark.parametrize("broken", [-1.0, np.nan])
def test_a_covariance_that_is_none_fails_by_name(broken: float) -> None:
    with pytest.raises(FitFailedError):
        laplace.find_mode(MEAN, broken * COVARIANCE, CHOICES, MEAN)
