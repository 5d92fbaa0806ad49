"""Laplace's approximation of the utility's posterior, by whitened Newton steps.

Rasmussen and Williams (2006), chapter 3, for a likelihood whose curvature is block
rather than diagonal: with `K = L L'` and `f = L v` the mode maximizes the strictly
concave `log p(choices | L v) - v'v / 2`, whose Newton system `I + L' W L` has no
eigenvalue below one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import linalg

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Choices
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.likelihood import (
    choice_probabilities,
    curvature_trace_gradient,
    likelihood_curvature,
    likelihood_gradient,
)

_MAX_NEWTON_STEPS: Final = 60
_DECREMENT_TOLERANCE: Final = 1e-9
"""Newton's decrement, in nats; the evidence gradient assumes the exact mode."""
_SMALLEST_STEP: Final = 2.0**-12


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """The most probable utility of the shown points, and the shape around it."""

    utility: Floats
    """`m` utilities, `K @ gradient`."""
    gradient: Floats
    """`m` derivatives of the log-likelihood there; equals `K^-1 utility`."""
    slots: Floats
    """`n x k` probability of each slot there."""
    curvature: Floats
    """`m x m` negative Hessian `W` of the log-likelihood there."""
    covariance: Floats
    """`m x m` posterior covariance `(K^-1 + W)^-1`."""
    log_evidence: float

    def precision_gain(self) -> Floats:
        """Return `R = (W^-1 + K)^-1`, computed as `W - W S W`: W is singular.

        A point with prior covariances `c` to the shown ones keeps the variance
        `k - c' R c`.
        """
        weighted = self.curvature @ self.covariance
        gain = self.curvature - weighted @ self.curvature
        symmetric: Floats = 0.5 * (gain + gain.T)
        return symmetric


def find_mode(prior_covariance: Floats, choices: Choices, start: Floats) -> Mode:
    """Return the posterior mode.

    Args:
        prior_covariance: `m x m` positive definite `K`.
        choices: the recorded choices.
        start: `m` utilities to start at; any values, only speed depends on them.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    try:
        root = linalg.cholesky(prior_covariance, lower=True)
        whitened = linalg.solve_triangular(root, start, lower=True)
        return _newton(root, choices, whitened)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise FitFailedError(f"no posterior mode: {error}") from error


def evidence_sensitivity(
    prior_covariance: Floats, choices: Choices, mode: Mode
) -> Floats:
    """Return the symmetric `M` with `d log evidence = sum M * dK`.

    The mode moves with `K`, and with it the curvature; that is the second term.

    Args:
        prior_covariance: the `K` the mode was found under.
        choices: the recorded choices.
        mode: what `find_mode` returned.
    """
    gain = mode.precision_gain()
    moved = -0.5 * curvature_trace_gradient(mode.slots, choices, mode.covariance)
    pull = moved - gain @ (prior_covariance @ moved)
    explicit = 0.5 * (np.outer(mode.gradient, mode.gradient) - gain)
    implicit = np.outer(pull, mode.gradient)
    sensitivity: Floats = explicit + 0.5 * (implicit + implicit.T)
    return sensitivity


def _newton(root: Floats, choices: Choices, whitened: Floats) -> Mode:
    value = _objective(root, choices, whitened)
    origin = np.zeros_like(whitened)
    if not value >= _objective(root, choices, origin):  # also catches NaN
        whitened, value = origin, _objective(root, choices, origin)
    for _ in range(_MAX_NEWTON_STEPS):
        slots = choice_probabilities(root @ whitened, choices).slots
        slope = root.T @ likelihood_gradient(slots, choices) - whitened
        system = _system(root, likelihood_curvature(slots, choices))
        direction = linalg.cho_solve(system, slope, check_finite=False)
        decrement = float(slope @ direction)
        whitened, value = _line_search(root, choices, whitened, direction, value)
        if decrement < _DECREMENT_TOLERANCE:
            break
    return _mode_at(root, choices, whitened)


def _objective(root: Floats, choices: Choices, whitened: Floats) -> float:
    fitted = choice_probabilities(root @ whitened, choices).log_likelihood
    return fitted - 0.5 * float(whitened @ whitened)


def _system(root: Floats, curvature: Floats) -> tuple[Floats, bool]:
    system = root.T @ curvature @ root
    system[np.diag_indices_from(system)] += 1.0
    factor: tuple[Floats, bool] = linalg.cho_factor(system, lower=True)
    return factor


def _line_search(
    root: Floats, choices: Choices, whitened: Floats, direction: Floats, value: float
) -> tuple[Floats, float]:
    step = 1.0
    while step >= _SMALLEST_STEP:
        trial = whitened + step * direction
        trial_value = _objective(root, choices, trial)
        if trial_value >= value:
            return trial, trial_value
        step *= 0.5
    return whitened, value


def _mode_at(root: Floats, choices: Choices, whitened: Floats) -> Mode:
    utility = root @ whitened
    probabilities = choice_probabilities(utility, choices)
    curvature = likelihood_curvature(probabilities.slots, choices)
    factor, _ = _system(root, curvature)
    half = linalg.solve_triangular(factor, root.T, lower=True)
    log_determinant = 2.0 * float(np.log(np.diag(factor)).sum())
    fitted = probabilities.log_likelihood - 0.5 * float(whitened @ whitened)
    return Mode(
        utility=utility,
        gradient=likelihood_gradient(probabilities.slots, choices),
        slots=probabilities.slots,
        curvature=curvature,
        covariance=half.T @ half,
        log_evidence=fitted - 0.5 * log_determinant,
    )
