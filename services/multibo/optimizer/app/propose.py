"""Propose a round: the open one again, or K new candidates and their jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from multibo.jobs.job import RenderJob
from multibo.optimizer.app.errors import CommitContendedError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Change, Committed
from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.slate import (
    ENGINE_VERSION,
    Proposal,
    ProposalRequest,
)
from multibo.optimizer.session import machine
from multibo.optimizer.session.history import History, fold
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import (
    Candidate,
    Round,
    RoundState,
    Session,
    Slate,
)

_SEED_DIGITS: Final = 15
"""Hexadecimal digits of the history's digest that seed a proposal: 60 bits."""


@dataclass(frozen=True, slots=True)
class _Draft:
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
        CommitContendedError: if other commands kept winning.
    """
    for _ in range(app.limits.commit_tries):
        session = await app.store.read(name)
        current = await _current(app, session)
        if current is not None:
            return current
        machine.check_proposable(session)
        draft = await _draft(app, session)
        outcome = await app.store.commit(draft.change)
        if outcome is Committed.DONE:
            await app.fleet.wake(name, draft.change.jobs)
            return draft.round
    raise CommitContendedError(str(name))


async def _current(app: App, session: Session) -> Round | None:
    if session.current_round is None:
        return None
    round = await app.store.read_round(session.name, session.current_round)
    return None if round.state is RoundState.FAILED else round


async def _draft(app: App, session: Session) -> _Draft:
    history = await read_history(app, session.name)
    began_ms = app.clock.now_ms()
    proposal = await app.engine.propose(
        proposal_request(session, history), timeout_s=app.limits.propose_timeout_s
    )
    now_ms = app.clock.now_ms()
    slate = Slate(
        number=session.next_round,
        ordinal=len(session.effective),
        candidates=_candidates(session, proposal),
        engine_version=proposal.engine_version,
        degraded=proposal.degraded,
        propose_ms=max(0, now_ms - began_ms),
        create_time_ms=now_ms,
    )
    jobs = tuple(
        RenderJob(slate.number, c.slot, session.spec.render_spec(c.warp))
        for c in slate.candidates
    )
    after = machine.open_round(session, slate)
    name = RoundName(session.name, slate.number)
    return _Draft(Change(after, slate=slate, jobs=jobs), Round(name, slate, None, jobs))


async def read_history(app: App, name: SessionName) -> History:
    """Return the effective history of a session."""
    log, slates = await app.store.read_log(name)
    return fold(log, slates)


def answers(history: History) -> tuple[Answer, ...]:
    """Return the history as the preference model takes it."""
    return tuple(
        Answer(
            shown=tuple(candidate.warp for candidate in judged.shown),
            chosen=judged.choice,
        )
        for judged in history.judged
    )


def proposal_request(session: Session, history: History) -> ProposalRequest:
    """Return what the engine is asked: a pure function of spec and history."""
    digest = history.digest(session.spec, ENGINE_VERSION)
    return ProposalRequest(
        dimension=session.spec.dimension,
        k=session.spec.k,
        seed=int(digest[:_SEED_DIGITS], 16),
        history=answers(history),
        anchor=session.spec.anchor,
    )


def _candidates(session: Session, proposal: Proposal) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            slot=slot,
            base_seed=session.spec.base_seed,
            warp=proposed.warp,
            role=proposed.role,
            utility_mean=proposed.utility_mean,
            utility_sd=proposed.utility_sd,
            win_probability=proposed.win_probability,
        )
        for slot, proposed in enumerate(proposal.candidates)
    )
