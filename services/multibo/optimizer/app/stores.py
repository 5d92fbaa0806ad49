"""Where sessions live and how their events are followed, as the use cases need it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from multibo.optimizer.app.values import (
    Change,
    Committed,
    Content,
    FeedEvent,
    Page,
    Receipt,
    RequestKey,
    Standing,
)
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import LogEntry, Round, Session, Slate


class SessionStore(Protocol):
    """Where sessions live. Any method may raise `StoreUnavailableError`."""

    async def create(
        self,
        session: Session,
        receipt: Receipt | None,
        content: Content | None = None,
    ) -> Session | None:
        """Store a new session unless its name is taken.

        Args:
            session: with rev 1.
            receipt: kept 24 h per project.
            content: rounds it starts with; none if not given.

        Returns:
            None when stored, else the session that holds the name.
        """
        ...

    async def read(self, name: SessionName) -> Session:
        """Return the session.

        Args:
            name: which.

        Raises:
            SessionNotFoundError: if there is none.
        """
        ...

    async def read_round(self, name: SessionName, number: int) -> Round:
        """Return a round with its jobs as they are now.

        Args:
            name: the session.
            number: the round.

        Raises:
            SessionNotFoundError: if there is no such session.
            RoundNotFoundError: if it has no such round.
        """
        ...

    async def read_standing(self, name: RoundName, key: RequestKey) -> Standing:
        """Return session, round and stored reply as they are at one moment.

        Args:
            name: the round that a command is about.
            key: the command.

        Raises:
            SessionNotFoundError: if there is no such session.
            RoundNotFoundError: if it has no such round.
            RequestIdConflictError: if the id came with other content.
        """
        ...

    async def read_rounds(
        self, name: SessionName, *, after: int, limit: int
    ) -> tuple[Round, ...]:
        """Return up to `limit` rounds with a number above `after`, in order."""
        ...

    async def read_log(
        self, name: SessionName
    ) -> tuple[tuple[LogEntry, ...], Mapping[int, Slate]]:
        """Return the log, oldest first, and the slates by round number."""
        ...

    async def check_backlog(self, session: Session, n_rows: int) -> None:
        """Refuse rows for which a project has no room; a store may know no bound.

        Asked before the work of choosing them, and again by `commit`.

        Args:
            session: that wants them.
            n_rows: how many.

        Raises:
            BacklogFullError: if the project waits for too many as it is.
        """
        ...

    async def commit(self, change: Change) -> Committed:
        """Write a change if the stored rev is still the one it was made from.

        Args:
            change: everything to write.

        Returns:
            DONE; CONTENDED if another command won; REPLAYED if the request id
            is known. Only DONE has written anything.

        Raises:
            SessionNotFoundError: if the session is gone.
        """
        ...

    async def replay(self, name: SessionName, key: RequestKey) -> bytes | None:
        """Return the stored reply of a command given before, or None.

        Args:
            name: the session.
            key: the command.

        Raises:
            RequestIdConflictError: if the id came with other content.
        """
        ...

    async def replay_create(self, project: str, key: RequestKey) -> bytes | None:
        """Return the stored reply of a creating command, or None.

        Args:
            project: the project.
            key: the command.

        Raises:
            RequestIdConflictError: if the id came with other content.
            SessionNotFoundError: if the session was deleted since, and the reply
                with it.
        """
        ...

    async def list_sessions(self, project: str, *, limit: int, cursor: str) -> Page:
        """Return sessions of a project, newest first.

        Args:
            project: whose.
            limit: at most this many.
            cursor: of the page before, or "".

        Raises:
            CursorInvalidError: if the cursor is not ours.
        """
        ...

    async def delete(self, name: SessionName) -> bool:
        """Remove everything of a session; return whether it was there."""
        ...

    async def secret(self) -> bytes:
        """Return 32 bytes shared by all replicas, made at first use."""
        ...

    async def ping(self) -> None:
        """Raise `StoreUnavailableError` if the store does not answer."""
        ...


class EventFeed(Protocol):
    """The event stream of a session."""

    async def head(self, name: SessionName) -> str:
        """Return the cursor behind the newest event."""
        ...

    async def keeps(self, name: SessionName, cursor: str) -> bool:
        """Return whether every event after `cursor` is still there."""
        ...

    async def n_after(self, name: SessionName, cursor: str, *, limit: int) -> int:
        """Return how many events come after a kept cursor; at most `limit`."""
        ...

    def follow(
        self, name: SessionName, cursor: str, *, idle_s: float, previews: bool = False
    ) -> AsyncIterator[FeedEvent | None]:
        """Yield events after `cursor` for ever; None when `idle_s` passed silently.

        Args:
            name: the session.
            cursor: of the last event seen.
            idle_s: longest silence.
            previews: whether workers are asked to show what they render.
        """
        ...
