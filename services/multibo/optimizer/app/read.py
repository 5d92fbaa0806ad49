"""Reads: sessions, rounds, models."""

from __future__ import annotations

from dataclasses import replace

from multibo.jobs.catalog import ModelSpec, SearchSpaceSpec
from multibo.jobs.job import JobState
from multibo.optimizer.app import create
from multibo.optimizer.app.errors import RoundNotFoundError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Page, Readiness, SessionView
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import Round, RoundState, Session


async def get_session(app: App, name: SessionName, *, full: bool) -> SessionView:
    """Return a session; `full` adds the newest round.

    Args:
        app: the ports.
        name: which.
        full: whether to read the newest round as well.

    Raises:
        SessionNotFoundError: if there is none.
    """
    session = await app.store.read(name)
    basic = create.view(app, session)
    if not full:
        return basic
    round = await newest_round(app, session)
    wait_ms = 0 if round is None else await wait_ms_of(app, round)
    return replace(basic, round=round, wait_ms=wait_ms)


async def newest_round(
    app: App, session: Session, *, without: frozenset[int] = frozenset()
) -> Round | None:
    """Return the current round, else the newest that is not obsolete.

    Args:
        app: the ports.
        session: whose.
        without: rounds that count as obsolete.
    """
    if session.current_round is not None:
        return await app.store.read_round(session.name, session.current_round)
    for number in range(session.next_round - 1, -1, -1):
        if number in without:
            continue
        try:
            round = await app.store.read_round(session.name, number)
        except RoundNotFoundError:  # a fork takes over the effective rounds alone
            continue
        if round.state is not RoundState.OBSOLETE:
            return round
    return None


async def wait_ms_of(app: App, round: Round) -> int:
    """Return how long until the queued pictures of a round; 0 if unknown.

    Args:
        app: the ports.
        round: as read.
    """
    queued = [job.spec.model for job in round.jobs if job.state is JobState.QUEUED]
    return (await app.fleet.readiness(queued[0])).wait_ms if queued else 0


async def list_sessions(app: App, project: str, *, limit: int, cursor: str) -> Page:
    """Return a page of a project's sessions, newest first.

    Args:
        app: the ports.
        project: whose.
        limit: page size, 1..200.
        cursor: of the page before, or "".

    Raises:
        CursorInvalidError: if the cursor is not ours.
    """
    return await app.store.list_sessions(project, limit=limit, cursor=cursor)


async def get_round(app: App, name: RoundName) -> Round:
    """Return a round with its candidates as they are now.

    Args:
        app: the ports.
        name: which.

    Raises:
        SessionNotFoundError: if the session is gone.
        RoundNotFoundError: if it has no such round.
    """
    return await app.store.read_round(name.session, name.number)


async def list_rounds(
    app: App,
    name: SessionName,
    *,
    after: int,
    limit: int,
    include_obsolete: bool = True,
) -> tuple[Round, ...]:
    """Return rounds with a number above `after`, in order.

    Args:
        app: the ports.
        name: the session.
        after: the last number already seen, or -1.
        limit: at most this many.
        include_obsolete: whether rounds after one reopened by undo are wanted.

    Raises:
        SessionNotFoundError: if the session is gone.
    """
    found: list[Round] = []
    while len(found) < limit:
        read = await app.store.read_rounds(name, after=after, limit=limit)
        if not read:
            break
        after = read[-1].slate.number
        found += [
            round
            for round in read
            if include_obsolete or round.state is not RoundState.OBSOLETE
        ]
    return tuple(found[:limit])


async def list_models(app: App) -> tuple[tuple[ModelSpec, Readiness], ...]:
    """Return every model of the catalog with how it stands in the fleet."""
    return tuple(
        [
            (model, await app.fleet.readiness(model.name))
            for model in app.catalog.models.values()
        ]
    )


async def get_warp_space(app: App, model: str, name: str) -> SearchSpaceSpec:
    """Return a space that sessions of a model may search.

    Args:
        app: the ports.
        model: a catalog name.
        name: `family@revision`; "" is the model's default.

    Raises:
        UnknownModelError: if the catalog has no such model.
        UnknownWarpSpaceError: if the model has no such warp space.
    """
    return app.catalog.model(model).search_space(name)
