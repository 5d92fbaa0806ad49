"""What the preference model learns from: a fold over the append-only log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    LogEntry,
    SessionSpec,
    Slate,
)

FEEDBACK = "feedback"
FINISH = "finish"


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
    def choice(self) -> int:
        """Index into `shown` of what was chosen."""
        return self.feedback.shown.index(self.feedback.chosen)


@dataclass(frozen=True, slots=True)
class History:
    """The effective feedback of a session, oldest first."""

    judged: tuple[Judged, ...]

    def digest(self, spec: SessionSpec, engine_version: str) -> str:
        """Return what a proposal is a function of, as 64 hexadecimal digits.

        Args:
            spec: the session's.
            engine_version: of the engine that will propose.
        """
        document = {
            "spec": asdict(spec),
            "engine": engine_version,
            "answers": [
                [[c.base_seed, *c.warp] for c in judged.shown] + [[judged.choice]]
                for judged in self.judged
            ],
        }
        data = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(data.encode()).hexdigest()


def fold(log: Iterable[LogEntry], slates: Mapping[int, Slate]) -> History:
    """Return the effective history.

    Args:
        log: the session's log, oldest first.
        slates: every slate the log names, by round number.
    """
    return History(
        tuple(
            Judged(slates[entry.round], entry.feedback)
            for entry in log
            if entry.kind == FEEDBACK
            and entry.round is not None
            and entry.feedback is not None
        )
    )
