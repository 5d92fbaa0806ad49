"""A slate and the answer expected to it."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from multibo.optimizer.app.drawings import SlateDrawing

_COLOR: Final = "#2b6cb0"
_OUTSIDE_COLOR: Final = "#a0aec0"


def slate_figure(drawing: SlateDrawing) -> Figure:
    """Return a figure of the probability of each answer.

    Args:
        drawing: the slate and what is expected of it.
    """
    figure = Figure(figsize=(5.0, 3.5), layout="constrained")
    panel = figure.subplots()
    expected = drawing.prediction
    labels = [f"{slot}\n{role.lower()}" for slot, role in enumerate(drawing.roles)]
    heights, colors = list(expected.slots), [_COLOR] * len(expected.slots)
    if expected.none_of_these:
        labels.append("none")
        heights.append(expected.none_of_these)
        colors.append(_OUTSIDE_COLOR)
    bars = panel.bar(range(len(heights)), heights, color=colors)
    panel.bar_label(bars, [f"{100 * height:.0f} %" for height in heights])
    panel.axhline(1.0 / len(expected.slots), color="black", lw=0.8, ls=":")
    panel.set_xticks(range(len(heights)), labels)
    panel.set_ylim(0, 1.1 * max(heights))
    panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    panel.set_title(f"Expected answer to round {drawing.round}", fontsize="medium")
    return figure
