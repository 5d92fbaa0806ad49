"""Reading sessions from Redis: each at one moment, in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters import redis_documents
from multibo.optimizer.adapters.redis_logs import RedisLogs
from multibo.optimizer.adapters.redis_wire import (
    as_bytes,
    as_text,
    script_of,
    store_errors,
)
from multibo.optimizer.app.errors import (
    RequestIdConflictError,
    RoundNotFoundError,
    SessionNotFoundError,
)
from multibo.optimizer.app.values import RequestKey, Standing
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import LogEntry, Round, Session, Slate


class RedisReads:
    """The reading half of a `SessionStore` over one Redis primary."""

    def __init__(self, redis: Redis) -> None:
        """Know no session yet.

        Args:
            redis: of the store.
        """
        self._redis = redis
        self._logs = RedisLogs(redis)
        self._standing = script_of(redis, "read")

    async def read(self, name: SessionName) -> Session:
        """Return the session; see `SessionStore.read`."""
        async with store_errors():
            found: Any = await self._redis.hmget(
                SessionKeys(name.sid).state, ["rev", "body"]
            )
        return _session_of(name, *found)

    async def read_round(self, name: SessionName, number: int) -> Round:
        """Return a round with its jobs; see `SessionStore.read_round`."""
        (rev, _), (slate, end), _, jobs = await self._found(RoundName(name, number))
        if rev is None:
            raise SessionNotFoundError(str(name))
        if slate is None:
            raise RoundNotFoundError(str(RoundName(name, number)))
        return redis_documents.round_of(name, slate, end, jobs)

    async def read_standing(self, name: RoundName, key: RequestKey) -> Standing:
        """Return what a command finds; see `SessionStore.read_standing`."""
        found = await self._found(name, _receipt_fields(key))
        state, (slate, end), receipt, jobs = found
        session = _session_of(name.session, *state)
        if slate is None:
            raise RoundNotFoundError(str(name))
        return Standing(
            session,
            redis_documents.round_of(name.session, slate, end, jobs),
            _replayed(key, *receipt),
        )

    async def _found(self, name: RoundName, receipt: tuple[str, str] = ("", "")) -> Any:
        """Return state, round, receipt and jobs as they are at one moment."""
        kept = SessionKeys(name.session.sid)
        async with store_errors():
            return await self._standing(
                keys=[kept.state, kept.rounds, kept.jobs, kept.requests],
                args=[
                    *redis_documents.round_fields(name.number),
                    *receipt,
                    *redis_documents.job_fields(name.number),
                ],
            )

    async def read_rounds(
        self, name: SessionName, *, after: int, limit: int
    ) -> tuple[Round, ...]:
        """Return rounds in order; see `SessionStore.read_rounds`."""
        async with store_errors():
            fields = await self._redis.hkeys(SessionKeys(name.sid).rounds)
        numbers = sorted(int(field) for field in fields if field.isdigit())
        wanted = [number for number in numbers if number > after][:limit]
        rounds = await self._read_rounds(name, wanted)
        return tuple(round for round in rounds if round is not None)

    async def _read_rounds(
        self, name: SessionName, numbers: list[int]
    ) -> list[Round | None]:
        """Return rounds as they are at one moment; None where there is none."""
        key = SessionKeys(name.sid)
        async with store_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.exists(key.state)
            for number in numbers:
                pipe.hmget(key.rounds, redis_documents.round_fields(number))
                pipe.hmget(key.jobs, redis_documents.job_fields(number))
            there, *read = await pipe.execute()
        if not there:
            raise SessionNotFoundError(str(name))
        return [
            None if slate is None else redis_documents.round_of(name, slate, end, jobs)
            for (slate, end), jobs in zip(read[::2], read[1::2], strict=True)
        ]

    async def read_log(
        self, name: SessionName
    ) -> tuple[tuple[LogEntry, ...], Mapping[int, Slate]]:
        """Return log and slates; see `SessionStore.read_log`."""
        return await self._logs.read(name)

    async def replay(self, name: SessionName, key: RequestKey) -> bytes | None:
        """Return a stored reply; see `SessionStore.replay`."""
        requests = SessionKeys(name.sid).requests
        async with store_errors():
            digest, reply = await self._redis.hmget(requests, [*_receipt_fields(key)])
        return _replayed(key, digest, reply)

    async def replay_create(self, project: str, key: RequestKey) -> bytes | None:
        """Return a stored reply; see `SessionStore.replay_create`."""
        request = keys.project_request(project, key.request_id)
        async with store_errors():
            digest, reply = await self._redis.hmget(request, ["digest", "reply"])
        return _replayed(key, digest, reply)


def _receipt_fields(key: RequestKey) -> tuple[str, str]:
    return f"{key.request_id}:digest", f"{key.request_id}:reply"


def _session_of(name: SessionName, rev: bytes | None, body: bytes | None) -> Session:
    if rev is None or body is None:
        raise SessionNotFoundError(str(name))
    return redis_documents.session_of(body, rev)


def _replayed(key: RequestKey, digest: object, reply: object) -> bytes | None:
    if digest is None:
        return None
    if as_text(digest) != key.digest:
        raise RequestIdConflictError(key.request_id)
    if reply is None:
        raise SessionNotFoundError(f"of request {key.request_id} any more")
    return as_bytes(reply)
