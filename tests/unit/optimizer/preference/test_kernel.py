"""The kernel and its gradients."""

import numpy as np
import pytest

from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.prior import prior_of
from tests.support.gradients import numeric_gradient

GENERATOR = np.random.default_rng(4)
LEFT, RIGHT = GENERATOR.random((5, 3)), GENERATOR.random((6, 3))


def a_kernel() -> Kernel:
    return Kernel(np.array([0.4, 0.7, 1.1]), 2.0)


def test_a_point_varies_with_itself_by_the_output_variance() -> None:
    kernel = a_kernel()

    covariance = kernel.matrix(LEFT, LEFT)

    assert np.diag(covariance) == pytest.approx(np.full(5, 4.0))


def test_the_closed_form_holds_at_a_known_distance() -> None:
    kernel = Kernel(np.array([2.0]), 3.0)

    covariance = kernel.matrix(np.array([[0.0]]), np.array([[2.0]]))

    root5 = np.sqrt(5.0)
    expected = 9.0 * (1.0 + root5 + 5.0 / 3.0) * np.exp(-root5)
    assert covariance[0, 0] == pytest.approx(expected)


def test_covariances_are_positive_definite() -> None:
    points = np.random.default_rng(1).random((40, 3))

    eigenvalues = np.linalg.eigvalsh(a_kernel().matrix(points, points))

    assert eigenvalues.min() > 0


def test_the_gradient_in_a_point_is_the_slope_of_the_covariance() -> None:
    kernel = a_kernel()
    weights = GENERATOR.standard_normal(6)

    def weighted(point: np.ndarray) -> float:
        return float(kernel.matrix(point[None, :], RIGHT)[0] @ weights)

    _, slope = kernel.matrix_and_slope(LEFT, RIGHT)
    gradient = kernel.point_gradient(LEFT, RIGHT, slope * weights)

    for row, point in enumerate(LEFT):
        expected = numeric_gradient(weighted, point)
        assert gradient[row] == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_the_gradient_in_the_parameters_is_the_slope_of_the_covariance() -> None:
    factor = GENERATOR.standard_normal((5, 5))
    sensitivity = factor + factor.T
    parameters = np.log(np.array([0.4, 0.7, 1.1, 2.0]))

    def weighted(at: np.ndarray) -> float:
        return float((sensitivity * prior_of(at).kernel.matrix(LEFT, LEFT)).sum())

    kernel = prior_of(parameters).kernel
    gradient = kernel.log_gradient(LEFT, kernel.matrix(LEFT, LEFT), sensitivity)

    assert gradient == pytest.approx(numeric_gradient(weighted, parameters), rel=1e-6)
