"""Gradients by central differences, to hold analytic ones against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def numeric_gradient(
    function: Callable[[Floats], float], at: Floats, *, step: float = 1e-5
) -> Floats:
    """Return the gradient of a function of one vector."""
    gradient = np.zeros_like(at)
    for axis in range(at.size):
        offset = np.zeros_like(at)
        offset[axis] = step
        rise = function(at + offset) - function(at - offset)
        gradient[axis] = rise / (2 * step)
    return gradient
