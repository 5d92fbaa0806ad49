"""Where the person last saw a picture that the preference model speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from multibo.optimizer.session.casting import Counted
from multibo.optimizer.session.model import Candidate, SessionSpec, Slate


def last_shown(
    spec: SessionSpec, slates: Sequence[Slate], wanted: Candidate
) -> tuple[int, int] | None:
    """Return round and slot that last showed the picture of a candidate.

    Args:
        spec: the session's.
        slates: of its history, oldest first.
        wanted: the candidate; the start noise of a base is the same picture as the
            identity of the base.
    """
    picture = spec.render_spec(wanted)
    for slate in reversed(slates):
        for candidate in slate.candidates:
            place = (candidate.base_seed, candidate.warp)
            if place != (wanted.base_seed, wanted.warp):
                continue  # true of most, and found out in no time
            if spec.render_spec(candidate) == picture:
                return slate.number, candidate.slot
    return None


def last_answered(answers: Iterable[Counted], warp: tuple[int, ...]) -> tuple[int, int]:
    """Return round and slot of the answers that last showed a vector.

    Args:
        answers: about one base, oldest first; one of them showed it.
        warp: the vector.
    """
    found = [
        (one.round, candidate.slot)
        for one in answers
        for candidate in one.shown
        if candidate.warp == warp
    ]
    return found[-1]
