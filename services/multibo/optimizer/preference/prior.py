"""What is believed of a utility before any choice, and of its parameters.

The premise is one hidden target somewhere in the box, and a utility that falls with
the distance to it. Averaged over where the target may be, such a utility is highest
at the center: the prior mean is a bowl there, as deep as the output scale. Without
it the model's uncertainty is largest, and its search ends, in the corners.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.kernel import Kernel

RELATIVE_JITTER: Final = 1e-6
"""Added to the prior covariance's diagonal, in units of the output variance."""

_BOWL_DEPTH: Final = 1.0
"""Expected fall of utility from the center to a uniform point, in output scales."""
_RELATIVE_LENGTH: Final = 0.3
"""Median length-scale, in units of `sqrt(d)`: distances in the box grow with it."""
_LOG_LENGTH_SD: Final = 0.5
_LOG_AXIS_SD: Final = 0.2
"""Of an axis around the length-scale all share. Fifty answers cannot pay for a free
length-scale per axis: with one, the fit gains evidence and predicts worse."""
_LOG_LENGTH_BOUNDS: Final = (np.log(0.03), np.log(30.0))
_LOG_OUTPUT_MEDIAN: Final = np.log(3.0)
_LOG_OUTPUT_SD: Final = 1.0
_LOG_OUTPUT_BOUNDS: Final = (np.log(0.1), np.log(10.0))
"""Beyond about ten logits a choice is as good as certain, and the fit only stiff."""


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """A Gaussian process over the unit box."""

    kernel: Kernel

    def mean(self, at: Floats) -> Floats:
        """Return the expected utility at `a x d` points."""
        squared = ((at - 0.5) ** 2).mean(axis=1)
        mean: Floats = -12.0 * _BOWL_DEPTH * self.kernel.output_scale * squared
        return mean

    def mean_gradient(self, at: Floats) -> Floats:
        """Return the `a x d` gradient of the mean at `a x d` points."""
        slope = -24.0 * _BOWL_DEPTH * self.kernel.output_scale / at.shape[1]
        gradient: Floats = slope * (at - 0.5)
        return gradient

    def covariance(self, points: Floats) -> Floats:
        """Return the jittered `m x m` covariance of `m x d` points."""
        covariance = self.kernel.matrix(points, points)
        jitter = RELATIVE_JITTER * self.kernel.variance
        covariance[np.diag_indices_from(covariance)] += jitter
        return covariance


def prior_of(parameters: Floats) -> Prior:
    """Return the prior with log-parameters `(log l_1 .. log l_d, log s)`."""
    return Prior(Kernel(np.exp(parameters[:-1]), float(np.exp(parameters[-1]))))


@dataclass(frozen=True, slots=True)
class HyperPrior:
    """The density of the log-parameters: normal, the length-scales correlated."""

    dimension: int

    def start(self) -> Floats:
        """Return the mode, where every fit starts."""
        lengths = np.full(self.dimension, self._log_length)
        return np.append(lengths, _LOG_OUTPUT_MEDIAN)

    def log_density(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the log-density, up to a constant, and its gradient.

        Args:
            parameters: `d + 1` log-parameters.
        """
        shared = parameters[:-1].mean() - self._log_length
        shared_variance = _LOG_LENGTH_SD**2 + _LOG_AXIS_SD**2 / self.dimension
        own = (parameters[:-1] - parameters[:-1].mean()) / _LOG_AXIS_SD
        output = (parameters[-1] - _LOG_OUTPUT_MEDIAN) / _LOG_OUTPUT_SD
        value = -0.5 * (shared**2 / shared_variance + own @ own + output**2)
        by_length = -own / _LOG_AXIS_SD - shared / shared_variance / self.dimension
        return float(value), np.append(by_length, -output / _LOG_OUTPUT_SD)

    def bounds(self) -> list[tuple[float, float]]:
        """Return the box of the log-parameters."""
        return [_LOG_LENGTH_BOUNDS] * self.dimension + [_LOG_OUTPUT_BOUNDS]

    @property
    def _log_length(self) -> float:
        return float(np.log(_RELATIVE_LENGTH * np.sqrt(self.dimension)))
