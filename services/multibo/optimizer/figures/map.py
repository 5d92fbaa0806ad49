"""Axis effects as small multiples, and utility over two axes."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from multibo.optimizer.app.drawings import MapDrawing
from multibo.optimizer.preference.preference_map import UtilitySlice

_MAX_EFFECTS: Final = 9
"""The most important ones; three rows of three stay legible."""
_COLUMNS: Final = 3
_COLOR: Final = "#2b6cb0"
_LEVELS: Final = 12


def map_figure(drawing: MapDrawing) -> Figure:
    """Return a figure of axis effects, most important first, and the slice.

    Args:
        drawing: the map and its axes' names.
    """
    figure = Figure(figsize=(10.0, 5.0), layout="constrained")
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1.2, 1.0))[0]
    effects = drawing.map.axes
    order = sorted(range(len(effects)), key=lambda axis: -effects[axis].importance)
    order = order[:_MAX_EFFECTS]
    n_rows = -(-len(order) // _COLUMNS)
    grid = left.subplots(n_rows, _COLUMNS, squeeze=False, sharex=True, sharey=True)
    for panel in grid.ravel()[len(order) :]:
        panel.set_axis_off()
    for panel, axis in zip(grid.ravel(), order, strict=False):
        _draw_effect(panel, drawing, axis)
    left.suptitle("Utility along each axis, 90 % band")
    _draw_slice(right.subplots(), drawing.map.slice, drawing.axis_names)
    if drawing.map.degraded:
        figure.suptitle(f"Fallback: {drawing.map.degraded}", color="firebrick")
    return figure


def _draw_effect(panel: Axes, drawing: MapDrawing, axis: int) -> None:
    effect = drawing.map.axes[axis]
    panel.fill_between(
        effect.positions, effect.lower, effect.upper, color=_COLOR, alpha=0.2, lw=0
    )
    panel.plot(effect.positions, effect.mean, color=_COLOR)
    name = drawing.axis_names[axis]
    panel.set_title(f"{name}  {100 * effect.importance:.0f} %", fontsize="medium")


def _draw_slice(panel: Axes, level: UtilitySlice, axis_names: tuple[str, ...]) -> None:
    mean = np.reshape(level.mean, (len(level.y), len(level.x)))
    # One color for a flat slice; contours need a difference.
    if np.ptp(mean) > 0:
        filled = panel.contourf(level.x, level.y, mean, levels=_LEVELS, cmap="viridis")
        panel.figure.colorbar(filled, ax=panel, label="expected utility")
    panel.set_xlim(-1, 1)
    panel.set_ylim(-1, 1)
    panel.set_xlabel(axis_names[level.x_axis])
    panel.set_ylabel(axis_names[level.y_axis])
    panel.set_title("Utility through the incumbent", fontsize="medium")
