"""The preference engine of this repository, whole or with a part taken out."""

from __future__ import annotations

from multibo.evaluation.preferences.people import K
from multibo.evaluation.preferences.rival import History, Recommended, Slate
from multibo.optimizer.preference import engine


class Ours:
    """The engine as the optimizer asks it, except that the opening is given."""

    def __init__(self, dimension: int) -> None:
        """Begin.

        Args:
            dimension: of the box.
        """
        self._dimension = dimension

    def propose(self, history: History, seed: int) -> Slate:
        """Return the engine's slate."""
        request = engine.ProposalRequest(self._dimension, K, seed, history, n_initial=0)
        return tuple(one.warp for one in engine.propose(request).candidates)

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return the engine's recommendation; it draws by its own rules."""
        del seed
        said = engine.recommend(self._dimension, history)
        return Recommended(said.predicted.warp, said.shown.warp)
