"""The value of showing a point next to those already in the slate.

qEUBO (Astudillo et al., 2023): a slate is worth the expected utility of its best
candidate; here each candidate's gain over the others is capped. Slots are filled
greedily; given draws of the utility at the slots already filled, the gain of one
more point has a closed form, so only the filled slots are sampled, with fixed base
samples: the value is smooth and repeatable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import linalg, special
from scipy.stats import qmc

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.posterior import Posterior

_GAIN_CAP: Final = 1.0
"""In logits. A clear-cut person drives the output scale up, and without a cap the
far tail of the prior outbids every neighbor: the search then shows corners of the
box for dozens of rounds. A lead of a few logits wins every choice anyway."""
_LOG2_DRAWS: Final = 6
_LOG2_WIN_DRAWS: Final = 9
_BASE_SEED: Final = 20260  # any constant; the draws must be the same everywhere


@dataclass(frozen=True, slots=True, eq=False)
class ImprovementOver:
    """Expected gain in the best utility of a slate when a point joins it."""

    posterior: Posterior
    filled: Floats
    """`j x d` points already in the slate."""
    cross_gain: Floats
    """`m x j`: `R @ k(shown, filled)`."""
    precision: Floats
    """`j x j` inverse of the filled slots' posterior covariance."""
    response: Floats
    """`j x draws`: that inverse times each draw's deviation from the mean."""
    best: Floats
    """`draws` highest utilities among the filled slots."""

    def values(self, at: Floats) -> Floats:
        """Return the gain of each of `a x d` points."""
        value, _ = self.values_and_gradients(at)
        return value

    def values_and_gradients(self, at: Floats) -> tuple[Floats, Floats]:
        """Return the gain of each of `a x d` points and its `a x d` gradient."""
        posterior, kernel = self.posterior, self.posterior.kernel
        shown, shown_slope = kernel.matrix_and_slope(at, posterior.points)
        filled, filled_slope = kernel.matrix_and_slope(at, self.filled)
        explained = shown @ posterior.gain
        cross = filled - shown @ self.cross_gain
        regression = cross @ self.precision
        sd = np.sqrt(
            posterior.floored(
                kernel.variance
                - np.einsum("am,am->a", explained, shown)
                - np.einsum("aj,aj->a", regression, cross)
            )
        )
        learned = posterior.prior.mean(at) + shown @ posterior.weights
        mean = learned[:, None] + cross @ self.response
        gain = _capped_gain(mean, sd[:, None], self.best)
        by_cross = (
            gain.by_mean @ self.response.T - (gain.by_sd / sd)[:, None] * regression
        )
        by_shown = (
            gain.by_mean.sum(axis=1, keepdims=True) * posterior.weights
            - (gain.by_sd / sd)[:, None] * explained
            - by_cross @ self.cross_gain.T
        )
        gradient = kernel.point_gradient(at, posterior.points, by_shown * shown_slope)
        gradient += kernel.point_gradient(at, self.filled, by_cross * filled_slope)
        by_learned = gain.by_mean.sum(axis=1, keepdims=True)
        gradient += by_learned * posterior.prior.mean_gradient(at)
        return gain.value, gradient


def improvement_over(posterior: Posterior, filled: Floats) -> ImprovementOver:
    """Return the gain of joining a slate.

    Args:
        posterior: the preference model.
        filled: `j x d` points already in the slate, one or more.

    Raises:
        FitFailedError: if the filled slots' covariance breaks down.
    """
    mean, root = posterior.joint(filled)
    deviation = root @ base_draws(len(filled), _LOG2_DRAWS).T
    identity = np.eye(len(filled))
    cross = posterior.kernel.matrix(posterior.points, filled)
    return ImprovementOver(
        posterior=posterior,
        filled=filled,
        cross_gain=posterior.gain @ cross,
        precision=linalg.cho_solve((root, True), identity),
        response=linalg.cho_solve((root, True), deviation),
        best=(mean[:, None] + deviation).max(axis=0),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Gain:
    value: Floats
    """`a` expected gains."""
    by_mean: Floats
    """`a x draws` derivatives in each draw's mean."""
    by_sd: Floats
    """`a` derivatives in the standard deviation."""


def _capped_gain(mean: Floats, sd: Floats, best: Floats) -> _Gain:
    """Return `E min(max(f - best, 0), cap)` for Gaussian `f`, averaged over draws.

    A difference of two expected improvements: over the best, and over the best
    plus the cap.

    Args:
        mean: `a x draws` means of `f`.
        sd: `a x 1` standard deviations of `f`.
        best: `draws` utilities to beat.
    """
    low = (mean - best) / sd
    high = low - _GAIN_CAP / sd
    exceeds_low, exceeds_high = special.ndtr(low), special.ndtr(high)
    density_low, density_high = _density(low), _density(high)
    upper = sd * (low * exceeds_low + density_low)
    lower = sd * (high * exceeds_high + density_high)
    return _Gain(
        value=(upper - lower).mean(axis=1),
        by_mean=(exceeds_low - exceeds_high) / best.size,
        by_sd=(density_low - density_high).mean(axis=1),
    )


def _density(z: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    return density


def win_probabilities(posterior: Posterior, slate: Floats) -> Floats:
    """Return the probability that each slot is chosen; they sum to 1.

    Args:
        posterior: the preference model.
        slate: `k x d` points shown together.

    Raises:
        FitFailedError: if the slate's covariance breaks down.
    """
    mean, root = posterior.joint(slate)
    return _mean_softmax(mean, root)


def slate_probabilities(posterior: Posterior, slate: Floats) -> Floats:
    """Return the probability that each slot is chosen, then that none is.

    Args:
        posterior: the preference model.
        slate: `k x d` points shown together.

    Returns:
        `k` probabilities, or one more if the outside option was ever used; they sum
        to 1.

    Raises:
        FitFailedError: if the slate's covariance breaks down.
    """
    mean, root = posterior.joint_with_outside(slate)
    return _mean_softmax(mean, root)


def _mean_softmax(mean: Floats, root: Floats) -> Floats:
    utility = mean + base_draws(len(mean), _LOG2_WIN_DRAWS) @ root.T
    chosen = special.softmax(utility, axis=1).mean(axis=0)
    normalized: Floats = chosen / chosen.sum()
    return normalized


@lru_cache(maxsize=32)
def base_draws(dimension: int, log2_draws: int) -> Floats:
    """Return fixed standard-normal draws, evenly spread (scrambled Sobol).

    Args:
        dimension: columns.
        log2_draws: binary logarithm of the number of rows.
    """
    sequence = qmc.Sobol(dimension, rng=np.random.default_rng(_BASE_SEED))
    uniform = np.clip(sequence.random_base2(log2_draws), 1e-9, 1.0 - 1e-9)
    draws: Floats = special.ndtri(uniform)
    draws.flags.writeable = False  # kept, so that nobody may change them
    return draws
