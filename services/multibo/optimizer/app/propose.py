"""Propose a round: the open one again, or K new candidates and their jobs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from multibo.jobs.job import RenderJob
from multibo.optimizer.app import slates
from multibo.optimizer.app.errors import CommitContendedError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Change, Committed
from multibo.optimizer.preference.slate import ENGINE_VERSION, Proposal
from multibo.optimizer.session import machine
from multibo.optimizer.session.history import History, fold
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import Round, RoundState, Session, Slate


@dataclass(frozen=True, slots=True)
class Draft:
    """A round that is proposed but not committed."""

    change: Change
    round: Round


async def propose_round(app: App, name: SessionName) -> Round:
    """Return the open round, or propose one and start rendering it.

    A FAILED round is left behind. Of two racing calls one wins; the other
    returns the winner's round.

    Args:
        app: the ports.
        name: the session.

    Raises:
        SessionNotFoundError: if there is none.
        SessionFinishedError: if it is read-only.
        BudgetSpentError: if no round or image is left.
        BacklogFullError: if the project waits for too many images as it is.
        CommitContendedError: if other commands kept winning.
    """
    for _ in range(app.limits.commit_tries):
        session = await app.store.read(name)
        current = await _current(app, session)
        if current is not None:
            return current
        machine.check_proposable(session)
        drafted = await draft(app, session)
        outcome = await app.store.commit(drafted.change)
        if outcome is Committed.DONE:
            await app.fleet.wake(name, drafted.change.jobs)
            return drafted.round
    raise CommitContendedError(str(name))


async def _current(app: App, session: Session) -> Round | None:
    if session.current_round is None:
        return None
    round = await app.store.read_round(session.name, session.current_round)
    return None if round.state is RoundState.FAILED else round


async def draft(
    app: App, session: Session, *, passed_over: tuple[Slate, ...] = ()
) -> Draft:
    """Return the next round of a session and the change that opens it.

    Args:
        app: the ports.
        session: as stored, without an open round.
        passed_over: slates left for variety by the very command this is for.

    Raises:
        BacklogFullError: if the project waits for too many images as it is.
    """
    # Before the fit: who has to wait anyway should not cost one.
    await app.store.check_backlog(session, session.spec.k)
    history = await read_history(app, session.name)
    history = replace(history, passed_over=(*history.passed_over, *passed_over))
    began_ms = app.clock.now_ms()
    plan = slates.plan_of(session.spec, history, session.prior)
    proposal = await _asked(app, plan)
    now_ms = app.clock.now_ms()
    slate = Slate(
        number=session.next_round,
        ordinal=session.n_judged,
        candidates=slates.slate_of(session.spec, plan, proposal),
        engine_version=proposal.engine_version if proposal else ENGINE_VERSION,
        degraded=proposal.degraded if proposal else "",
        propose_ms=max(0, now_ms - began_ms),
        create_time_ms=now_ms,
    )
    jobs = tuple(
        RenderJob(slate.number, c.slot, session.spec.render_spec(c))
        for c in slate.candidates
    )
    after = machine.open_round(session, slate)
    name = RoundName(session.name, slate.number)
    return Draft(Change(after, slate=slate, jobs=jobs), Round(name, slate, None, jobs))


async def _asked(app: App, plan: slates.Plan) -> Proposal | None:
    if plan.request is None:
        return None
    return await app.engine.propose(
        plan.request, timeout_s=app.limits.propose_timeout_s
    )


async def read_history(app: App, name: SessionName) -> History:
    """Return the effective history of a session."""
    log, slates = await app.store.read_log(name)
    return fold(log, slates)
