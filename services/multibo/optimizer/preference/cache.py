"""What was computed from a history, kept for a process that serves many sessions."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Generic, TypeVar

from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.fitting import fit
from multibo.optimizer.preference.portfolio import Portfolio, milestones
from multibo.optimizer.preference.replay import Replay, replay
from multibo.optimizer.preference.slate import ALL_PARTS, Parts

Value = TypeVar("Value")


class PosteriorCache:
    """`fitting.fit` and `replay.replay` that remember what was asked for last."""

    def __init__(self, capacity: int) -> None:
        self._portfolios: _Recent[Portfolio] = _Recent(capacity)
        self._replays: _Recent[Replay] = _Recent(capacity)

    def __len__(self) -> int:
        return len(self._portfolios)

    def fit(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        parts: Parts = ALL_PARTS,
    ) -> Portfolio:
        """Return what a history says, learned now or before.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first; one or more.
            prior: a warm start; empty for none.
            parts: of the engine that are on.

        Raises:
            FitFailedError: if the arithmetic breaks down.
            InvalidRequestError: if the history is not legal.
        """
        key = _key(dimension, history, prior, parts)
        portfolio = self._portfolios.get(key)
        if portfolio is None:
            portfolio = self._learned(dimension, history, prior, parts)
        self._portfolios.put(key, portfolio)
        return portfolio

    def _learned(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...],
        parts: Parts,
    ) -> Portfolio:
        """Return what a history says, from its last milestone, which is kept too.

        A session asks for one history after the other; each begins where the last
        milestone ended.
        """
        passed = milestones(len(history))[:-1] if parts.target else []
        before: Portfolio | None = None
        for n_answers in reversed(passed):
            key = _key(dimension, history[:n_answers], prior, parts)
            before = self._portfolios.get(key)
            if before is not None:
                break
        if passed and (before is None or before.n_answers < passed[-1]):
            shorter = history[: passed[-1]]
            before = fit(dimension, shorter, prior, parts, before=before)
            self._portfolios.put(_key(dimension, shorter, prior, parts), before)
        return fit(dimension, history, prior, parts, before=before)

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
        key = _key(dimension, history, prior, ALL_PARTS)
        lived = self._replays.get(key)
        if lived is None:
            before = self._replays.get(_key(dimension, history[:-1], prior, ALL_PARTS))
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
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...],
    parts: Parts,
) -> bytes:
    told = repr((dimension, history, prior, parts))
    return hashlib.sha256(told.encode()).digest()
