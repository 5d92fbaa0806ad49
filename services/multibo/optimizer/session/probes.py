"""Questions asked again: an opt-in share of the rounds repeats an earlier slate.

How often the person answers alike says how consistent they are, whatever a model of
them explains.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from multibo.optimizer.session.casting import Counted, Searching
from multibo.optimizer.session.history import History
from multibo.optimizer.session.model import Candidate, FeedbackKind, SessionSpec

PROBE: Final = "PROBE"
"""Role of a candidate of a repeated slate."""

_Question = frozenset[tuple[int, ...]]


def probe_slate(
    spec: SessionSpec, stage: Searching, history: History
) -> tuple[Candidate, ...]:
    """Return the earlier slate to show again now; none in most rounds.

    The oldest whole slate that has not been repeated yet. Who asks for variety does
    not get it.

    Args:
        spec: the session's.
        stage: what the next slate is about.
        history: the session's.
    """
    n = stage.n_judged
    is_due = int(spec.probe_share * (n + 1)) > int(spec.probe_share * n)
    if not is_due or history.passed_over:
        return ()
    repeated = {one.round for one, _ in _pairs(stage)}
    for one in stage.answers:
        is_whole = len(one.shown) == spec.k and not _is_probe(one)
        if is_whole and one.round not in repeated:
            shown = sorted(one.shown, key=lambda candidate: candidate.slot)
            return tuple(_again(spec, candidate) for candidate in shown)
    return ()


def agreement(stage: Searching) -> float | None:
    """Return the share of repeated questions that were answered alike.

    Two answers are alike if something is closest in both, or nothing is near in both.

    Args:
        stage: of the session.

    Returns:
        A share in [0, 1]; None as long as nothing was repeated.
    """
    alike = [
        _closest(one, seen=again) & _closest(again, seen=again)
        or not _closest(one, seen=one) | _closest(again, seen=again)
        for one, again in _pairs(stage)
    ]
    return sum(map(bool, alike)) / len(alike) if alike else None


def _pairs(stage: Searching) -> list[tuple[Counted, Counted]]:
    """Return the answers to questions asked twice; unseen candidates do not matter."""
    first = [one for one in stage.answers if not _is_probe(one)]
    found = []
    for again in filter(_is_probe, stage.answers):
        question = _question(again)
        one = next((one for one in first if question <= _question(one)), None)
        if one is not None:
            found.append((one, again))
    return found


def _again(spec: SessionSpec, candidate: Candidate) -> Candidate:
    return replace(
        candidate,
        role=PROBE,
        utility_mean=0.0,
        utility_sd=1.0,
        win_probability=1 / spec.k,
    )


def _is_probe(one: Counted) -> bool:
    return one.shown[0].role == PROBE


def _question(one: Counted) -> _Question:
    return frozenset(candidate.warp for candidate in one.shown)


def _closest(one: Counted, *, seen: Counted) -> _Question:
    """Return what an answer says is closest, of the candidates another one saw."""
    is_tie = one.kind is FeedbackKind.TIE
    named = one.judged if is_tie else one.judged[:1]
    return frozenset(one.shown[index].warp for index in named) & _question(seen)
