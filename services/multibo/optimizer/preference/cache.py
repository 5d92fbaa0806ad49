"""Fitted posteriors kept by history, for a process that serves many sessions."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.engine import fit
from multibo.optimizer.preference.posterior import Posterior


class PosteriorCache:
    """`engine.fit` that remembers the posteriors asked for last."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[bytes, Posterior] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def fit(self, dimension: int, history: tuple[Answer, ...]) -> Posterior:
        """Return the posterior of a history, fitted now or before.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first; one or more.

        Raises:
            FitFailedError: if the arithmetic breaks down.
            InvalidRequestError: if the history is not legal.
        """
        digest = hashlib.sha256(repr((dimension, history)).encode()).digest()
        posterior = self._kept.get(digest)
        if posterior is None:
            posterior = fit(dimension, history)
        self._kept[digest] = posterior
        self._kept.move_to_end(digest)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return posterior
