"""The incumbent's utility over the rounds."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from multibo.optimizer.app.drawings import TraceDrawing

_COLOR: Final = "#2b6cb0"
_BAND_SDS: Final = 1.6449


def trace_figure(drawing: TraceDrawing) -> Figure:
    """Return a figure of what was believed of the incumbent after each round.

    A dot marks a round after which the incumbent was another one.

    Args:
        drawing: rounds and trace, of equal length.
    """
    figure = Figure(figsize=(7.0, 3.5), layout="constrained")
    panel = figure.subplots()
    rounds = np.array(drawing.rounds)
    mean = np.array([point.utility_mean for point in drawing.trace])
    band = _BAND_SDS * np.array([point.utility_sd for point in drawing.trace])
    panel.fill_between(rounds, mean - band, mean + band, color=_COLOR, alpha=0.2, lw=0)
    panel.plot(rounds, mean, color=_COLOR)
    warps = [point.warp for point in drawing.trace]
    is_new = np.array(
        [not n or warp != warps[n - 1] for n, warp in enumerate(warps)], dtype=bool
    )
    panel.plot(rounds[is_new], mean[is_new], "o", color=_COLOR, label="new incumbent")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_xlabel("round")
    panel.set_ylabel("utility, 90 % band")
    panel.set_title("The incumbent over the rounds", fontsize="medium")
    panel.legend(frameon=False)
    return figure
