"""Median regret over queries: a panel per problem and kind of person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from multibo.evaluation.preferences.bars import N_QUERIES, REGRET
from multibo.evaluation.preferences.people import PersonKind
from multibo.evaluation.preferences.rivals import ENTRANTS, OURS
from multibo.evaluation.preferences.runs import Run
from multibo.evaluation.preferences.summary import SMALLEST_REGRET, chosen
from multibo.evaluation.problems import PROBLEM_NAMES

_DPI: Final = 80
_PANEL_INCHES: Final = (2.3, 2.1)


def draw_curves(runs: Sequence[Run], path: Path) -> None:
    """Write a picture of the regrets.

    Args:
        runs: of a study; one or more.
        path: of the picture; its ending decides the format.
    """
    played = {run.cell.person for run in runs}
    persons = [person for person in PersonKind if person.value in played]
    played = {run.cell.problem for run in runs}
    problems = [name for name in PROBLEM_NAMES if name in played]
    width, height = _PANEL_INCHES
    size = (width * len(problems), height * len(persons) + 0.5)
    figure = Figure(size, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(persons), len(problems), squeeze=False, sharex=True)
    handles: dict[str, Artist] = {}
    for row, person in zip(panels, persons, strict=True):
        for axes, problem in zip(row, problems, strict=True):
            handles |= _draw_panel(axes, runs, person, problem)
        row[0].set_ylabel(f"regret, {person.value}")
    for axes, problem in zip(panels[0], problems, strict=True):
        axes.set_title(problem, fontsize=10)
    for axes in panels[-1]:
        axes.set_xlabel("queries", fontsize=8)
    figure.legend(
        list(handles.values()),
        [ENTRANTS[name].title for name in handles],
        loc="outside lower center",
        ncols=4,
        fontsize=8,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=_DPI)


def _draw_panel(
    axes: Axes, runs: Sequence[Run], person: PersonKind, problem: str
) -> dict[str, Artist]:
    """Draw a line per rival and return the lines by name."""
    handles: dict[str, Artist] = {}
    for place, name in enumerate(ENTRANTS):
        mine = chosen(runs, rival=name, person=person.value, problem=problem)
        if mine:
            counts, medians = median_curve(mine)
            width = 2.2 if name == OURS else 1.1
            (handles[name],) = axes.plot(
                counts, medians, color=f"C{place}", linewidth=width
            )
    bar = REGRET.get(person, {}).get(problem)
    if bar is not None:
        axes.plot([N_QUERIES], [bar], marker="_", color="black", markersize=10)
    axes.set_yscale("log")
    axes.grid(visible=True, linewidth=0.3)
    axes.tick_params(labelsize=7, which="both")
    return handles


def median_curve(runs: Sequence[Run]) -> tuple[list[int], list[float]]:
    """Return the numbers of queries and the median regret after each.

    Args:
        runs: of one place of the table, measured at the same numbers.
    """
    counts = [standing.n_queries for standing in runs[0].standings]
    medians = [
        float(np.median([run.after(count).predicted for run in runs]))
        for count in counts
    ]
    return counts, [max(median, SMALLEST_REGRET) for median in medians]
