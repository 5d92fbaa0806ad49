"""What a figure shows, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from multibo.optimizer.preference.prediction import Prediction
from multibo.optimizer.preference.preference_map import PreferenceMap
from multibo.optimizer.preference.replay import TracePoint

MAX_BYTES: Final = 512 * 1024


class FigureKind(StrEnum):
    """What to show."""

    MAP = "map"
    """Axis effects and the slice."""
    TRACE = "trace"
    """The incumbent over the rounds."""
    SLATE = "slate"
    """The newest slate and what is expected of it."""


class FigureFormat(StrEnum):
    """The file format."""

    PNG = "png"
    SVG = "svg"

    @property
    def media_type(self) -> str:
        """Of a file of this format."""
        return "image/svg+xml" if self is FigureFormat.SVG else "image/png"


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """Axis effects, most important first, and the slice."""

    map: PreferenceMap
    axis_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TraceDrawing:
    """The incumbent over the rounds."""

    rounds: tuple[int, ...]
    """Numbers of the judged rounds, ascending."""
    trace: tuple[TracePoint, ...]
    """After each of them."""


@dataclass(frozen=True, slots=True)
class SlateDrawing:
    """A slate and what is expected of it."""

    round: int
    roles: tuple[str, ...]
    """Of the candidates, in slot order."""
    prediction: Prediction


Drawing = MapDrawing | TraceDrawing | SlateDrawing
