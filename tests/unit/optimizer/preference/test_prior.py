"""What is believed of a utility before any choice."""

import numpy as np
import pytest

from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.prior import HyperPrior, Prior
from tests.support.gradients import numeric_gradient

PRIOR = Prior(Kernel(np.full(3, 0.5), 4.0))
POINTS = np.random.default_rng(0).random((20_000, 3))


def test_the_mean_is_highest_at_the_center() -> None:
    center = np.full((1, 3), 0.5)

    assert PRIOR.mean(center) == pytest.approx([0.0])
    assert (PRIOR.mean(POINTS) < 0).all()


def test_a_uniform_point_is_expected_one_output_scale_below_the_center() -> None:
    assert PRIOR.mean(POINTS).mean() == pytest.approx(-4.0, abs=0.05)


def test_the_gradient_of_the_mean_matches_finite_differences() -> None:
    gradient = PRIOR.mean_gradient(POINTS[:3])

    for row, point in enumerate(POINTS[:3]):
        expected = numeric_gradient(lambda at: float(PRIOR.mean(at[None])[0]), point)
        assert gradient[row] == pytest.approx(expected, rel=1e-6)


def test_equal_points_keep_a_factorable_covariance() -> None:
    points = np.repeat(POINTS[:4], 5, axis=0)

    root = np.linalg.cholesky(PRIOR.covariance(points))

    assert np.isfinite(root).all()


def test_the_density_gradient_matches_finite_differences() -> None:
    hyperprior = HyperPrior(8)
    parameters = np.random.default_rng(2).standard_normal(9)

    _, gradient = hyperprior.log_density(parameters)

    expected = numeric_gradient(lambda at: hyperprior.log_density(at)[0], parameters)
    assert gradient == pytest.approx(expected, rel=1e-6)


def test_the_density_is_the_correlated_normal_it_says() -> None:
    hyperprior = HyperPrior(4)
    offset = np.random.default_rng(3).standard_normal(4)
    parameters = hyperprior.start() + np.append(offset, 0.0)

    value, _ = hyperprior.log_density(parameters)

    covariance = 0.5**2 * np.ones((4, 4)) + 0.2**2 * np.eye(4)
    expected = -0.5 * offset @ np.linalg.solve(covariance, offset)
    assert value == pytest.approx(expected)


@pytest.mark.parametrize("dimension", [2, 6, 16])
def test_every_fit_starts_at_the_mode(dimension: int) -> None:
    hyperprior = HyperPrior(dimension)

    _, gradient = hyperprior.log_density(hyperprior.start())

    assert gradient == pytest.approx(np.zeros(dimension + 1), abs=1e-12)
