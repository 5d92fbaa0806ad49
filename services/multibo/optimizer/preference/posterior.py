"""The preference model's posterior: what the history says of any point's utility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Choices
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.hyperparameters import fit_prior
from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.laplace import find_mode
from multibo.optimizer.preference.prior import Prior

_SMALLEST_RELATIVE_VARIANCE: Final = 1e-9
"""Of the prior's variance: what rounding leaves of a variance that is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """What the history says of the outside option's utility."""

    mean: float
    variance: float
    weights: Floats
    """`m` weights of the kernel functions in its covariance with any point."""


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """A Gaussian process over the unit box, conditioned on the choices."""

    prior: Prior
    points: Floats
    """`m x d` shown points."""
    weights: Floats
    """`m` weights of the kernel functions in the posterior mean."""
    gain: Floats
    """`m x m` matrix `R`; `c' R c` of prior variance is explained."""
    log_evidence: float
    outside: Outside | None = None
    """None as long as the person never used it."""

    @property
    def kernel(self) -> Kernel:
        """Covariance of the prior."""
        return self.prior.kernel

    @property
    def dimension(self) -> int:
        """Number of axes of the box."""
        return int(self.points.shape[1])

    def mean(self, at: Floats) -> Floats:
        """Return the posterior mean at `a x d` points."""
        learned = self.kernel.matrix(at, self.points) @ self.weights
        mean: Floats = self.prior.mean(at) + learned
        return mean

    def mean_gradient(self, at: Floats) -> tuple[Floats, Floats]:
        """Return the mean and its `a x d` gradient at `a x d` points."""
        cross, slope = self.kernel.matrix_and_slope(at, self.points)
        gradient = self.kernel.point_gradient(at, self.points, slope * self.weights)
        gradient += self.prior.mean_gradient(at)
        return self.prior.mean(at) + cross @ self.weights, gradient

    def variance(self, at: Floats) -> Floats:
        """Return the posterior variance at `a x d` points; positive."""
        cross = self.kernel.matrix(at, self.points)
        explained = np.einsum("am,am->a", cross @ self.gain, cross)
        return self.floored(self.kernel.variance - explained)

    def covariance(self, left: Floats, right: Floats) -> Floats:
        """Return the `a x b` posterior covariance of two sets of points.

        Args:
            left: `a x d` points.
            right: `b x d` points.
        """
        cross_left = self.kernel.matrix(left, self.points)
        cross_right = self.kernel.matrix(right, self.points)
        prior = self.kernel.matrix(left, right)
        covariance: Floats = prior - cross_left @ self.gain @ cross_right.T
        return covariance

    def joint(self, at: Floats) -> tuple[Floats, Floats]:
        """Return the mean and a lower root of the covariance at `a x d` points."""
        covariance = self.covariance(at, at)
        covariance = 0.5 * (covariance + covariance.T)
        return self.mean(at), self._root(covariance)

    def joint_with_outside(self, at: Floats) -> tuple[Floats, Floats]:
        """Return `joint`, the outside option (if it was ever used) behind the points.

        Args:
            at: `a x d` points.
        """
        if self.outside is None:
            return self.joint(at)
        covariance = np.pad(self.covariance(at, at), (0, 1))
        covariance[-1, -1] = self.outside.variance
        shared = self.kernel.matrix(at, self.points) @ self.outside.weights
        covariance[-1, :-1] = covariance[:-1, -1] = shared
        mean = np.append(self.mean(at), self.outside.mean)
        return mean, self._root(0.5 * (covariance + covariance.T))

    def guess(self, choices: Choices) -> Floats:
        """Return the utilities expected of other contests' points.

        Args:
            choices: whose.
        """
        mean = self.mean(choices.points)
        if not choices.outside:
            return mean
        outside = self.prior.joint_mean(choices.points[:1], outside=True)[-1:]
        if self.outside is not None:
            outside = np.array([self.outside.mean])
        return np.concatenate([mean, outside])

    def floored(self, variance: Floats) -> Floats:
        """Return a variance lifted above what rounding makes of zero."""
        floor = _SMALLEST_RELATIVE_VARIANCE * self.kernel.variance
        floored: Floats = np.maximum(variance, floor)
        return floored

    def _root(self, covariance: Floats) -> Floats:
        # Near points and rounding make the matrix barely indefinite now and then.
        for relative in (1e-8, 1e-6, 1e-4):
            lifted = covariance.copy()
            lifted[np.diag_indices_from(lifted)] += relative * self.kernel.variance
            try:
                return np.asarray(np.linalg.cholesky(lifted), dtype=np.float64)
            except np.linalg.LinAlgError:
                continue
        raise FitFailedError("the joint covariance is not positive definite")


def fit_posterior(choices: Choices, warm: tuple[float, ...] = ()) -> Posterior:
    """Return the posterior of a history, its kernel fitted to it.

    Args:
        choices: the recorded contests.
        warm: log-parameters of an earlier session; empty for none.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    return condition(fit_prior(choices, warm), choices)


def condition(
    prior: Prior, choices: Choices, *, near: Posterior | None = None
) -> Posterior:
    """Return the posterior under a given prior.

    Args:
        prior: with its parameters.
        choices: the recorded contests.
        near: a posterior of some of them, to start at; it changes only the speed.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    m = choices.n_points
    mean = prior.joint_mean(choices.points, outside=choices.outside)
    covariance = prior.covariance(choices.points, outside=choices.outside)
    start = mean if near is None else near.guess(choices)
    mode = find_mode(mean, covariance, choices, start)
    gain = mode.precision_gain()
    outside = None
    if choices.outside:
        # A priori independent of every point: all they share came with answers.
        weights = -gain[:m, m] * covariance[m, m]
        outside = Outside(float(mode.utility[m]), float(mode.covariance[m, m]), weights)
    return Posterior(
        prior=prior,
        points=choices.points,
        weights=mode.gradient[:m],
        gain=gain[:m, :m],
        log_evidence=mode.log_evidence,
        outside=outside,
    )
