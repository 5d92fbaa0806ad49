"""What was learned, as plain values to draw: effects, a slice, the trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Answer, unit_points
from multibo.optimizer.preference.design import anchor_warp
from multibo.optimizer.preference.errors import InvalidRequestError
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.replay import TracePoint
from multibo.optimizer.preference.slate import ENGINE_VERSION

_N_POSITIONS: Final = 21
_BAND_SDS: Final = 1.6449
"""A normal distribution has 90 % of its mass within so many standard deviations."""


@dataclass(frozen=True, slots=True)
class AxisEffect:
    """Utility along one axis through the incumbent."""

    positions: tuple[float, ...]
    """Ascending, in `[-1, 1]`."""
    mean: tuple[float, ...]
    """Expected utility at each, in logits."""
    lower: tuple[float, ...]
    """Lower end of the 90 % band at each."""
    upper: tuple[float, ...]
    """Upper end of the 90 % band at each."""
    importance: float
    """Share of the variation of all effects; the shares sum to 1."""


@dataclass(frozen=True, slots=True)
class UtilitySlice:
    """Utility over two axes through the incumbent."""

    x_axis: int
    y_axis: int
    """The same as `x_axis` only if there is no other."""
    x: tuple[float, ...]
    """Places on the horizontal axis, ascending, in `[-1, 1]`."""
    y: tuple[float, ...]
    """Places on the vertical axis."""
    mean: tuple[float, ...]
    """Expected utility, row by row, one row per place of `y`."""
    sd: tuple[float, ...]
    """In the order of `mean`."""


@dataclass(frozen=True, slots=True)
class PreferenceMap:
    """What was learned."""

    axes: tuple[AxisEffect, ...]
    """In the order of the warp space."""
    slice: UtilitySlice
    trace: tuple[TracePoint, ...]
    """After each answer, oldest first."""
    degraded: str = ""
    """Reason, when the model was not asked."""
    engine_version: str = ENGINE_VERSION


def check_axes(dimension: int, x_axis: int | None, y_axis: int | None) -> None:
    """Refuse axes that span no slice.

    Args:
        dimension: `d`.
        x_axis: in `[0, d)`, or None.
        y_axis: another one, or None.

    Raises:
        InvalidRequestError: if one does not exist, or both are the same.
    """
    for axis in (x_axis, y_axis):
        if axis is not None and not 0 <= axis < dimension:
            raise InvalidRequestError(f"there is no axis {axis} of {dimension}")
    if x_axis is not None and x_axis == y_axis and dimension > 1:
        raise InvalidRequestError("a slice has two different axes")


def map_of(
    portfolio: Portfolio,
    trace: tuple[TracePoint, ...],
    x_axis: int | None,
    y_axis: int | None,
) -> PreferenceMap:
    """Return what was learned.

    Args:
        portfolio: of the history.
        trace: of the same history, the incumbent last.
        x_axis: of the slice; None for the most important one.
        y_axis: of the slice; None for the most important other one.
    """
    incumbent = unit_points([trace[-1].warp])[0]
    effects = _effects(portfolio, incumbent)
    x, y = _slice_axes([effect.importance for effect in effects], x_axis, y_axis)
    return PreferenceMap(effects, _slice(portfolio, incumbent, x, y), trace)


def flat_map(
    dimension: int,
    history: tuple[Answer, ...],
    x_axis: int | None,
    y_axis: int | None,
    *,
    degraded: str = "",
) -> PreferenceMap:
    """Return the map of knowing nothing.

    Args:
        dimension: `d`.
        history: judged slates, oldest first.
        x_axis: of the slice; None for the first.
        y_axis: of the slice; None for the first other one.
        degraded: reason, when a model should have been asked.
    """
    places, n_places = _places(), _N_POSITIONS
    zeros, share = (0.0,) * n_places, 1.0 / dimension
    band = (_BAND_SDS,) * n_places
    effect = AxisEffect(places, zeros, tuple(-end for end in band), band, share)
    x, y = _slice_axes([share] * dimension, x_axis, y_axis)
    cells = n_places**2
    level = UtilitySlice(x, y, places, places, (0.0,) * cells, (1.0,) * cells)
    trace = tuple(
        TracePoint(anchor_warp(dimension, history[: n + 1]), 0.0, 1.0, 0.5)
        for n in range(len(history))
    )
    return PreferenceMap((effect,) * dimension, level, trace, degraded)


def _effects(portfolio: Portfolio, incumbent: Floats) -> tuple[AxisEffect, ...]:
    places = _places()
    curves = []
    for axis in range(portfolio.dimension):
        points = np.repeat(incumbent[None, :], len(places), axis=0)
        points[:, axis] = (np.array(places) + 1.0) / 2.0
        curves.append((portfolio.mean(points), np.sqrt(portfolio.variance(points))))
    variation = np.array([float(mean.var()) for mean, _ in curves])
    total = float(variation.sum())
    even = np.full(len(curves), 1.0 / len(curves))
    shares = variation / total if total > 0.0 else even
    return tuple(
        AxisEffect(
            places,
            _plain(mean),
            _plain(mean - _BAND_SDS * sd),
            _plain(mean + _BAND_SDS * sd),
            float(share),
        )
        for (mean, sd), share in zip(curves, shares, strict=True)
    )


def _slice_axes(
    importances: Sequence[float], x_axis: int | None, y_axis: int | None
) -> tuple[int, int]:
    order = sorted(range(len(importances)), key=lambda axis: -importances[axis])
    x = next((a for a in order if a != y_axis), 0) if x_axis is None else x_axis
    y = next((a for a in order if a != x), x) if y_axis is None else y_axis
    return x, y


def _slice(portfolio: Portfolio, incumbent: Floats, x: int, y: int) -> UtilitySlice:
    places = _places()
    across, up = np.meshgrid(places, places)
    points = np.repeat(incumbent[None, :], across.size, axis=0)
    points[:, y] = (up.ravel() + 1.0) / 2.0
    points[:, x] = (across.ravel() + 1.0) / 2.0
    mean, sd = portfolio.mean(points), np.sqrt(portfolio.variance(points))
    return UtilitySlice(x, y, places, places, _plain(mean), _plain(sd))


def _places() -> tuple[float, ...]:
    return _plain(np.linspace(-1.0, 1.0, _N_POSITIONS))


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
