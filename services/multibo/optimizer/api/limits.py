"""How long a call may take, how large it may be, and how many may run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from multibo.optimizer.api.errors import RateLimitedError, WatchLimitError

MESSAGE_BYTES: Final = 1 << 20
MAX_PAGE: Final = 200
_RETRY_MS: Final = 1_000
_WATCH_RETRY_MS: Final = 5_000

SERVER_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    # Clients ping every 30 s; a stricter server answers ENHANCE_YOUR_CALM.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_connection_age_ms", 600_000),
    # A watch started just before its connection's age still ends by itself.
    ("grpc.max_connection_age_grace_ms", 660_000),
    # Two servers on one port would take turns: say so at the start instead.
    ("grpc.so_reuseport", 0),
)

_SESSION: Final = "/multibo.v1.SessionService/"
_ROUND: Final = "/multibo.v1.RoundService/"
_INSIGHT: Final = "/multibo.v1.InsightService/"
_IMAGE: Final = "/multibo.v1.ImageService/"
_MODEL: Final = "/multibo.v1.ModelService/"

DEADLINES: Final[dict[str, float]] = {
    _SESSION + "CreateSession": 10.0,
    _SESSION + "GetSession": 5.0,
    _SESSION + "ListSessions": 5.0,
    _SESSION + "DeleteSession": 10.0,
    _SESSION + "FinishSession": 30.0,
    _SESSION + "ForkSession": 10.0,
    _SESSION + "UndoFeedback": 30.0,
    _SESSION + "RedoFeedback": 30.0,
    _SESSION + "ExportSession": 30.0,
    _SESSION + "ImportSession": 30.0,
    _SESSION + "WatchSession": 600.0,
    _ROUND + "ProposeRound": 30.0,
    _ROUND + "GetRound": 5.0,
    _ROUND + "ListRounds": 5.0,
    _ROUND + "SubmitFeedback": 30.0,
    _ROUND + "RequestVariety": 30.0,
    _ROUND + "CancelRound": 30.0,
    _ROUND + "RetryCandidate": 30.0,
    # These may have to wait for a fit, as a proposal does.
    _INSIGHT + "GetRecommendation": 30.0,
    _INSIGHT + "GetStoppingAdvice": 30.0,
    _INSIGHT + "PredictChoice": 30.0,
    _INSIGHT + "GetPreferenceMap": 30.0,
    _INSIGHT + "RenderFigure": 30.0,
    _IMAGE + "GetImage": 5.0,
    _IMAGE + "GetImageUrl": 5.0,
    _MODEL + "ListModels": 5.0,
    _MODEL + "GetWarpSpace": 5.0,
}
"""Seconds a method may take, by full name; a call without a deadline gets them."""


class CallSlots:
    """The unary calls in flight; streams have a budget of their own."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._n_held = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold one slot.

        Raises:
            RateLimitedError: if all are held.
        """
        if self._n_held >= self._limit:
            raise RateLimitedError(limit=self._limit, retry_after_ms=_RETRY_MS)
        self._n_held += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._n_held -= 1
            if not self._n_held:
                self._idle.set()

    async def idle(self) -> None:
        """Wait until no call is in flight."""
        await self._idle.wait()


class WatchSlots:
    """The open watches of this process, and those of each project among them."""

    def __init__(self, *, per_process: int, per_project: int) -> None:
        self._per_process = per_process
        self._per_project = per_project
        self._n_held: Counter[str] = Counter()
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def held(self, project: str) -> Iterator[None]:
        """Hold one slot.

        Args:
            project: whose session is watched.

        Raises:
            WatchLimitError: if the process or the project has no slot left.
        """
        self._check(self._n_held.total(), self._per_process, "server")
        self._check(self._n_held[project], self._per_project, "project")
        self._n_held[project] += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._n_held[project] -= 1
            if not self._n_held[project]:
                del self._n_held[project]
            if not self._n_held:
                self._idle.set()

    async def idle(self) -> None:
        """Wait until no watch is open."""
        await self._idle.wait()

    def _check(self, n_held: int, limit: int, scope: str) -> None:
        if n_held >= limit:
            raise WatchLimitError(
                limit=limit, scope=scope, retry_after_ms=_WATCH_RETRY_MS
            )
