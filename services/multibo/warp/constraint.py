"""What makes a warp admissible, and the scaling that enforces it.

A displacement u of the unit square, zero on its border and with every gradient
norm below 1, gives a bijection x + u(x) of the square: a contraction perturbing the
identity neither folds nor leaves it (Banach). With norms up to rho the determinant of
the Jacobian stays within `[(1 - rho)^2, (1 + rho)^2]`.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

RHO: Final = 0.7
"""Largest gradient norm: areas change at most by factors of .09 and 2.89."""


def contraction(gradient: Tensor, rho: float = RHO) -> Tensor:
    """Return the factor that makes a displacement a contraction.

    1 / sqrt(1 + (G / rho)^2), where G is the largest spectral norm. Unlike a cut-off it
    is smooth, it keeps small warps almost as they are, and no two vectors along one ray
    give the same warp.

    Args:
        gradient: `... x h x w x 2 x 2` gradient of the displacement.
        rho: bound on the norm after scaling, in `(0, 1)`.

    Returns:
        `...` factors in `(0, 1]`, exactly 1 where the gradient is zero.
    """
    squared_norm = _squared_spectral_norm(gradient).amax(dim=(-2, -1))
    return torch.rsqrt(1 + squared_norm / rho**2)


def _squared_spectral_norm(matrix: Tensor) -> Tensor:
    """Return the larger squared singular value of `... x 2 x 2` matrices.

    The singular values are half the sum and the difference of the lengths of the
    matrix's conformal and anticonformal parts. The Frobenius norm would be simpler,
    and up to sqrt(2) too strict: on rotations and scalings, which matter most.
    """
    (a, b), (c, d) = (row.unbind(-1) for row in matrix.unbind(-2))
    conformal = (a + d).square() + (c - b).square()
    anticonformal = (a - d).square() + (b + c).square()
    # The tiny number keeps the derivative of the root finite at the identity.
    product = torch.sqrt(conformal * anticonformal + 1e-40)
    return (conformal + anticonformal + 2 * product) / 4


def jacobian_determinant(gradient: Tensor) -> Tensor:
    """Return the local change of area of `x + u(x)`; positive means no fold.

    Args:
        gradient: `... x 2 x 2` gradient of the displacement.

    Returns:
        `...` determinants of `1 + gradient`.
    """
    return (1 + gradient[..., 0, 0]) * (1 + gradient[..., 1, 1]) - (
        gradient[..., 0, 1] * gradient[..., 1, 0]
    )
