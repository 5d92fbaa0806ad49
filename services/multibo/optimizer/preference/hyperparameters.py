"""Length-scales and output scale, by maximum a posteriori under Laplace's evidence.

Each length-scale has the Gamma(2.4, 2.7) density (shape, rate; Balandat et al.,
2020, BoTorch's preference model) in units of the unit box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Choices
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.laplace import evidence_sensitivity, find_mode

RELATIVE_JITTER: Final = 1e-6
"""Added to the prior covariance's diagonal, in units of the output variance."""

_GAMMA_SHAPE: Final = 2.4
_GAMMA_RATE: Final = 2.7
_LOG_LENGTH_BOUNDS: Final = (np.log(0.03), np.log(30.0))
_LOG_OUTPUT_MEDIAN: Final = np.log(3.0)
_LOG_OUTPUT_SD: Final = 1.0
_LOG_OUTPUT_BOUNDS: Final = (np.log(0.1), np.log(10.0))
"""Beyond about ten logits a choice is as good as certain, and the fit only stiff."""
_MAX_FIT_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class HyperPrior:
    """The prior of the log-parameters `(log l_1 .. log l_d, log s)`."""

    dimension: int

    @property
    def length_unit(self) -> float:
        """Factor on the Gamma density: distances in the box grow with `sqrt(d)`."""
        return float(np.sqrt(max(self.dimension / 6.0, 1.0)))

    def start(self) -> Floats:
        """Return the prior's mode, where every fit starts."""
        mode = self.length_unit * (_GAMMA_SHAPE - 1.0) / _GAMMA_RATE
        lengths = np.full(self.dimension, np.log(mode))
        return np.append(lengths, _LOG_OUTPUT_MEDIAN)

    def log_density(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the log-density, up to a constant, and its gradient.

        Args:
            parameters: `d + 1` log-parameters.
        """
        log_lengths, log_output = parameters[:-1], float(parameters[-1])
        rated = _GAMMA_RATE * np.exp(log_lengths) / self.length_unit
        offset = (log_output - _LOG_OUTPUT_MEDIAN) / _LOG_OUTPUT_SD
        by_length = (_GAMMA_SHAPE - 1.0) * log_lengths - rated
        value = float(by_length.sum()) - 0.5 * offset**2
        gradient = np.append(_GAMMA_SHAPE - 1.0 - rated, -offset / _LOG_OUTPUT_SD)
        return value, gradient

    def bounds(self) -> list[tuple[float, float]]:
        """Return the box of the log-parameters."""
        return [_LOG_LENGTH_BOUNDS] * self.dimension + [_LOG_OUTPUT_BOUNDS]


def kernel_of(parameters: Floats) -> Kernel:
    """Return the kernel with `d + 1` log-parameters `(log l_1 .. log l_d, log s)`."""
    return Kernel(np.exp(parameters[:-1]), float(np.exp(parameters[-1])))


def prior_covariance(kernel: Kernel, points: Floats) -> Floats:
    """Return the jittered `m x m` prior covariance of the shown points."""
    covariance = kernel.matrix(points, points)
    covariance[np.diag_indices_from(covariance)] += RELATIVE_JITTER * kernel.variance
    return covariance


def log_evidence(
    parameters: Floats, choices: Choices, start: Floats
) -> tuple[float, Floats, Floats]:
    """Return Laplace's log-evidence, its gradient and the utilities at the mode.

    Args:
        parameters: `d + 1` log-parameters.
        choices: the recorded choices.
        start: `m` utilities near the mode, or zeros.

    Raises:
        FitFailedError: if there is no mode.
    """
    kernel = kernel_of(parameters)
    covariance = prior_covariance(kernel, choices.points)
    mode = find_mode(covariance, choices, start)
    sensitivity = evidence_sensitivity(covariance, choices, mode)
    gradient = kernel.log_gradient(choices.points, covariance, sensitivity)
    return mode.log_evidence, gradient, mode.utility


def fit_kernel(choices: Choices) -> Kernel:
    """Return the kernel with the highest posterior density, found by L-BFGS.

    The search starts at the prior's mode whatever was fitted before, so the result
    depends on the history alone.

    Args:
        choices: the recorded choices.

    Raises:
        FitFailedError: if the evidence cannot be evaluated.
    """
    prior = HyperPrior(choices.points.shape[1])
    start = np.zeros(choices.n_points)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        nonlocal start
        value, gradient, start = log_evidence(parameters, choices, start)
        prior_value, prior_gradient = prior.log_density(parameters)
        return -(value + prior_value), -(gradient + prior_gradient)

    found = optimize.minimize(
        loss,
        prior.start(),
        jac=True,
        method="L-BFGS-B",
        bounds=prior.bounds(),
        options={"maxiter": _MAX_FIT_STEPS, "maxfun": 2 * _MAX_FIT_STEPS},
    )
    if not np.all(np.isfinite(found.x)):
        raise FitFailedError("the hyperparameters are not finite")
    return kernel_of(np.asarray(found.x, dtype=np.float64))
