"""The history as arrays: distinct points, and the contests its answers decided.

Quantized warp vectors become points of the unit box `[0, 1]^d` (the identity is
its center), because the length-scale prior is stated there. A vector shown more
than once, as the anchor is, is one point.

Every answer is one contest or more, each with one win to give (Plackett-Luce):

| Answer | Contests |
|---|---|
| CHOSEN | all shown; the chosen one wins |
| RANKING | all shown; the first wins, leaves, and the next contest is without it |
| TIE | all shown; those in the tie share the win evenly |
| NONE_OF_THESE | all shown; the outside option wins |

The outside option is what the person would rather have than any of these. It
enters the first contest of every answer, but only once it has won at least once:
about an option nobody ever used nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats, Ints
from multibo.optimizer.preference.errors import InvalidRequestError
from multibo.warp.space import QUANTUM


class AnswerKind(StrEnum):
    """What an answer says about the warp vectors it names."""

    CHOSEN = "chosen"
    """One is closest."""
    RANKING = "ranking"
    """The closest ones in order; the rest is worse."""
    TIE = "tie"
    """These are equally close, and no other is closer."""
    NONE_OF_THESE = "none_of_these"
    """None is near; it names none."""


_N_JUDGED: Final = {
    AnswerKind.CHOSEN: (1, 1),
    AnswerKind.RANKING: (2, None),
    AnswerKind.TIE: (2, None),
    AnswerKind.NONE_OF_THESE: (0, 0),
}
"""Least and largest number of warp vectors an answer names; None: all shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One judged slate: what was shown and what the person said."""

    shown: tuple[tuple[int, ...], ...]
    """Quantized warp vectors in display order; two or more, one for none of these."""
    kind: AnswerKind
    judged: tuple[int, ...]
    """Indices into `shown` of what the answer names; of a ranking, best first."""

    @property
    def closest(self) -> tuple[tuple[int, ...], ...]:
        """The warp vectors nothing shown is said to beat; several after a tie."""
        named = self.judged if self.kind is AnswerKind.TIE else self.judged[:1]
        return tuple(self.shown[index] for index in named)


def choice(shown: tuple[tuple[int, ...], ...], slot: int) -> Answer:
    """Return the answer that one of the warp vectors shown is closest.

    Args:
        shown: quantized warp vectors in display order.
        slot: index of the chosen one.
    """
    return Answer(shown, AnswerKind.CHOSEN, (slot,))


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """A history in arrays; `n` contests of at most `k` entrants over `m` points."""

    points: Floats
    """`m x d` distinct points of the unit box, in order of first appearance."""
    slates: Ints
    """`n x k` indices into the utilities: the points', then the outside option's;
    an absent entrant repeats index 0."""
    present: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    """`n x k`: whether there is an entrant (contests may differ in size)."""
    shares: Floats
    """`n x k` shares of the win; each row sums to 1."""
    n_answers: int
    """Answers the contests come from."""
    outside: bool = False
    """Whether the outside option takes part, as the last utility."""

    @property
    def n_points(self) -> int:
        """Number of distinct points shown so far."""
        return int(self.points.shape[0])

    @property
    def n_utilities(self) -> int:
        """Number of utilities the contests are about."""
        return self.n_points + int(self.outside)


def choices_of(dimension: int, history: Sequence[Answer]) -> Choices:
    """Return a history as arrays, its duplicate points merged.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first; one or more.

    Raises:
        InvalidRequestError: if an answer is not legal.
    """
    index: dict[tuple[int, ...], int] = {}
    rows = []
    for answer in history:
        check_answer(dimension, answer)
        rows.append([index.setdefault(warp, len(index)) for warp in answer.shown])
    outside = any(answer.kind is AnswerKind.NONE_OF_THESE for answer in history)
    contests = [
        contest
        for answer, row in zip(history, rows, strict=True)
        for contest in _contests(answer, row, [len(index)] if outside else [])
    ]
    k = max(len(contest.entrants) for contest in contests)
    slates = np.zeros((len(contests), k), dtype=np.int64)
    present = np.zeros((len(contests), k), dtype=np.bool_)
    shares = np.zeros((len(contests), k))
    for n, contest in enumerate(contests):
        slates[n, : len(contest.entrants)] = contest.entrants
        present[n, : len(contest.entrants)] = True
        shares[n, contest.winners] = 1.0 / len(contest.winners)
    points = unit_points(list(index))
    return Choices(points, slates, present, shares, len(history), outside)


def thinned(history: Sequence[Answer], n_answers: int) -> tuple[Answer, ...]:
    """Return an even sample of a history, its first and last answer included.

    Args:
        history: judged slates, oldest first.
        n_answers: how many to keep; two or more, at most all.
    """
    kept = np.linspace(0, len(history) - 1, n_answers).round().astype(int)
    return tuple(history[index] for index in kept)


@dataclass(frozen=True, slots=True)
class _Contest:
    entrants: list[int]
    """Indices into the utilities."""
    winners: list[int]
    """Indices into `entrants`."""


def _contests(answer: Answer, shown: list[int], outside: list[int]) -> list[_Contest]:
    """Return the contests an answer decided.

    Args:
        answer: the judged slate.
        shown: indices into the utilities of what it showed.
        outside: index of the outside option, if it takes part.
    """
    entrants = [*shown, *outside]
    if answer.kind is AnswerKind.NONE_OF_THESE:
        return [_Contest(entrants, [len(shown)])]
    if answer.kind is AnswerKind.TIE:
        return [_Contest(entrants, list(answer.judged))]
    contests = [_Contest(entrants, [answer.judged[0]])]
    left = list(range(len(shown)))
    for before, place in zip(answer.judged, answer.judged[1:], strict=False):
        left.remove(before)
        if len(left) > 1:  # the last one left has nobody to win against
            entrants = [shown[index] for index in left]
            contests.append(_Contest(entrants, [left.index(place)]))
    return contests


def check_answer(dimension: int, answer: Answer) -> None:
    """Refuse an answer the model cannot mean anything by.

    Args:
        dimension: `d`, length of every warp vector.
        answer: the judged slate.

    Raises:
        InvalidRequestError: too few vectors, a wrong length, a coordinate outside
            the box, or a judgment of nothing shown.
    """
    n_shown, judged = len(answer.shown), answer.judged
    least, largest = _N_JUDGED[answer.kind]
    if n_shown < (1 if answer.kind is AnswerKind.NONE_OF_THESE else 2):
        raise InvalidRequestError(f"{answer.kind} of {n_shown} warp vectors shown")
    if not least <= len(judged) <= (n_shown if largest is None else largest):
        raise InvalidRequestError(f"{answer.kind} names {len(judged)} warp vectors")
    if len(set(judged)) != len(judged) or any(
        not 0 <= index < n_shown for index in judged
    ):
        raise InvalidRequestError(f"{judged} are not different ones of {n_shown} shown")
    check_warps(dimension, answer.shown)


def check_warps(dimension: int, warps: tuple[tuple[int, ...], ...]) -> None:
    """Refuse what is not a warp vector.

    Args:
        dimension: `d`, length of every warp vector.
        warps: quantized warp vectors.

    Raises:
        InvalidRequestError: a wrong length, or a coordinate outside the box.
    """
    for warp in warps:
        if len(warp) != dimension:
            raise InvalidRequestError(
                f"a warp vector has {len(warp)} coordinates, expected {dimension}"
            )
        if max(map(abs, warp)) > QUANTUM:
            raise InvalidRequestError("a warp vector lies outside the box")


def unit_points(warps: Sequence[tuple[int, ...]]) -> Floats:
    """Return quantized warp vectors as `m x d` points of the unit box."""
    quantized = np.array(warps, dtype=np.float64)
    return (quantized / QUANTUM + 1.0) / 2.0


def quantized_warp(point: Floats) -> tuple[int, ...]:
    """Return the quantized warp vector nearest to a point of the unit box.

    Args:
        point: `d` coordinates; those outside the box are clipped to it.
    """
    scaled = np.rint((2.0 * np.clip(point, 0.0, 1.0) - 1.0) * QUANTUM)
    return tuple(int(q) for q in scaled)
