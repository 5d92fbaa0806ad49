"""Sessions in Redis: one Lua script per commit, guarded by `rev`."""

from __future__ import annotations

import secrets
from typing import Any, Final

from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters import redis_documents
from multibo.optimizer.adapters.redis_reads import RedisReads
from multibo.optimizer.adapters.redis_wire import (
    as_bytes,
    as_text,
    script_of,
    store_errors,
)
from multibo.optimizer.app.errors import (
    CursorInvalidError,
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
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Session

_CREATE_TTL_MS: Final = 24 * 3600 * 1000


class RedisStore(RedisReads):
    """A `SessionStore` over one Redis primary."""

    def __init__(self, redis: Redis, *, session_ttl_ms: int) -> None:
        super().__init__(redis)
        self._ttl_ms = session_ttl_ms
        self._create = script_of(redis, "create")
        self._commit = script_of(redis, "commit")
        self._delete = script_of(redis, "delete")

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
                    keys.project_open(name.project),
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
                    int(redis_documents.goes_on(session)),
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

    async def check_backlog(self, session: Session, n_rows: int) -> None:
        """Redis knows no bound; see `SessionStore.check_backlog`."""

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
                    keys.project_open(name.project),
                ],
                args=redis_documents.commit_arguments(change, self._ttl_ms),
            )
        if reply == b"missing":
            raise SessionNotFoundError(str(name))
        return Committed(reply.decode())

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
        others = [one for one in key.all() if one not in (key.state, key.jobs)]
        async with store_errors():
            there = await self._delete(
                keys=[
                    key.state,
                    keys.project_sessions(name.project),
                    keys.DUE,
                    keys.project_open(name.project),
                    keys.UNNAMED,
                    key.jobs,
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


def _parse_cursor(cursor: str) -> tuple[int | None, str]:
    if not cursor:
        return None, ""
    score, _, sid = cursor.partition(":")
    if not score.isdecimal() or sid.count("/") != 1:
        raise CursorInvalidError(f"not a cursor: {cursor!r}")
    return int(score), sid
