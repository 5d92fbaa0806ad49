"""What one project may have at a time: sessions that go on, images it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from multibo.optimizer.app.errors import (
    BacklogFullError,
    QuotaExceededError,
    SessionNotFoundError,
)
from multibo.optimizer.app.ports import RenderFleet, SessionStore
from multibo.optimizer.app.values import Change, Committed, Content, Receipt
from multibo.optimizer.session.model import Session

_MIN_WAIT_MS: Final = 1_000
_MAX_WAIT_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Quota:
    """The share of every project."""

    sessions: int = 1_000
    """That are not finished."""
    rows: int = 256
    """That wait for the fleet or are being rendered."""


class ProjectLoad(Protocol):
    """How much a project has. May raise `StoreUnavailableError`."""

    async def sessions(self, project: str) -> int:
        """Return how many sessions are not finished.

        Args:
            project: whose.
        """
        ...

    async def rows(self, project: str) -> int:
        """Return how many rows have not ended.

        Args:
            project: whose.
        """
        ...


def within_quota(
    store: SessionStore, load: ProjectLoad, fleet: RenderFleet, quota: Quota
) -> SessionStore:
    """Return a store that refuses what exceeds a project's quota.

    At the store, because quotas come last of all checks: what replays or fails for
    another reason has been answered by then. Two calls at the same instant may both
    find the last place free.

    Args:
        store: where everything goes.
        load: counts what a project has.
        fleet: knows how long a row waits.
        quota: of every project.
    """
    return cast("SessionStore", _Rationed(store, load, fleet, quota))


class _Rationed:
    def __init__(
        self, store: SessionStore, load: ProjectLoad, fleet: RenderFleet, quota: Quota
    ) -> None:
        self._store = store
        self._load = load
        self._fleet = fleet
        self._quota = quota

    def __getattr__(self, name: str) -> Any:
        # Whatever needs no quota is the store's own.
        return getattr(self._store, name)

    async def create(
        self,
        session: Session,
        receipt: Receipt | None,
        content: Content | None = None,
    ) -> Session | None:
        project, limit = session.name.project, self._quota.sessions
        full = await self._load.sessions(project) >= limit
        # A name that is taken is answered by its holder; nothing is created.
        if full and not await self._exists(session):
            raise QuotaExceededError(project=project, limit=limit)
        return await self._store.create(session, receipt, content)

    async def _exists(self, session: Session) -> bool:
        try:
            await self._store.read(session.name)
        except SessionNotFoundError:
            return False
        return True

    async def check_backlog(self, session: Session, n_rows: int) -> None:
        project, limit = session.name.project, self._quota.rows
        if await self._load.rows(project) + n_rows <= limit:
            return
        ready = await self._fleet.readiness(session.spec.model)
        raise BacklogFullError(
            project=project,
            limit=limit,
            retry_after_ms=min(max(ready.wait_ms, _MIN_WAIT_MS), _MAX_WAIT_MS),
        )

    async def commit(self, change: Change) -> Committed:
        n_rows = len(change.jobs) + len(change.requeue)
        if n_rows:
            await self.check_backlog(change.after, n_rows)
        return await self._store.commit(change)
