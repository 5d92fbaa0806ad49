from __future__ import annotations

import math

import torch

from multibo.warp.constraint import RHO, contraction, jacobian_determinant


def matrices(n: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, 2, 2, generator=generator, dtype=torch.float64)


def test_the_scaled_gradient_norm_stays_below_the_bound() -> None:
    gradients = 5 * matrices(10_000).reshape(100, 10, 10, 2, 2)

    scaled = gradients * contraction(gradients)[:, None, None, None, None]

    largest = torch.linalg.matrix_norm(scaled, ord=2).amax(dim=(-2, -1))
    assert bool((largest < RHO).all())


def test_the_factor_is_that_of_the_largest_spectral_norm() -> None:
    gradients = matrices(12).reshape(3, 4, 2, 2)

    norm = torch.linalg.matrix_norm(gradients, ord=2).max()

    expected = 1 / math.sqrt(1 + float(norm) ** 2 / 0.49)
    torch.testing.assert_close(
        contraction(gradients, rho=0.7), torch.tensor(expected, dtype=torch.float64)
    )


def test_nothing_is_scaled_at_the_identity_and_the_derivative_is_finite() -> None:
    gradients = torch.zeros(3, 3, 2, 2, dtype=torch.float64, requires_grad=True)

    factor = contraction(gradients)
    factor.backward()

    assert float(factor.detach()) == 1
    assert gradients.grad is not None
    assert bool(gradients.grad.isfinite().all())


def test_the_determinant_is_that_of_identity_plus_gradient() -> None:
    gradients = matrices(50)

    expected = torch.linalg.det(torch.eye(2, dtype=torch.float64) + gradients)

    torch.testing.assert_close(jacobian_determinant(gradients), expected)
