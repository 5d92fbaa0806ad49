"""Mean gain over images shown, a line per strategy, a panel per kind of task."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from multibo.evaluation.reach.report import JUDGE
from multibo.evaluation.reach.track import Track

_DPI: Final = 80
_PANEL_INCHES: Final = 3.4
_N_COLORS: Final = 10
"""Of the default cycle; further lines are dashed."""


def draw_curves(tracks: Sequence[Track], path: Path) -> None:
    """Write a picture of the judge's mean gain over the images shown.

    Args:
        tracks: of a study.
        path: of the picture; its ending decides the format.
    """
    kinds = sorted({track.kind for track in tracks})
    figure = Figure((_PANEL_INCHES * len(kinds), _PANEL_INCHES), layout="constrained")
    FigureCanvasAgg(figure)
    names = list(dict.fromkeys(track.strategy for track in tracks))
    for place, kind in enumerate(kinds):
        axes = figure.add_subplot(1, len(kinds), place + 1)
        _draw_kind(axes, [track for track in tracks if track.kind == kind], names)
        axes.set_title(f"{kind} tasks", fontsize=10)
        axes.set_xlabel("images shown")
        if place == 0:
            axes.set_ylabel(f"gain by {JUDGE}")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    columns = min(4, len(names))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    figure.savefig(path, dpi=_DPI)


def _draw_kind(axes: Axes, tracks: Sequence[Track], names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        mine = [track for track in tracks if track.strategy == name]
        counts = _common_counts(mine)
        means = [statistics.mean(_gains(mine, n_images)) for n_images in counts]
        style = "-" if place < _N_COLORS else "--"
        axes.plot(
            [0, *counts],
            [0.0, *means],
            label=name,
            color=f"C{place % _N_COLORS}",
            linestyle=style,
            linewidth=1.4,
        )
    axes.grid(visible=True, linewidth=0.3)
    axes.axhline(0, color="gray", linewidth=0.6)


def _gains(tracks: Sequence[Track], n_images: int) -> list[float]:
    gains = [track.gain(JUDGE, n_images) for track in tracks]
    return [gain for gain in gains if gain is not None]


def _common_counts(tracks: Sequence[Track]) -> list[int]:
    if not tracks:
        return []
    counts = [{entry.n_images for entry in track.checkpoints} for track in tracks]
    return sorted(set.intersection(*counts))
