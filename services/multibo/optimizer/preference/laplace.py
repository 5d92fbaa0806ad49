"""Laplace's approximation of the utility's posterior, by whitened Newton steps.

Rasmussen and Williams (2006), chapter 3, for a likelihood whose curvature is block
rather than diagonal: with `K = L L'` and `f = mean + L v` the mode maximizes the
strictly concave `log p(choices | f) - v'v / 2`, whose Newton system `I + L' W L` has no
eigenvalue below one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import linalg, sparse

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
_LARGE: Final = 256
"""Utilities from which the curvature's zeros are worth skipping: of its `m^2` cells
only those of points shown together are filled."""


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """The most probable utilities, and the shape around them.

    `m` counts the points, and the outside option if it takes part.
    """

    utility: Floats
    """`m` utilities, `prior mean + K @ gradient`."""
    gradient: Floats
    """`m` derivatives of the log-likelihood there."""
    slots: Floats
    """`n x k` probability of each entrant there."""
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
        gain = self.curvature - self._explained()
        symmetric: Floats = 0.5 * (gain + gain.T)
        return symmetric

    def _explained(self) -> Floats:
        if len(self.curvature) < _LARGE:
            small: Floats = self.curvature @ self.covariance @ self.curvature
            return small
        # A sparse factor has to stand on the left; it is symmetric.
        curvature = sparse.csr_array(self.curvature)
        large: Floats = (curvature @ (curvature @ self.covariance).T).T
        return large


def find_mode(
    prior_mean: Floats, prior_covariance: Floats, choices: Choices, start: Floats
) -> Mode:
    """Return the posterior mode.

    Args:
        prior_mean: `m` utilities expected before any choice.
        prior_covariance: `m x m` positive definite `K`.
        choices: the recorded choices.
        start: `m` utilities to start at; any values, only speed depends on them.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    try:
        root = linalg.cholesky(prior_covariance, lower=True)
        whitened = linalg.solve_triangular(root, start - prior_mean, lower=True)
        return _newton(_Whitened(prior_mean, root, choices), whitened)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise FitFailedError(f"no posterior mode: {error}") from error


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """How the log-evidence answers to a change of the prior."""

    to_mean: Floats
    """`m` derivatives in the prior mean."""
    to_covariance: Floats
    """`m x m` symmetric `M`: a change `dK` of the covariance adds `sum M * dK`."""


def evidence_sensitivity(
    prior_covariance: Floats, choices: Choices, mode: Mode
) -> Sensitivity:
    """Return the derivatives of the log-evidence.

    The mode moves with the prior, and with it the curvature; that is the term `pull`.

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
    return Sensitivity(
        to_mean=mode.gradient + pull,
        to_covariance=explicit + 0.5 * (implicit + implicit.T),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Whitened:
    """The problem in coordinates `v` with `f = mean + root @ v`."""

    mean: Floats
    root: Floats
    choices: Choices

    def utility(self, whitened: Floats) -> Floats:
        utility: Floats = self.mean + self.root @ whitened
        return utility

    def objective(self, whitened: Floats) -> float:
        probabilities = choice_probabilities(self.utility(whitened), self.choices)
        return probabilities.log_likelihood - 0.5 * float(whitened @ whitened)

    def factor(self, curvature: Floats) -> tuple[Floats, bool]:
        """Return the Cholesky factor of `I + L' W L`."""
        system = self._congruent(curvature)
        system[np.diag_indices_from(system)] += 1.0
        factor: tuple[Floats, bool] = linalg.cho_factor(system, lower=True)
        return factor

    def _congruent(self, curvature: Floats) -> Floats:
        """Return `L' W L`."""
        if len(curvature) < _LARGE:
            small: Floats = self.root.T @ curvature @ self.root
            return small
        half = sparse.csr_array(curvature) @ self.root
        large: Floats = linalg.blas.dtrmm(1.0, self.root, half, lower=1, trans_a=1)
        return large


def _newton(problem: _Whitened, whitened: Floats) -> Mode:
    choices = problem.choices
    value = problem.objective(whitened)
    origin = np.zeros_like(whitened)
    if not value >= problem.objective(origin):  # also catches NaN
        whitened, value = origin, problem.objective(origin)
    for _ in range(_MAX_NEWTON_STEPS):
        slots = choice_probabilities(problem.utility(whitened), choices).slots
        slope = problem.root.T @ likelihood_gradient(slots, choices) - whitened
        factor = problem.factor(likelihood_curvature(slots, choices))
        direction = linalg.cho_solve(factor, slope, check_finite=False)
        decrement = float(slope @ direction)
        whitened, value = _line_search(problem, whitened, direction, value)
        if decrement < _DECREMENT_TOLERANCE:
            break
    return _mode_at(problem, whitened)


def _line_search(
    problem: _Whitened, whitened: Floats, direction: Floats, value: float
) -> tuple[Floats, float]:
    step = 1.0
    while step >= _SMALLEST_STEP:
        trial = whitened + step * direction
        trial_value = problem.objective(trial)
        if trial_value >= value:
            return trial, trial_value
        step *= 0.5
    return whitened, value


def _mode_at(problem: _Whitened, whitened: Floats) -> Mode:
    utility = problem.utility(whitened)
    slots = choice_probabilities(utility, problem.choices).slots
    curvature = likelihood_curvature(slots, problem.choices)
    factor, _ = problem.factor(curvature)
    half = linalg.solve_triangular(factor, problem.root.T, lower=True)
    half_log_determinant = float(np.log(np.diag(factor)).sum())
    return Mode(
        utility=utility,
        gradient=likelihood_gradient(slots, problem.choices),
        slots=slots,
        curvature=curvature,
        covariance=half.T @ half,
        log_evidence=problem.objective(whitened) - half_log_determinant,
    )
