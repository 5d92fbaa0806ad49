"""What is believed of a utility before any choice, and of its parameters.

The premise is one hidden target somewhere in the box, and a utility that falls with
the distance to it. Averaged over where the target may be, such a utility is highest
at the center: the prior mean is a bowl there, as deep as the output scale. Without
it the model's uncertainty is largest, and its search ends, in the corners.

The outside option is to the prior a point like any other, drawn anywhere but far
from all: expected to be as good as a random one, as uncertain, and independent.

A warm start, the log-parameters of an earlier session, adds a normal density around
them whose weight decays as this session's own answers come in.
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
_WARM_SD: Final = 0.25
"""How far a person's log-parameters are from one session to the next."""
_WARM_ANSWERS: Final = 8.0
"""After so many answers a warm start has half its weight."""


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

    def joint_mean(self, points: Floats, *, outside: bool) -> Floats:
        """Return the expected utilities the contests are about.

        Args:
            points: `m x d` points.
            outside: whether the outside option's utility follows the points'.

        Returns:
            `m` utilities, or one more.
        """
        mean = self.mean(points)
        if not outside:
            return mean
        return np.append(mean, -_BOWL_DEPTH * self.kernel.output_scale)

    def covariance(self, points: Floats, *, outside: bool = False) -> Floats:
        """Return the jittered covariance of the same utilities.

        Args:
            points: `m x d` points.
            outside: whether the outside option's utility follows the points'.

        Returns:
            `m x m`, or one row and column more.
        """
        covariance = self.kernel.matrix(points, points)
        if outside:
            covariance = np.pad(covariance, (0, 1))
            covariance[-1, -1] = self.kernel.variance
        jitter = RELATIVE_JITTER * self.kernel.variance
        covariance[np.diag_indices_from(covariance)] += jitter
        return covariance


def prior_of(parameters: Floats) -> Prior:
    """Return the prior with log-parameters `(log l_1 .. log l_d, log s)`."""
    return Prior(Kernel(np.exp(parameters[:-1]), float(np.exp(parameters[-1]))))


def parameters_of(prior: Prior) -> tuple[float, ...]:
    """Return a prior's `d + 1` log-parameters, as a warm start takes them."""
    kernel = prior.kernel
    logs = np.append(np.log(kernel.length_scales), np.log(kernel.output_scale))
    return tuple(float(value) for value in logs)


@dataclass(frozen=True, slots=True)
class HyperPrior:
    """The density of the log-parameters: normal, the length-scales correlated."""

    dimension: int
    warm: tuple[float, ...] = ()
    """Log-parameters of an earlier session; empty for none."""
    n_answers: int = 0
    """Answers of this session."""

    @property
    def warm_weight(self) -> float:
        """Weight of the warm start, from 1 without an answer down to 0."""
        if not self.warm:
            return 0.0
        return _WARM_ANSWERS / (_WARM_ANSWERS + self.n_answers)

    def start(self) -> Floats:
        """Return where every fit starts: the mode, drawn to a warm start."""
        lengths = np.full(self.dimension, self._log_length)
        mode = np.append(lengths, _LOG_OUTPUT_MEDIAN)
        if not self.warm:
            return mode
        drawn: Floats = mode + self.warm_weight * (self._warm_parameters() - mode)
        return drawn

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
        gradient = np.append(by_length, -output / _LOG_OUTPUT_SD)
        if self.warm:
            pull = (self._warm_parameters() - parameters) / _WARM_SD
            value -= 0.5 * self.warm_weight * float(pull @ pull)
            gradient = gradient + self.warm_weight * pull / _WARM_SD
        return float(value), gradient

    def bounds(self) -> list[tuple[float, float]]:
        """Return the box of the log-parameters."""
        return [_LOG_LENGTH_BOUNDS] * self.dimension + [_LOG_OUTPUT_BOUNDS]

    def _warm_parameters(self) -> Floats:
        low, high = np.array(self.bounds()).T
        clipped: Floats = np.clip(np.array(self.warm), low, high)
        return clipped

    @property
    def _log_length(self) -> float:
        return float(np.log(_RELATIVE_LENGTH * np.sqrt(self.dimension)))
