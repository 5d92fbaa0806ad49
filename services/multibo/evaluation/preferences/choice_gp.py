"""A Gaussian process of the choices alone, with Thompson sampling (qTS).

The engine's own Gaussian process, without the rest of the engine: every slot shows
the best point of one function drawn from the posterior (Thompson, 1933; Kandasamy et
al., 2018), over a pool of points everywhere and around what is believed best.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from multibo.evaluation.preferences.people import K
from multibo.evaluation.preferences.rival import History, Recommended, Slate
from multibo.optimizer.preference.ascent import ascend
from multibo.optimizer.preference.dataset import choices_of, quantized_warp
from multibo.optimizer.preference.posterior import Posterior, fit_posterior
from multibo.optimizer.preference.proposal import incumbent_of

_N_ANYWHERE: Final = 384
_N_NEAR: Final = 384
_SPREADS: Final = (0.02, 0.05, 0.1, 0.2, 0.35)
"""Of the points around what is believed best, in widths of the box."""
_N_STARTS: Final = 4
_N_STEPS: Final = 25


class ChoiceGp:
    """The choice GP and Thompson sampling; fits once per answer."""

    def __init__(self, dimension: int) -> None:
        """Begin with nothing.

        Args:
            dimension: of the box.
        """
        self._dimension = dimension
        self._fitted: tuple[int, Posterior] | None = None

    def propose(self, history: History, seed: int) -> Slate:
        """Return the best points of `K` functions, distinct ones."""
        posterior = self._posterior(history)
        generator = np.random.default_rng(seed)
        points = _pool(posterior, generator)
        mean, root = posterior.joint(points)
        slate: list[int] = []
        for _ in range(K):
            drawn = mean + root @ generator.standard_normal(len(points))
            drawn[slate] = -np.inf
            slate.append(int(drawn.argmax()))
        return tuple(quantized_warp(points[index]) for index in slate)

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return the posterior mean's maximizer over the box, and over the shown."""
        posterior = self._posterior(history)
        generator = np.random.default_rng(seed)
        points = np.vstack([posterior.points, _pool(posterior, generator)])
        starts = points[np.argsort(-posterior.mean(points))[:_N_STARTS]]
        climbed, means = ascend(
            posterior.mean_gradient,
            starts,
            low=np.zeros(self._dimension),
            high=np.ones(self._dimension),
            scales=np.minimum(posterior.kernel.length_scales, 1.0),
            n_steps=_N_STEPS,
        )
        return Recommended(
            quantized_warp(climbed[int(means.argmax())]),
            quantized_warp(incumbent_of(posterior)),
        )

    def _posterior(self, history: History) -> Posterior:
        if self._fitted is None or self._fitted[0] != len(history):
            choices = choices_of(self._dimension, history)
            self._fitted = (len(history), fit_posterior(choices))
        return self._fitted[1]


def _pool(posterior: Posterior, generator: np.random.Generator) -> NDArray[np.float64]:
    anywhere = generator.random((_N_ANYWHERE, posterior.dimension))
    spreads = generator.choice(_SPREADS, size=(_N_NEAR, 1))
    offsets = spreads * generator.standard_normal((_N_NEAR, posterior.dimension))
    near = np.clip(incumbent_of(posterior) + offsets, 0.0, 1.0)
    return np.vstack([anywhere, near])
