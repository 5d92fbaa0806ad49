"""Which start noise a session works with: chosen first, then searched from.

Other draws of a prompt differ more than anything a vector does to one of them. So the
first rounds of a session may show fresh seeds beside the one kept so far (casting).
The seed kept is the base the vectors then apply to, and the other seeds are the
directions in which their noise coordinates turn. A control candidate, a fresh seed
among the vectors' pictures, becomes the base when it is preferred.

Everything here is a function of spec and effective history, so that undo and redo
lead to where the session was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from multibo.jobs.spec import SEED_LIMIT, Turn
from multibo.optimizer.session.history import History, Judged
from multibo.optimizer.session.model import Candidate, FeedbackKind, SessionSpec

CAST: Final = "CAST"
"""Role of a fresh start noise while one is chosen."""
CONTROL: Final = "CONTROL"
"""Role of a fresh start noise among what vectors make of the base."""
_ANCHOR: Final = "ANCHOR"
_TIMES_KEPT: Final = 2
"""So often in a row the same seed is kept before casting ends."""


@dataclass(frozen=True, slots=True)
class Base:
    """What vectors apply to: at the identity, the picture of one start noise."""

    seed: int
    turns: tuple[Turn, ...] = ()
    directions: tuple[int, ...] = ()
    """Seeds that the noise coordinates turn toward, one each."""

    def has(self, candidate: Candidate) -> bool:
        """Say whether a candidate's vector applies to this base.

        Args:
            candidate: of any round.
        """
        return (
            self.seed == candidate.base_seed
            and self.turns == candidate.turns
            and self.directions == candidate.directions
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer as far as it is about candidates of the present base."""

    round: int
    shown: tuple[Candidate, ...]
    kind: FeedbackKind
    judged: tuple[int, ...]
    """Indices into `shown`."""


@dataclass(frozen=True, slots=True)
class Casting:
    """The next slate shows start noises."""

    base: Base
    """The seed kept so far."""


@dataclass(frozen=True, slots=True)
class Searching:
    """The next slate shows what vectors make of the base."""

    base: Base
    answers: tuple[Counted, ...]
    """What the preference model learns from, oldest first."""
    n_judged: int
    """Answers since casting ended, whatever their base."""


Stage = Casting | Searching


@dataclass(frozen=True, slots=True)
class Way:
    """The seeds a session has come by."""

    kept: int
    preferred: tuple[int, ...] = ()
    """Kept before, the latest first."""
    passed: tuple[int, ...] = ()
    """Shown and never preferred, the latest first."""

    def after(self, kept: int, shown: tuple[int, ...]) -> Way:
        """Return the way after an answer.

        Args:
            kept: the seed preferred.
            shown: all that were seen.
        """
        left = (self.kept,) if kept != self.kept else ()
        preferred = tuple(s for s in (*left, *self.preferred) if s != kept)
        known = {kept, *preferred}
        passed = dict.fromkeys((*shown, *self.passed))
        return Way(kept, preferred, tuple(seed for seed in passed if seed not in known))


def stage_of(spec: SessionSpec, history: History) -> Stage:
    """Return what a session's next slate is about.

    Args:
        spec: the session's.
        history: its effective answers.
    """
    way, n_cast, ended = _cast(spec, history.judged)
    if not ended:
        return Casting(Base(way.kept))
    base = Base(way.kept, (), directions_of(way, spec.n_noise))
    answers: list[Counted] = []
    searched = history.judged[n_cast:]
    for one in searched:
        preferred = _preferred(one, base)
        if preferred is not None and not base.has(preferred):
            way = way.after(preferred.base_seed, _seeds(one))
            base = Base(way.kept, (), directions_of(way, spec.n_noise))
            answers = []
        elif (counted := _restricted(one, base)) is not None:
            answers.append(counted)
    return Searching(base, tuple(answers), len(searched))


def _cast(spec: SessionSpec, judged: tuple[Judged, ...]) -> tuple[Way, int, bool]:
    """Return the way through casting, its judged rounds, and whether it has ended."""
    way, n_cast, n_kept = Way(spec.base_seed), 0, 0
    for one in judged[: spec.casting_rounds]:
        if n_kept == _TIMES_KEPT:
            break
        preferred = _preferred(one, Base(way.kept))
        kept = way.kept if preferred is None else preferred.base_seed
        n_kept = n_kept + 1 if preferred is not None and kept == way.kept else 0
        way = way.after(kept, _seeds(one))
        n_cast += 1
    return way, n_cast, n_cast >= spec.casting_rounds or n_kept == _TIMES_KEPT


def _preferred(one: Judged, base: Base) -> Candidate | None:
    """Return the candidate preferred; of a tie one of the base, if there is any."""
    named = [one.shown[index] for index in one.judged]
    if one.feedback.kind is FeedbackKind.TIE:
        named.sort(key=lambda candidate: not base.has(candidate))
    return named[0] if named else None


def _seeds(one: Judged) -> tuple[int, ...]:
    return tuple(candidate.base_seed for candidate in one.shown)


def _restricted(one: Judged, base: Base) -> Counted | None:
    """Return an answer without the candidates of other bases, if it still says one."""
    seen = one.shown
    places = [n for n, candidate in enumerate(seen) if base.has(candidate)]
    judged = tuple(places.index(n) for n in one.judged if n in places)
    shown = tuple(seen[n] for n in places)
    kind = one.feedback.kind
    if kind is FeedbackKind.NONE_OF_THESE:
        least = 1
    else:
        least = 2
        if len(judged) == 1:
            kind = FeedbackKind.CHOSEN
    if len(shown) < least:
        return None
    return Counted(one.slate.number, shown, kind, judged)


def directions_of(way: Way, n: int) -> tuple[int, ...]:
    """Return the seeds that noise coordinates turn toward.

    Those the person preferred on the way come first, then those that lost; fresh
    ones fill up.

    Args:
        way: the seeds so far.
        n: how many are needed.
    """
    known = (*way.preferred, *way.passed)[:n]
    fresh = _drawn(f"direction of {way.kept}", (way.kept, *known))
    return (*known, *(next(fresh) for _ in range(n - len(known))))


def cast_slate(
    spec: SessionSpec, stage: Casting, history: History, digest: str
) -> tuple[Candidate, ...]:
    """Return a slate of start noises: the one kept, and fresh ones.

    Args:
        spec: the session's.
        stage: what the slate is about.
        history: the session's.
        digest: of what was shown; decides the fresh seeds.
    """
    kept = stage.base.seed
    # Without anchors a session still shows its own seed once.
    seeds = [kept] if spec.anchor or not history.slates else []
    seeds += fresh_seeds(history, digest, spec.k - len(seeds))
    return tuple(
        fresh_candidate(
            spec, slot, seed, _ANCHOR if spec.anchor and seed == kept else CAST
        )
        for slot, seed in enumerate(seeds)
    )


def n_controls(spec: SessionSpec, stage: Searching) -> int:
    """Return how many candidates of the next slate are fresh seeds.

    Spread over the rounds so that their share is kept; one slot stays the model's.

    Args:
        spec: the session's.
        stage: what the slate is about.
    """
    before, after = (
        int(spec.control_share * spec.k * n)
        for n in (stage.n_judged, stage.n_judged + 1)
    )
    return min(after - before, spec.k - 1)


def fresh_seeds(history: History, digest: str, n: int) -> list[int]:
    """Return seeds for the next slate: others after every slate that was left.

    Args:
        history: the session's.
        digest: of what was shown.
        n: how many.
    """
    slates = history.slates
    shown = {c.base_seed for slate in slates for c in slate.candidates}
    drawn = _drawn(f"slate {len(slates)} of {digest}", tuple(shown))
    return [next(drawn) for _ in range(n)]


def fresh_candidate(spec: SessionSpec, slot: int, seed: int, role: str) -> Candidate:
    """Return the candidate that shows a start noise as it is.

    Args:
        spec: the session's.
        slot: its place in the slate.
        seed: of the noise.
        role: why it is shown.
    """
    identity = (0,) * spec.dimension
    return Candidate(slot, seed, identity, role, 0.0, 1.0, 1 / spec.k)


def _drawn(purpose: str, known: tuple[int, ...]) -> Iterator[int]:
    """Yield distinct seeds that are a function of the purpose, none of them known."""
    seen = set(known)
    for number in count():
        digest = hashlib.sha256(f"{purpose}, number {number}".encode()).digest()
        seed = int.from_bytes(digest[:8], "big") % SEED_LIMIT
        if seed not in seen:
            seen.add(seed)
            yield seed
