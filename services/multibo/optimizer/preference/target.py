"""Target search as a model: utilities of any points under draws of the posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.chains import Chains
from multibo.optimizer.preference.target_density import (
    N_FEATURES,
    Targets,
    frequencies,
    squared_distances,
    target_prior,
    targets_of,
)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Utilities of points under every draw, and how they change with the points."""

    values: Floats
    """`a x s` utilities, in logits."""
    model: TargetModel
    at: Floats
    by_square: Floats
    """`a x s` derivatives in the squared distance."""
    sines: Floats
    """`a x N_FEATURES`: minus the derivatives of the residual's features."""

    def gradient(self, shares: Floats) -> Floats:
        """Return the `a x d` gradient of `sum_s shares_as f_s(x_a)`.

        Args:
            shares: `a x s`.
        """
        targets, d = self.model.targets, self.at.shape[1]
        pull = shares * self.by_square
        gradient = self.at * (pull @ targets.weights.T)
        gradient -= pull @ (targets.weights * targets.points).T
        scale = targets.sharpness * targets.residual
        waved = (shares * scale) @ targets.features.T * self.sines
        total: Floats = (2.0 / d) * gradient - waved @ self.model.waves.T
        return total


@dataclass(frozen=True, slots=True, eq=False)
class TargetModel:
    """Equally probable utilities over the unit box, given the answers."""

    targets: Targets
    """`s` draws."""
    waves: Floats
    """`d x N_FEATURES` frequencies of the residual."""
    phases: Floats

    @property
    def dimension(self) -> int:
        """Number of axes of the box."""
        return int(self.waves.shape[0])

    def values(self, at: Floats) -> Floats:
        """Return the `a x s` utilities of `a x d` points, in logits."""
        return self.evaluate(at).values

    def evaluate(self, at: Floats) -> Evaluation:
        """Return utilities that can be differentiated.

        Args:
            at: `a x d` points.
        """
        targets = self.targets
        squared = squared_distances(targets, at, at * at)
        fallen = np.exp(0.5 * targets.exponent * np.log(squared))
        angles = at @ self.waves + self.phases
        size = np.sqrt(2.0 / N_FEATURES)
        residual = size * np.cos(angles) @ targets.features
        return Evaluation(
            values=targets.sharpness * (targets.residual * residual - fallen),
            model=self,
            at=at,
            by_square=-0.5 * targets.sharpness * targets.exponent * fallen / squared,
            sines=size * np.sin(angles),
        )

    def outside(self) -> Floats:
        """Return the `s` utilities of the outside option, in logits."""
        targets = self.targets
        fallen: Floats = np.exp(targets.exponent * targets.log_outside)
        return -targets.sharpness * fallen

    def mean(self, at: Floats) -> Floats:
        """Return the expected utility of `a x d` points, all draws equally decisive."""
        value, _ = self._mean(at)
        return value

    def mean_gradient(self, at: Floats) -> tuple[Floats, Floats]:
        """Return `mean` and its `a x d` gradient at `a x d` points."""
        value, evaluation = self._mean(at)
        return value, evaluation.gradient(np.tile(self._shares, (len(at), 1)))

    @property
    def _shares(self) -> Floats:
        """`s` factors that make all draws equally decisive, over their number."""
        sharpness = self.targets.sharpness
        shares: Floats = np.median(sharpness) / sharpness / sharpness.size
        return shares

    def _mean(self, at: Floats) -> tuple[Floats, Evaluation]:
        evaluation = self.evaluate(at)
        value: Floats = evaluation.values @ self._shares
        return value, evaluation


def target_model(dimension: int, chains: Chains) -> TargetModel:
    """Return the utilities a sampler's state stands for.

    Args:
        dimension: `d`, axes of the box.
        chains: the state.
    """
    waves, phases = frequencies(dimension)
    targets = targets_of(target_prior(dimension), chains.draws)
    return TargetModel(targets, waves, phases)
