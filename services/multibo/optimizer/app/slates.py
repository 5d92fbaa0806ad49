"""What the next slate is made of: a pure function of spec and effective history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from multibo.optimizer.preference.dataset import Answer, AnswerKind
from multibo.optimizer.preference.prediction import Prediction
from multibo.optimizer.preference.slate import (
    ENGINE_VERSION,
    Proposal,
    ProposalRequest,
    ProposedCandidate,
)
from multibo.optimizer.session import casting
from multibo.optimizer.session.casting import Base, Casting, Searching, Stage
from multibo.optimizer.session.history import History
from multibo.optimizer.session.model import Candidate, SessionSpec, Slate
from multibo.optimizer.session.probes import probe_slate

_SEED_DIGITS: Final = 15
"""Hexadecimal digits of the history's digest that seed a proposal: 60 bits."""
_MIN_ASKED: Final = 2
"""The engine proposes no fewer candidates."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A slate before the engine has been asked."""

    base: Base
    """What the engine's vectors apply to."""
    request: ProposalRequest | None
    """What the engine is asked; None if it has no say in the slate."""
    fresh: tuple[Candidate, ...]
    """The candidates it has no say in, the last slots of the slate."""


def plan_of(spec: SessionSpec, history: History, prior: tuple[float, ...] = ()) -> Plan:
    """Return what the next slate is made of.

    Args:
        spec: the session's.
        history: its effective answers.
        prior: the warm start it began with; empty for none.
    """
    stage = casting.stage_of(spec, history)
    if isinstance(stage, Casting):
        # Fresh seeds do not depend on the answers: most of a slate that casts can be
        # rendered while the person still looks at the one before.
        shown = history.shown_digest(spec)
        slate = casting.cast_slate(spec, stage, history, shown)
        return Plan(stage.base, None, slate)
    repeated = probe_slate(spec, stage, history)
    if repeated:
        return Plan(stage.base, None, repeated)
    n_fresh = casting.n_controls(spec, stage)
    shown = history.shown_digest(spec) if n_fresh else ""
    seeds = casting.fresh_seeds(history, shown, n_fresh)
    fresh = tuple(
        casting.fresh_candidate(spec, slot, seed, casting.CONTROL)
        for slot, seed in enumerate(seeds, start=spec.k - n_fresh)
    )
    digest = history.digest(spec, ENGINE_VERSION, prior)
    request = ProposalRequest(
        dimension=spec.dimension,
        k=max(spec.k - n_fresh, _MIN_ASKED),
        seed=int(digest[:_SEED_DIGITS], 16),
        history=answers(stage),
        anchor=spec.anchor,
        prior=prior,
        avoid=_passed_over(history, stage),
    )
    return Plan(stage.base, request, fresh)


def slate_of(
    spec: SessionSpec, plan: Plan, proposal: Proposal | None
) -> tuple[Candidate, ...]:
    """Return the candidates of a slate.

    Args:
        spec: the session's.
        plan: what the slate is made of.
        proposal: the engine's answer to the plan's request; None if there is none.
    """
    if proposal is None:
        return plan.fresh
    n_proposed = spec.k - len(plan.fresh)
    # Of the fresh ones nothing is known: each is as likely as the next.
    share = n_proposed / spec.k
    proposed = [
        replace(
            candidate_of(plan.base, slot, one),
            win_probability=share * one.win_probability,
        )
        for slot, one in enumerate(proposal.candidates[:n_proposed])
    ]
    return (*proposed, *plan.fresh)


def candidate_of(base: Base, slot: int, proposed: ProposedCandidate) -> Candidate:
    """Return what the engine proposed as a candidate of a base.

    Args:
        base: what its vector applies to.
        slot: its place in the slate.
        proposed: by the engine.
    """
    return Candidate(
        slot=slot,
        base_seed=base.seed,
        warp=proposed.warp,
        role=proposed.role,
        utility_mean=proposed.utility_mean,
        utility_sd=proposed.utility_sd,
        win_probability=proposed.win_probability,
        turns=base.turns,
        directions=base.directions,
    )


def whole(prediction: Prediction, slate: Slate, base: Base) -> Prediction:
    """Return a prediction about the candidates of a base as one about the slate.

    Of the others nothing is known: each is as likely as the next.

    Args:
        prediction: about the base's candidates, in slot order.
        slate: all of them.
        base: which are meant.
    """
    others = 1 / len(slate.candidates)
    known = [base.has(candidate) for candidate in slate.candidates]
    if all(known):
        return prediction
    share = sum(known) * others
    slots = iter(prediction.slots)
    return replace(
        prediction,
        slots=tuple(share * next(slots) if one else others for one in known),
        none_of_these=share * prediction.none_of_these,
    )


def answers(stage: Stage) -> tuple[Answer, ...]:
    """Return what the preference model learns from: nothing before the search.

    Args:
        stage: of the session.
    """
    if isinstance(stage, Casting):
        return ()
    return tuple(
        Answer(
            shown=tuple(candidate.warp for candidate in one.shown),
            kind=AnswerKind(one.kind.value),
            judged=one.judged,
        )
        for one in stage.answers
    )


def _passed_over(history: History, stage: Searching) -> tuple[tuple[int, ...], ...]:
    return tuple(
        candidate.warp
        for slate in history.passed_over
        for candidate in slate.candidates
        if stage.base.has(candidate)
    )
