"""The history as arrays: distinct points, and which of them each slate showed.

Quantized warp vectors become points of the unit box `[0, 1]^d` (the identity is
its center), because the length-scale prior is stated there. A vector shown more
than once, as the anchor is, is one point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multibo.optimizer.preference.arrays import Floats, Ints
from multibo.optimizer.preference.errors import InvalidRequestError
from multibo.warp.space import QUANTUM


@dataclass(frozen=True, slots=True)
class Answer:
    """One judged slate: what was shown and what the person picked."""

    shown: tuple[tuple[int, ...], ...]
    """Quantized warp vectors in display order; two or more."""
    chosen: int
    """Index into `shown`."""


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """A history in arrays; `n` slates of at most `k` slots over `m` points."""

    points: Floats
    """`m x d` distinct points of the unit box, in order of first appearance."""
    slates: Ints
    """`n x k` indices into `points`; an absent slot repeats index 0."""
    present: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    """`n x k`: whether the slot was shown (slates may differ in size)."""
    chosen: Ints
    """`n` slots, the one picked in each slate."""

    @property
    def n_points(self) -> int:
        """Number of distinct points shown so far."""
        return int(self.points.shape[0])


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
    k = max(len(row) for row in rows)
    slates = np.zeros((len(rows), k), dtype=np.int64)
    present = np.zeros((len(rows), k), dtype=np.bool_)
    for n, row in enumerate(rows):
        slates[n, : len(row)] = row
        present[n, : len(row)] = True
    chosen = np.array([answer.chosen for answer in history], dtype=np.int64)
    points = unit_points(list(index))
    return Choices(points=points, slates=slates, present=present, chosen=chosen)


def check_answer(dimension: int, answer: Answer) -> None:
    """Refuse an answer the model cannot mean anything by.

    Args:
        dimension: `d`, length of every warp vector.
        answer: the judged slate.

    Raises:
        InvalidRequestError: fewer than two vectors, a wrong length, a coordinate
            outside the box, or a choice of nothing shown.
    """
    if len(answer.shown) < 2:
        raise InvalidRequestError("a slate shows two or more warp vectors")
    if not 0 <= answer.chosen < len(answer.shown):
        raise InvalidRequestError(
            f"slot {answer.chosen} was chosen of {len(answer.shown)} shown"
        )
    for warp in answer.shown:
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
