"""What was computed from a history, kept for a process that serves many sessions."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Generic, TypeVar

from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.fitting import fit
from multibo.optimizer.preference.posterior import Posterior
from multibo.optimizer.preference.replay import Replay, replay

Value = TypeVar("Value")


class PosteriorCache:
    """`fitting.fit` and `replay.replay` that remember what was asked for last."""

    def __init__(self, capacity: int) -> None:
        self._posteriors: _Recent[Posterior] = _Recent(capacity)
        self._replays: _Recent[Replay] = _Recent(capacity)

    def __len__(self) -> int:
        return len(self._posteriors)

    def fit(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
    ) -> Posterior:
        """Return the posterior of a history, fitted now or before.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first; one or more.
            prior: a warm start; empty for none.

        Raises:
            FitFailedError: if the arithmetic breaks down.
            InvalidRequestError: if the history is not legal.
        """
        key = _key(dimension, history, prior)
        posterior = self._posteriors.get(key)
        if posterior is None:
            posterior = fit(dimension, history, prior)
        self._posteriors.put(key, posterior)
        return posterior

    def replay(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
    ) -> Replay:
        """Return a history lived through again, from where it was kept.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first.
            prior: a warm start; empty for none.

        Raises:
            InvalidRequestError: if the history is not legal.
        """
        key = _key(dimension, history, prior)
        lived = self._replays.get(key)
        if lived is None:
            before = self._replays.get(_key(dimension, history[:-1], prior))
            lived = replay(dimension, history, prior, before=before)
        self._replays.put(key, lived)
        return lived


class _Recent(Generic[Value]):
    """The values asked for last."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[bytes, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> Value | None:
        return self._kept.get(key)

    def put(self, key: bytes, value: Value) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


def _key(
    dimension: int, history: tuple[Answer, ...], prior: tuple[float, ...]
) -> bytes:
    return hashlib.sha256(repr((dimension, history, prior)).encode()).digest()
