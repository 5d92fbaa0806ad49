"""Target search: what answers say if utility falls with the distance to one point.

The premise is one hidden target `x*`. Utility is

    f(x) = b (-r^p + rho h(x)),   r^2 = sum_j w_j (x_j - x*_j)^2 / d + floor,

with the person's decisiveness `b` (its inverse is the scale of their noise), a free
exponent `p`, axis weights `w_j` and a small residual `h` for what the premise misses:
a smooth random function, by random Fourier features (Rahimi and Recht, 2007). An
outside option is as good as a point at a distance of its own.

An answer is a contest of multinomial logits, or with a small probability, learned too,
a lapse: any entrant at random. With it the density is not concave, which chains do not
mind.

Chains stand in the last axis of every array: what the contests gather are then rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import sparse

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Choices
from multibo.optimizer.preference.lapses import LAPSE, lapsing_likelihood

N_FEATURES: Final = 64
_FEATURE_SEED: Final = 20261  # any constant; the features must be the same everywhere
_FEATURE_LENGTH: Final = 0.5
"""Length-scale of the residual, in units of `sqrt(d)`."""
_SQUASH: Final = 1.7
"""A standard normal times this is nearly logistic, so the target nearly uniform."""
_FLOOR: Final = 1e-3
"""Of the squared distance, mean over the axes: the peak is not infinitely sharp."""
_LARGEST: Final = 12.0
"""Of any log-parameter; beyond it arithmetic would overflow."""
_LOG_WEIGHT_SD: Final = 0.5
_LOG_SHARPNESS: Final = (float(np.log(12.0)), 1.0)
_LOG_EXPONENT: Final = (0.0, 0.3)
"""With the exponent free the model knows how far it is from the target; with it fixed
it believes itself far nearer than it is."""
_LOG_RESIDUAL: Final = (float(np.log(0.1)), 0.7)
_LOG_OUTSIDE: Final = (float(np.log(0.4)), 0.5)
"""The outside option is expected to be as good as a random point."""
_LAPSE_LOG_ODDS: Final = (float(np.log(LAPSE / (1.0 - LAPSE))), 0.7)
"""Nine people of ten lapse in .6 to 6 answers of a hundred."""


@dataclass(frozen=True, slots=True, eq=False)
class TargetPrior:
    """Independent normal densities of the parameters; their order is told here."""

    dimension: int
    mean: Floats
    """`D x 1`: target, log-weights (both `d`), then `log b`, `log p`, `log rho`, the
    outside option's log-distance, the lapse's log-odds, and the residual's `N_FEATURES`
    weights."""
    sd: Floats
    """`D x 1`."""

    @property
    def sharpness(self) -> int:
        """Row of `log b`; those of the other scalars follow."""
        return 2 * self.dimension


def target_prior(dimension: int) -> TargetPrior:
    """Return the prior of target search.

    Args:
        dimension: `d`, axes of the box.
    """
    scalars = np.array(
        [
            _LOG_SHARPNESS,
            _LOG_EXPONENT,
            _LOG_RESIDUAL,
            _LOG_OUTSIDE,
            _LAPSE_LOG_ODDS,
        ]
    )
    rows = np.concatenate(
        [
            np.tile([[0.0, 1.0]], (dimension, 1)),
            np.tile([[0.0, _LOG_WEIGHT_SD]], (dimension, 1)),
            scalars,
            np.tile([[0.0, 1.0]], (N_FEATURES, 1)),
        ]
    )
    return TargetPrior(dimension, rows[:, :1], rows[:, 1:])


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Parameters of `s` chains in their natural units."""

    points: Floats
    """`d x s` targets in the unit box."""
    weights: Floats
    """`d x s` axis weights."""
    sharpness: Floats
    """`s` values of `b`, in logits."""
    exponent: Floats
    """`s` values of `p`."""
    residual: Floats
    """`s` values of `rho`."""
    log_outside: Floats
    """`s` log-distances of the outside option."""
    lapse: Floats
    """`s` probabilities of an answer at random."""
    features: Floats
    """`N_FEATURES x s` weights of the residual."""


def targets_of(prior: TargetPrior, chains: Floats) -> Targets:
    """Return the parameters of `D x s` chains in natural units."""
    d, row = prior.dimension, prior.sharpness
    logs = np.clip(chains[: row + 5], -_LARGEST, _LARGEST)
    return Targets(
        points=1.0 / (1.0 + np.exp(-_SQUASH * logs[:d])),
        weights=np.exp(2.0 * logs[d : 2 * d]),
        sharpness=np.exp(logs[row]),
        exponent=np.exp(logs[row + 1]),
        residual=np.exp(logs[row + 2]),
        log_outside=logs[row + 3],
        lapse=1.0 / (1.0 + np.exp(-logs[row + 4])),
        features=chains[row + 5 :],
    )


def squared_distances(targets: Targets, points: Floats, squares: Floats) -> Floats:
    """Return the `a x s` squared distances of points to every chain's target.

    Args:
        targets: of `s` chains.
        points: `a x d` points of the unit box.
        squares: their squares.
    """
    pulled = targets.weights * targets.points
    total = squares @ targets.weights - 2.0 * points @ pulled
    total += (pulled * targets.points).sum(axis=0)
    distance: Floats = np.maximum(total / points.shape[1], 0.0) + _FLOOR
    return distance


@lru_cache(maxsize=8)
def frequencies(dimension: int) -> tuple[Floats, Floats]:
    """Return the `d x N_FEATURES` frequencies of the residual, and their phases."""
    generator = np.random.default_rng([_FEATURE_SEED, dimension])
    length = _FEATURE_LENGTH * np.sqrt(dimension)
    waves = generator.standard_normal((dimension, N_FEATURES)) / length
    phases = generator.uniform(0.0, 2.0 * np.pi, N_FEATURES)
    for kept in (waves, phases):
        kept.flags.writeable = False  # so that nobody may change them
    return waves, phases


def features_of(points: Floats) -> Floats:
    """Return the `a x N_FEATURES` residual's features at `a x d` points."""
    waves, phases = frequencies(points.shape[1])
    features: Floats = np.sqrt(2.0 / N_FEATURES) * np.cos(points @ waves + phases)
    return features


@dataclass(frozen=True, slots=True, eq=False)
class TargetDensity:
    """The posterior density of target search, up to a constant, given contests."""

    prior: TargetPrior
    choices: Choices
    squares: Floats
    features: Floats
    gather: sparse.csr_array
    """`(m or m + 1) x (n k)`: adds up what the contests say of each utility."""

    def value_and_gradient(self, chains: Floats) -> tuple[Floats, Floats]:
        """Return the log-density of every chain and its gradient.

        Args:
            chains: `D x s`.

        Returns:
            `s` values and `D x s` derivatives.
        """
        targets = targets_of(self.prior, chains)
        parts = _utilities(targets, self)
        likely = lapsing_likelihood(parts.utility, targets.lapse, self.choices)
        n, k, s = likely.by_slot.shape
        by_utility = self.gather @ likely.by_slot.reshape(n * k, s)
        gradient = self._by_parameter(targets, parts, by_utility)
        gradient[self.prior.sharpness + 4] = likely.by_log_odds
        z = (chains - self.prior.mean) / self.prior.sd
        value = likely.value - 0.5 * (z * z).sum(axis=0)
        return value, gradient - z / self.prior.sd

    def _by_parameter(
        self, targets: Targets, parts: _Parts, by_utility: Floats
    ) -> Floats:
        d, row, m = self.prior.dimension, self.prior.sharpness, len(self.features)
        points = self.choices.points
        by_point = by_utility[:m]
        gradient = np.empty((len(self.prior.mean), by_utility.shape[1]))
        fall = by_point * (-targets.sharpness * parts.fallen)
        by_square = fall * (0.5 * targets.exponent) / parts.squared
        total, pull = by_square.sum(axis=0), points.T @ by_square
        toward = targets.weights * (targets.points * total - pull) * (2.0 / d)
        x = targets.points
        spread = self.squares.T @ by_square - 2.0 * x * pull + x * x * total
        gradient[:d] = toward * _SQUASH * x * (1.0 - x)
        gradient[d : 2 * d] = (2.0 / d) * targets.weights * spread
        gradient[row] = (by_utility * parts.utility).sum(axis=0)
        logs = (fall * np.log(parts.squared)).sum(axis=0)
        gradient[row + 1] = 0.5 * targets.exponent * logs
        scale = targets.sharpness * targets.residual
        gradient[row + 2] = scale * (by_point * parts.residual).sum(axis=0)
        gradient[row + 3] = 0.0
        if self.choices.outside:
            lost = by_utility[m] * parts.utility[m] * targets.exponent
            gradient[row + 1] += lost * targets.log_outside
            gradient[row + 3] = lost
        gradient[row + 5 :] = self.features.T @ by_point * scale
        return gradient


def target_density(choices: Choices) -> TargetDensity:
    """Return the posterior density of target search.

    Args:
        choices: the recorded contests.
    """
    n, k = choices.slates.shape
    flat = choices.slates.ravel()
    ones = choices.present.ravel().astype(np.float64)
    gather = sparse.csr_array(
        (ones, (flat, np.arange(n * k))), shape=(choices.n_utilities, n * k)
    )
    return TargetDensity(
        prior=target_prior(choices.points.shape[1]),
        choices=choices,
        squares=choices.points**2,
        features=features_of(choices.points),
        gather=gather,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What a utility is made of."""

    squared: Floats
    """`m x s` squared distances."""
    fallen: Floats
    """`m x s` values of `r^p`."""
    residual: Floats
    """`m x s` values of `h`."""
    utility: Floats
    """`m x s`, or one row more."""


def _utilities(targets: Targets, density: TargetDensity) -> _Parts:
    points = density.choices.points
    squared = squared_distances(targets, points, density.squares)
    fallen = np.exp(0.5 * targets.exponent * np.log(squared))
    residual = density.features @ targets.features
    utility = targets.sharpness * (targets.residual * residual - fallen)
    if density.choices.outside:
        gone = np.exp(targets.exponent * targets.log_outside)
        utility = np.vstack([utility, -targets.sharpness * gone])
    return _Parts(squared, fallen, residual, utility)
