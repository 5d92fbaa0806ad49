"""Work ahead while a person looks: the next slate for each answer they may give.

A slate is a pure function of spec and effective history, so what is computed for an
answer before it comes is, bit for bit, what is proposed once it has come. Whatever of
this is lost, late or not asked for costs time and changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from multibo.jobs.spec import RenderSpec
from multibo.jobs.speculation import SpeculativeRow
from multibo.optimizer.app import slates
from multibo.optimizer.app.errors import (
    RoundNotFoundError,
    SessionNotFoundError,
)
from multibo.optimizer.app.ports import Engine, RenderFleet, SessionStore
from multibo.optimizer.preference.slate import Proposal, ProposalRequest, Role
from multibo.optimizer.session import history, machine
from multibo.optimizer.session.errors import SessionError
from multibo.optimizer.session.ids import RoundName
from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    FeedbackKind,
    LogEntry,
    Round,
    RoundState,
    Session,
)
from multibo.optimizer.session.probes import PROBE

_SHOWN_BEFORE: Final = frozenset({Role.ANCHOR.value, PROBE})
"""Roles of candidates whose pictures are there."""


class Speculation(StrEnum):
    """How much is worked ahead."""

    OFF = "off"
    SLATES = "slates"
    """Vectors only: the engine's time is saved."""
    IMAGES = "images"
    """Their pictures, too."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What may be spent on work that may turn out useless."""

    speculation: Speculation = Speculation.IMAGES
    max_wait_ms: int = 1_000
    """No pictures are asked for ahead while those that somebody waits for take longer
    than this to be begun."""
    engine_timeout_s: float = 10.0


class Lookahead(Protocol):
    """Where work ahead is kept. Any method may raise `StoreUnavailableError`."""

    async def proposal(self, request: ProposalRequest) -> Proposal | None:
        """Return what was proposed ahead, or None.

        Args:
            request: that the engine would be asked.
        """
        ...

    async def keep_proposal(self, request: ProposalRequest, proposal: Proposal) -> None:
        """Keep what the engine answered to a request, for a while.

        Args:
            request: that it was asked.
            proposal: its answer.
        """
        ...

    async def push(self, session: Session, rows: Iterable[SpeculativeRow]) -> bool:
        """Have rows rendered when nobody waits for others; as many as a budget allows.

        Args:
            session: as read; rows asked for before are asked for as given now.
            rows: the likeliest first.

        Returns:
            Whether the session is still as read; if not, nothing was asked for.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ahead:
    """The parts that work ahead, and how hard."""

    store: SessionStore
    fleet: RenderFleet
    engine: Engine
    lookahead: Lookahead
    effort: Effort


@dataclass(frozen=True, slots=True)
class Branch:
    """The next slate after one answer."""

    slot: int
    """Of the candidate chosen."""
    probability: float
    """That this is the answer."""
    candidates: tuple[Candidate, ...]


async def speculate(ahead: Ahead, name: RoundName) -> int:
    """Work ahead on a round that somebody looks at, until they answer.

    Args:
        ahead: the parts.
        name: the round.

    Returns:
        For how many answers the next slate is known now.

    Raises:
        StoreUnavailableError: if the store is away.
    """
    try:
        session = await ahead.store.read(name.session)
        round = await ahead.store.read_round(name.session, name.number)
    except (SessionNotFoundError, RoundNotFoundError):
        return 0
    if session.current_round != name.number or round.state is not RoundState.OPEN:
        return 0
    may_render = await _may_render(ahead, session)
    rows: dict[RenderSpec, SpeculativeRow] = {}
    n_known = 0
    async for branch in _branches(ahead, session, round):
        n_known += 1
        if may_render:
            before = dict(rows)
            _add(rows, session, branch)
            ranked = sorted(rows.values(), key=lambda row: row.place)
            if rows != before and not await ahead.lookahead.push(session, ranked):
                break
    return n_known


async def _may_render(ahead: Ahead, session: Session) -> bool:
    if ahead.effort.speculation is not Speculation.IMAGES:
        return False
    ready = await ahead.fleet.readiness(session.spec.model)
    return ready.n_workers > 0 and ready.wait_ms <= ahead.effort.max_wait_ms


async def _branches(
    ahead: Ahead, session: Session, round: Round
) -> AsyncIterator[Branch]:
    """Yield the next slate for every answer, the likeliest first."""
    log, proposed = await ahead.store.read_log(session.name)
    for slot, probability in likely_answers(round):
        feedback = Feedback(FeedbackKind.CHOSEN, (slot,), tuple(sorted(round.ready)))
        try:
            after = machine.record_feedback(session, round, feedback, now_ms=0)
            machine.check_proposable(after)
        except SessionError:  # nothing comes after the last round
            return
        entry = LogEntry(history.FEEDBACK, 0, round.slate.number, feedback)
        plan = slates.plan_of(
            session.spec, history.fold((*log, entry), proposed), session.prior
        )
        proposal = await _proposal(ahead, plan.request)
        if plan.request is not None and proposal is None:
            continue
        candidates = slates.slate_of(session.spec, plan, proposal)
        yield Branch(slot, probability, candidates)
        if (await ahead.store.read(session.name)).rev != session.rev:
            return  # the answer is there


def likely_answers(round: Round) -> list[tuple[int, float]]:
    """Return the slots that may be chosen with their probabilities, likeliest first.

    Where nothing is known the anchor comes first: it is in slot 0.

    Args:
        round: that is open.
    """
    chances = {c.slot: c.win_probability for c in round.slate.candidates}
    seen = sum(chances[slot] for slot in round.ready) or 1.0
    found = [(slot, chances[slot] / seen) for slot in sorted(round.ready)]
    return sorted(found, key=lambda one: -one[1])


async def _proposal(ahead: Ahead, request: ProposalRequest | None) -> Proposal | None:
    """Return the engine's answer; None where it is not asked or cannot say."""
    if request is None:
        return None
    proposal = await ahead.lookahead.proposal(request)
    if proposal is None:
        timeout_s = ahead.effort.engine_timeout_s
        proposal = await ahead.engine.propose(request, timeout_s=timeout_s)
        if proposal.degraded:  # no function of the request: never to be kept
            return None
        await ahead.lookahead.keep_proposal(request, proposal)
    return proposal


def _add(
    rows: dict[RenderSpec, SpeculativeRow], session: Session, branch: Branch
) -> None:
    """Add what a branch shows for the first time."""
    for candidate in branch.candidates:
        if candidate.role in _SHOWN_BEFORE:
            continue
        spec = session.spec.render_spec(candidate)
        known = rows.get(spec, SpeculativeRow(spec, (), 0.0))
        rows[spec] = SpeculativeRow(
            spec, (*known.answers, branch.slot), known.probability + branch.probability
        )
