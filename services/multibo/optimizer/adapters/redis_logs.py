"""Logs of sessions, read once: afterwards only what was added.

A log only grows and a slate never changes, so what one replica has read stays true for
as long as the session lives; its creation time and the last entry known tell whether
it is still that session. A proposal then costs the same in round 200 as in round 5.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis

from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_documents import slate_of
from multibo.optimizer.adapters.redis_wire import as_text, script_of, store_errors
from multibo.optimizer.session import codec
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import LogEntry, Slate

KEPT: Final = 4_000
"""Entries and slates of all sessions together, half a kilobyte and three: some forty
sessions of fifty rounds. A log with few slates may be long all the same."""


@dataclass(frozen=True, slots=True)
class _Known:
    born: str = ""
    last_line: bytes = b""
    entries: tuple[LogEntry, ...] = ()
    slates: Mapping[int, Slate] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.entries) + len(self.slates)


_NOTHING: Final = _Known()


class RedisLogs:
    """Reads logs and remembers those read last."""

    def __init__(self, redis: Redis, *, kept: int = KEPT) -> None:
        """Remember nothing.

        Args:
            redis: of the store.
            kept: how many entries and slates are remembered at most.
        """
        self._tail = script_of(redis, "log")
        self._kept = kept
        self._known: OrderedDict[SessionName, _Known] = OrderedDict()
        self._n_known = 0

    @property
    def n_known(self) -> int:
        """How many entries and slates are remembered."""
        return self._n_known

    async def read(
        self, name: SessionName
    ) -> tuple[tuple[LogEntry, ...], Mapping[int, Slate]]:
        """Return log and slates; see `SessionStore.read_log`.

        Args:
            name: the session.

        Raises:
            StoreUnavailableError: if Redis does not answer.
        """
        known = self._known.get(name, _NOTHING)
        found = await self._read(name, known)
        if found is None and known is not _NOTHING:
            found = await self._read(name, _NOTHING)
        self._keep(name, found or _NOTHING)
        return (found.entries, found.slates) if found else ((), {})

    async def _read(self, name: SessionName, known: _Known) -> _Known | None:
        """Return all there is; None if it does not follow on what is known."""
        key = SessionKeys(name.sid)
        async with store_errors():
            reply: Any = await self._tail(
                keys=[key.state, key.log, key.rounds],
                args=[
                    known.born,
                    len(known.entries),
                    max(known.slates, default=-1) + 1,
                ],
            )
        if not reply:
            return None
        born, lines, numbers, documents = reply
        slates = zip(map(int, numbers), map(slate_of, documents), strict=True)
        if not known.entries:
            return _joined(as_text(born), _NOTHING, lines, slates)
        if as_text(born) != known.born or lines[:1] != [known.last_line]:
            return None
        return _joined(known.born, known, lines[1:], slates)

    def _keep(self, name: SessionName, found: _Known) -> None:
        gone = self._known.pop(name, _NOTHING)
        self._n_known += found.size - gone.size
        if found.size:
            self._known[name] = found
        while self._n_known > self._kept:
            _, oldest = self._known.popitem(last=False)
            self._n_known -= oldest.size


def _joined(born: str, known: _Known, lines: list[bytes], slates: Any) -> _Known:
    return _Known(
        born,
        lines[-1] if lines else known.last_line,
        (*known.entries, *map(codec.entry_from_json, lines)),
        {**known.slates, **dict(slates)},
    )
