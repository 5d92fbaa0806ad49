"""What the preference model learns from: a fold over the append-only log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    LogEntry,
    SessionSpec,
    Slate,
)

FEEDBACK: Final = "feedback"
UNDO: Final = "undo"
REDO: Final = "redo"
VARIETY: Final = "variety"
FINISH: Final = "finish"
_ADDED: Final = (
    "warp_family",
    "n_noise",
    "noise_angle",
    "casting_rounds",
    "control_share",
    "probe_share",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """An effective answer with the slate it was given on."""

    slate: Slate
    feedback: Feedback
    time_ms: int = 0
    """When it was given."""
    passed_over: tuple[Slate, ...] = ()
    """Slates left for variety between the answer before and this one."""

    @property
    def shown(self) -> tuple[Candidate, ...]:
        """The candidates the person saw, in display order."""
        return tuple(self.slate.candidates[slot] for slot in self.feedback.shown)

    @property
    def judged(self) -> tuple[int, ...]:
        """Indices into `shown` of the slots the feedback names."""
        shown = self.feedback.shown
        return tuple(shown.index(slot) for slot in self.feedback.slots)


@dataclass(frozen=True, slots=True)
class History:
    """The effective feedback of a session, oldest first."""

    answered: tuple[Judged, ...]
    """All of it, skips included."""
    passed_over: tuple[Slate, ...] = ()
    """Slates left for variety since the last answer; they train nothing."""

    @property
    def judged(self) -> tuple[Judged, ...]:
        """The answers that train."""
        return tuple(one for one in self.answered if one.feedback.trains)

    @property
    def slates(self) -> tuple[Slate, ...]:
        """Every slate of it, in the order in which they were left."""
        left = [
            slate for one in self.answered for slate in (*one.passed_over, one.slate)
        ]
        return (*left, *self.passed_over)

    def digest(
        self,
        spec: SessionSpec,
        engine_version: str,
        prior: tuple[float, ...] = (),
    ) -> str:
        """Return what a proposal is a function of, as 64 hexadecimal digits.

        Args:
            spec: the session's.
            engine_version: of the engine that will propose.
            prior: the session's.
        """
        document = {
            "spec": _told(spec),
            "prior": prior,
            "engine": engine_version,
            "answers": [
                [[_point(c) for c in one.shown], one.feedback.kind, one.judged]
                for one in self.judged
            ],
            "passed_over": [
                [_point(c) for c in slate.candidates] for slate in self.passed_over
            ],
        }
        return _sha256(document)

    def shown_digest(self, spec: SessionSpec) -> str:
        """Return what fresh seeds are a function of, as 64 hexadecimal digits.

        What was shown, not what was said of it: the seeds of the next slate are known
        before the answer is.

        Args:
            spec: the session's.
        """
        document = {
            "spec": _told(spec),
            "slates": [[_point(c) for c in one.candidates] for one in self.slates],
        }
        return _sha256(document)


def _sha256(document: dict[str, Any]) -> str:
    data = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(data.encode()).hexdigest()


def _told(spec: SessionSpec) -> dict[str, Any]:
    """Return a spec without what later versions added, where that is not used.

    So the sessions of earlier versions go on as they would have.
    """
    document = asdict(spec)
    for name in _ADDED:
        if not document[name]:
            del document[name]
    return document


def _point(candidate: Candidate) -> list[object]:
    point: list[object] = [candidate.base_seed, *candidate.warp]
    if candidate.turns or candidate.directions:
        turns = [asdict(turn) for turn in candidate.turns]
        point += [{"turns": turns, "directions": candidate.directions}]
    return point


def fold(log: Iterable[LogEntry], slates: Mapping[int, Slate]) -> History:
    """Return the effective history.

    Undo and redo are exact: what was passed over comes and goes with the answers.
    Feedback after an undo forgets what could have been redone.

    Args:
        log: the session's log, oldest first.
        slates: every slate the log names, by round number.
    """
    answered: list[Judged] = []
    undone: list[tuple[Judged, tuple[Slate, ...]]] = []
    passed_over: tuple[Slate, ...] = ()
    for entry in log:
        if entry.kind == VARIETY and entry.round is not None:
            passed_over = (*passed_over, slates[entry.round])
        elif entry.kind == FEEDBACK and entry.feedback and entry.round is not None:
            slate = slates[entry.round]
            given = Judged(slate, entry.feedback, entry.time_ms, passed_over)
            answered.append(given)
            undone.clear()
            passed_over = ()
        elif entry.kind == UNDO:
            taken = answered.pop()
            undone.append((taken, passed_over))
            passed_over = taken.passed_over
        elif entry.kind == REDO:
            taken, passed_over = undone.pop()
            answered.append(taken)
    return History(tuple(answered), passed_over)
