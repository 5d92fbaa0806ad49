"""Figures as files."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from multibo.optimizer.app.drawings import (
    MAX_BYTES,
    Drawing,
    FigureFormat,
    MapDrawing,
    SlateDrawing,
    TraceDrawing,
)
from multibo.optimizer.figures.file import file_of
from multibo.optimizer.figures.threaded import ThreadedFigures
from multibo.optimizer.preference import engine
from multibo.optimizer.preference.preference_map import flat_map
from multibo.optimizer.preference.replay import TracePoint
from tests.support.histories import a_mixed_history

DIMENSION = 16
HISTORY = a_mixed_history(DIMENSION, 12, seed=1)
NAMES = tuple(f"axis-{number}" for number in range(DIMENSION))
SLATE = ((0,) * DIMENSION, (1000,) * DIMENSION, (-1000,) * DIMENSION)
ROUNDS = tuple(range(200))
DRAWINGS: dict[str, Drawing] = {
    "map": MapDrawing(engine.preference_map(DIMENSION, HISTORY), NAMES),
    "flat map": MapDrawing(flat_map(DIMENSION, (), None, None, degraded="away"), NAMES),
    "map of one axis": MapDrawing(flat_map(1, (), None, None), ("only",)),
    "trace": TraceDrawing(
        ROUNDS, tuple(TracePoint((n // 7,), n / 20, 1.0, 0.5) for n in ROUNDS)
    ),
    "trace of one round": TraceDrawing((3,), (TracePoint((0,), 0.0, 1.0, 0.5),)),
    "slate": SlateDrawing(
        4,
        ("ANCHOR", "EXPLOIT", "EXPLORE"),
        engine.predict(DIMENSION, 3, HISTORY, SLATE),
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("format", FigureFormat)
def test_every_drawing_becomes_a_small_file(name: str, format: FigureFormat) -> None:
    data = file_of(DRAWINGS[name], format)

    assert len(data) <= MAX_BYTES
    if format is FigureFormat.PNG:
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
    else:
        assert ElementTree.fromstring(data).tag.endswith("svg")


@pytest.mark.parametrize("format", FigureFormat)
async def test_the_same_drawing_is_the_same_file(format: FigureFormat) -> None:
    files = {await ThreadedFigures().render(DRAWINGS["map"], format) for _ in range(2)}

    assert len(files) == 1


def test_a_fallback_says_so_in_the_drawing() -> None:
    assert b"Fallback: away" in file_of(DRAWINGS["flat map"], FigureFormat.SVG)


def test_words_of_a_name_are_words_in_the_drawing() -> None:
    hostile = MapDrawing(flat_map(1, (), None, None), ("$<&",))

    assert b"$&lt;&amp;" in file_of(hostile, FigureFormat.SVG)


def test_drawing_never_loads_pyplot_and_starting_never_loads_matplotlib() -> None:
    code = (
        "import sys, multibo.optimizer.figures.threaded;"
        "early = 'matplotlib' in sys.modules;"
        "import multibo.optimizer.figures.file;"
        "sys.exit(early or 'matplotlib.pyplot' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
