"""The preference engine of this repository, whole or with a part taken out."""

from __future__ import annotations

from typing import Final

from multibo.evaluation.preferences.people import K
from multibo.evaluation.preferences.rival import History, Recommended, Slate
from multibo.optimizer.preference import engine
from multibo.optimizer.preference.cache import PosteriorCache
from multibo.optimizer.preference.slate import ALL_PARTS, Parts

_N_KEPT: Final = 8
"""Posteriors kept, as the optimizer keeps them between the calls of a session."""


class Ours:
    """The engine as the optimizer asks it, except that the opening is given."""

    def __init__(self, dimension: int, parts: Parts = ALL_PARTS) -> None:
        """Begin.

        Args:
            dimension: of the box.
            parts: of the engine that are on.
        """
        self._dimension = dimension
        self._parts = parts
        self._cache = PosteriorCache(_N_KEPT)

    def propose(self, history: History, seed: int) -> Slate:
        """Return the engine's slate."""
        request = engine.ProposalRequest(
            self._dimension, K, seed, history, n_initial=0, parts=self._parts
        )
        proposal = engine.propose(request, fit=self._cache.fit)
        return tuple(one.warp for one in proposal.candidates)

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return the engine's recommendation; it draws by its own rules."""
        del seed
        fit = self._cache.fit
        said = engine.recommend(self._dimension, history, parts=self._parts, fit=fit)
        bound = None
        if self._parts == ALL_PARTS:  # advice is the whole engine's
            bound = engine.advise(self._dimension, history, fit=fit).regret_bound
        return Recommended(said.predicted.warp, said.shown.warp, bound)
