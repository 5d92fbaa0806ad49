"""What the preference model learns from: a fold over the append-only log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Judged:
    """An effective answer with the slate it was given on."""

    slate: Slate
    feedback: Feedback

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
        """Every slate of it: those answered, then those passed over."""
        return (*[one.slate for one in self.answered], *self.passed_over)

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
            "spec": asdict(spec),
            "prior": prior,
            "engine": engine_version,
            "answers": [
                [
                    [[c.base_seed, *c.warp] for c in one.shown],
                    one.feedback.kind,
                    one.judged,
                ]
                for one in self.judged
            ],
            "passed_over": [
                [[c.base_seed, *c.warp] for c in slate.candidates]
                for slate in self.passed_over
            ],
        }
        data = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(data.encode()).hexdigest()


def fold(log: Iterable[LogEntry], slates: Mapping[int, Slate]) -> History:
    """Return the effective history.

    Feedback after an undo forgets what could have been redone.

    Args:
        log: the session's log, oldest first.
        slates: every slate the log names, by round number.
    """
    answered: list[Judged] = []
    undone: list[Judged] = []
    passed_over: list[Slate] = []
    for entry in log:
        if entry.kind == VARIETY and entry.round is not None:
            passed_over.append(slates[entry.round])
            continue
        if entry.kind == FEEDBACK and entry.feedback and entry.round is not None:
            answered.append(Judged(slates[entry.round], entry.feedback))
            undone.clear()
        elif entry.kind == UNDO:
            undone.append(answered.pop())
        elif entry.kind == REDO:
            answered.append(undone.pop())
        passed_over.clear()
    return History(tuple(answered), tuple(passed_over))
