"""A matplotlib figure as a file: the same bytes for the same drawing."""

from __future__ import annotations

import io
import threading
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from multibo.optimizer.app.drawings import (
    MAX_BYTES,
    Drawing,
    FigureFormat,
    MapDrawing,
    SlateDrawing,
    TraceDrawing,
)
from multibo.optimizer.figures.map import map_figure
from multibo.optimizer.figures.slate import slate_figure
from multibo.optimizer.figures.trace import trace_figure

_DPI: Final = 110
_STYLE: Final[dict[Any, Any]] = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    # Else the ids in an SVG differ from file to file.
    "svg.hashsalt": "multibo",
}
_STYLE_LOCK: Final = threading.Lock()
"""Matplotlib's parameters belong to the process."""


def file_of(drawing: Drawing, format: FigureFormat) -> bytes:
    """Return a drawing as a file.

    Args:
        drawing: what to show.
        format: of the file.

    Raises:
        ValueError: if the file is too large to be sent; no legal drawing is.
    """
    with _STYLE_LOCK, mpl.rc_context(_STYLE):
        data = _bytes(_figure(drawing), format)
    if len(data) > MAX_BYTES:
        raise ValueError(f"the figure has {len(data)} bytes")
    return data


def _figure(drawing: Drawing) -> Figure:
    match drawing:
        case MapDrawing():
            return map_figure(drawing)
        case TraceDrawing():
            return trace_figure(drawing)
        case SlateDrawing():
            return slate_figure(drawing)


def _bytes(figure: Figure, format: FigureFormat) -> bytes:
    out = io.BytesIO()
    if format is FigureFormat.SVG:
        FigureCanvasSVG(figure)
        figure.savefig(out, format="svg", metadata={"Date": None})
    else:
        FigureCanvasAgg(figure)
        figure.savefig(out, format="png", dpi=_DPI)
    return out.getvalue()
