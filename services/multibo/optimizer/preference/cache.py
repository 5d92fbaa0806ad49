"""What was computed from a history, kept for a process that serves many sessions."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.errors import OutOfTimeError
from multibo.optimizer.preference.fitting import fit, renewed
from multibo.optimizer.preference.portfolio import Portfolio, milestones
from multibo.optimizer.preference.replay import Replay, replay
from multibo.optimizer.preference.slate import ALL_PARTS, Parts

Value = TypeVar("Value")

_LOOK_BACK: Final = 8
"""Answers that may have come since a history was last lived through."""


class PosteriorCache:
    """`fitting.fit` and `replay.replay` that remember what was asked for last."""

    def __init__(
        self,
        capacity: int,
        *,
        clock: Callable[[], float] | None = None,
        patience_s: float = 0.0,
    ) -> None:
        """Keep nothing yet.

        Args:
            capacity: histories kept.
            clock: in seconds; None for no limit of time.
            patience_s: after which a long history is not lived through to its end. What
                is reached is kept, so the next time it goes on from there.
        """
        self._portfolios: _Recent[Portfolio] = _Recent(capacity)
        self._replays: _Recent[Replay] = _Recent(capacity)
        self._clock, self._patience_s = clock, patience_s

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
            OutOfTimeError: if patience ends.
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
            before = self._portfolios.get(
                _key(dimension, history[:n_answers], prior, parts)
            )
            if before is not None:
                break
        late = self._deadline()
        kept = b""
        for n_answers in passed[passed.index(before.n_answers) + 1 if before else 0 :]:
            if late():
                raise OutOfTimeError(f"{n_answers} of {len(history)} answers in time")
            shorter = history[:n_answers]
            before = renewed(before, dimension, shorter, prior, parts)
            self._portfolios.drop(kept)  # only the last one is gone on from
            kept = _key(dimension, shorter, prior, parts)
            self._portfolios.put(kept, before)
        return fit(dimension, history, prior, parts, before=before)

    def _deadline(self) -> Callable[[], bool]:
        """Return what tells whether patience has ended since now."""
        clock = self._clock
        if clock is None:
            return lambda: False
        end = clock() + self._patience_s
        return lambda: clock() > end

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
            before = self._lived_before(dimension, history, prior)
            lived = replay(dimension, history, prior, before=before)
            self._keep_milestone(dimension, lived, prior)
        self._replays.put(key, lived)
        return lived

    def _lived_before(
        self, dimension: int, history: tuple[Answer, ...], prior: tuple[float, ...]
    ) -> Replay | None:
        """Return the replay of the longest shorter history that is kept."""
        for n_later in range(1, min(_LOOK_BACK, len(history)) + 1):
            shorter = _key(dimension, history[:-n_later], prior, ALL_PARTS)
            lived = self._replays.get(shorter)
            if lived is not None:
                return lived
        return None

    def _keep_milestone(
        self, dimension: int, lived: Replay, prior: tuple[float, ...]
    ) -> None:
        """Let a fit go on from where a replay has been."""
        milestone = lived.portfolio
        if milestone is not None and lived.whole:
            shorter = lived.history[: milestone.n_answers]
            self._portfolios.put(_key(dimension, shorter, prior, ALL_PARTS), milestone)


class _Recent(Generic[Value]):
    """The values asked for last."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[bytes, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> Value | None:
        return self._kept.get(key)

    def drop(self, key: bytes) -> None:
        self._kept.pop(key, None)

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
