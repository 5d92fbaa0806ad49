"""Sessions in Redis: one Lua script per commit, guarded by `rev`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from multibo.jobs import keys
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters import redis_documents
from multibo.optimizer.adapters.redis_wire import as_bytes, as_text, store_errors
from multibo.optimizer.app.errors import (
    CursorInvalidError,
    RequestIdConflictError,
    RoundNotFoundError,
    SessionNotFoundError,
)
from multibo.optimizer.app.values import (
    Change,
    Committed,
    Content,
    Page,
    Receipt,
    RequestKey,
)
from multibo.optimizer.session import codec
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import LogEntry, Round, Session, Slate

_CREATE_TTL_MS: Final = 24 * 3600 * 1000


class RedisStore:
    """A `SessionStore` over one Redis primary."""

    def __init__(self, redis: Redis, *, session_ttl_ms: int) -> None:
        self._redis = redis
        self._ttl_ms = session_ttl_ms
        self._create = _script(redis, "create")
        self._commit = _script(redis, "commit")
        self._delete = _script(redis, "delete")

    async def create(
        self,
        session: Session,
        receipt: Receipt | None,
        content: Content | None = None,
    ) -> Session | None:
        """Store a new session; see `SessionStore.create`."""
        name = session.name
        key = SessionKeys(name.sid)
        made = receipt or Receipt(RequestKey(secrets.token_hex(16), ""), b"")
        async with store_errors():
            reply = await self._create(
                keys=[
                    key.state,
                    key.events,
                    keys.project_sessions(name.project),
                    keys.project_request(name.project, made.key.request_id),
                    key.rounds,
                    key.jobs,
                    key.log,
                ],
                args=[
                    codec.session_to_json(session),
                    name.project,
                    name.sid,
                    session.create_time_ms,
                    self._ttl_ms,
                    made.key.digest,
                    made.reply,
                    _CREATE_TTL_MS,
                    keys.EVENTS_KEPT,
                    *redis_documents.content_arguments(content or Content()),
                ],
            )
        return None if reply == b"done" else await self._holder(session)

    async def _holder(self, session: Session) -> Session:
        try:
            return await self.read(session.name)
        except SessionNotFoundError:
            # Only the request id was taken: the caller's replay answers.
            return session

    async def read(self, name: SessionName) -> Session:
        """Return the session; see `SessionStore.read`."""
        async with store_errors():
            rev, body = await self._redis.hmget(
                SessionKeys(name.sid).state, ["rev", "body"]
            )
        if rev is None or body is None:
            raise SessionNotFoundError(str(name))
        return codec.session_from_json(body, rev=int(rev))

    async def read_round(self, name: SessionName, number: int) -> Round:
        """Return a round with its jobs; see `SessionStore.read_round`."""
        [round] = await self._read_rounds(name, [number])
        if round is None:
            raise RoundNotFoundError(str(RoundName(name, number)))
        return round

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
        key = SessionKeys(name.sid)
        async with store_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.lrange(key.log, 0, -1)
            pipe.hgetall(key.rounds)
            lines, rounds = await pipe.execute()
        slates = {
            int(field): codec.slate_from_json(document)
            for field, document in rounds.items()
            if field.isdigit()
        }
        return tuple(codec.entry_from_json(line) for line in lines), slates

    async def commit(self, change: Change) -> Committed:
        """Write a change in one step; see `SessionStore.commit`."""
        name = change.after.name
        key = SessionKeys(name.sid)
        async with store_errors():
            reply = await self._commit(
                keys=[
                    key.state,
                    key.rounds,
                    key.log,
                    key.jobs,
                    key.pending,
                    key.requests,
                    key.events,
                    keys.DUE,
                ],
                args=redis_documents.commit_arguments(change, self._ttl_ms),
            )
        if reply == b"missing":
            raise SessionNotFoundError(str(name))
        return Committed(reply.decode())

    async def replay(self, name: SessionName, key: RequestKey) -> bytes | None:
        """Return a stored reply; see `SessionStore.replay`."""
        requests = SessionKeys(name.sid).requests
        fields = [f"{key.request_id}:digest", f"{key.request_id}:reply"]
        async with store_errors():
            digest, reply = await self._redis.hmget(requests, fields)
        return _replayed(key, digest, reply)

    async def replay_create(self, project: str, key: RequestKey) -> bytes | None:
        """Return a stored reply; see `SessionStore.replay_create`."""
        request = keys.project_request(project, key.request_id)
        async with store_errors():
            digest, reply = await self._redis.hmget(request, ["digest", "reply"])
        return _replayed(key, digest, reply)

    async def list_sessions(self, project: str, *, limit: int, cursor: str) -> Page:
        """Return a page of sessions; see `SessionStore.list_sessions`."""
        index = keys.project_sessions(project)
        found: list[Session] = []
        while len(found) < limit:
            sids = await self._sids(index, limit - len(found), cursor)
            for score, sid in sids:
                cursor = f"{score}:{sid}"
                session = await self._listed(index, sid)
                if session is not None:
                    found.append(session)
            if not sids:
                cursor = ""
                break
        return Page(tuple(found), cursor)

    async def _sids(self, index: str, limit: int, cursor: str) -> list[tuple[int, str]]:
        """Return what comes after the cursor, by falling (creation time, name)."""
        top, last = _parse_cursor(cursor)
        async with store_errors():
            # Ties share a score; reading them again and dropping what was seen
            # keeps the page exact under concurrent creation.
            ties = 0 if top is None else await self._redis.zcount(index, top, top)
            rows: Any = await self._redis.zrevrangebyscore(
                index,
                "+inf" if top is None else top,
                "-inf",
                start=0,
                num=limit + int(ties),
                withscores=True,
            )
        sids = [(int(row[1]), as_text(row[0])) for row in rows]
        after = [row for row in sids if top is None or row < (top, last)]
        return after[:limit]

    async def _listed(self, index: str, sid: str) -> Session | None:
        project, session = sid.split("/")
        try:
            return await self.read(SessionName(project, session))
        except SessionNotFoundError:  # expired: the index forgets it, too
            async with store_errors():
                await self._redis.zrem(index, sid)
            return None

    async def delete(self, name: SessionName) -> bool:
        """Remove everything of a session; see `SessionStore.delete`."""
        key = SessionKeys(name.sid)
        others = [one for one in key.all() if one != key.state]
        async with store_errors():
            there = await self._delete(
                keys=[
                    key.state,
                    keys.project_sessions(name.project),
                    keys.DUE,
                    *others,
                ],
                args=[name.sid],
            )
        return bool(there)

    async def secret(self) -> bytes:
        """Return the replicas' shared secret; see `SessionStore.secret`."""
        async with store_errors():
            await self._redis.set(keys.SECRET, secrets.token_bytes(32), nx=True)
            return as_bytes(await self._redis.get(keys.SECRET))

    async def ping(self) -> None:
        """Raise `StoreUnavailableError` if Redis does not answer."""
        async with store_errors():
            await self._redis.ping()


def _script(redis: Redis, name: str) -> AsyncScript:
    text = (files("multibo.optimizer.adapters") / "lua" / f"{name}.lua").read_text()
    return redis.register_script(text)


def _replayed(key: RequestKey, digest: object, reply: object) -> bytes | None:
    if digest is None:
        return None
    if as_text(digest) != key.digest:
        raise RequestIdConflictError(key.request_id)
    return as_bytes(reply)


def _parse_cursor(cursor: str) -> tuple[int | None, str]:
    if not cursor:
        return None, ""
    score, _, sid = cursor.partition(":")
    if not score.isdecimal() or sid.count("/") != 1:
        raise CursorInvalidError(f"not a cursor: {cursor!r}")
    return int(score), sid
