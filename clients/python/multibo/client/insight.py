"""What the preference model has learned, as plain values; utilities are unit-free."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from multibo.client.types import ChoiceProbabilities, UtilityEstimate


class FigureKind(StrEnum):
    """What a figure shows."""

    MAP = "MAP"
    """Axis effects and the slice."""
    TRACE = "TRACE"
    """The incumbent over the rounds."""
    SLATE = "SLATE"
    """The newest slate and what is expected of it."""


class FigureFormat(StrEnum):
    """The file format of a figure."""

    PNG = "PNG"
    SVG = "SVG"


@dataclass(frozen=True, slots=True)
class StoppingAdvice:
    """Whether it is worth going on; the person decides."""

    stop: bool
    reason: str
    """The advice in words, for the person."""
    improvement_probability: float
    """That something clearly better than the incumbent exists."""
    consistency: float
    """How well the model agrees with the past answers, in [0, 1]; 1 is perfect."""
    engine_version: str
    degraded: str = ""
    """Why it is a fallback of the preference model; empty when it is none."""


@dataclass(frozen=True, slots=True)
class ChoicePrediction:
    """What the person will answer, and how good such predictions have been."""

    round: str
    probabilities: ChoiceProbabilities
    log_loss: float | None
    """In nats, mean over the judged rounds; None before the first."""
    uniform_log_loss: float
    """The same for a model that knows nothing."""
    temperature: float
    """Scale of the person's choice noise, > 0, in units of the rise in utility from a
    typical candidate to the best one."""
    lapse: float
    """Probability of an answer at random, as far as it was learned."""
    engine_version: str
    degraded: str = ""
    """Why it is a fallback of the preference model; empty when it is none."""


@dataclass(frozen=True, slots=True)
class AxisEffect:
    """Utility along one axis through the incumbent; one entry per position."""

    axis: str
    positions: tuple[float, ...]
    mean: tuple[float, ...]
    lower: tuple[float, ...]
    """Lower end of the 90 % band."""
    upper: tuple[float, ...]
    importance: float
    """Share of the utility's variation that the axis explains."""


@dataclass(frozen=True, slots=True)
class UtilitySlice:
    """Utility over two axes through the incumbent."""

    x_axis: str
    y_axis: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    mean: tuple[tuple[float, ...], ...]
    """One row per place of `y`."""
    sd: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class TracePoint:
    """The incumbent after one judged round."""

    round: int
    candidate: str
    """Name of the candidate."""
    estimate: UtilityEstimate


@dataclass(frozen=True, slots=True)
class PreferenceMap:
    """What was learned, ready to draw."""

    axes: tuple[AxisEffect, ...]
    slice: UtilitySlice
    trace: tuple[TracePoint, ...]
    """Oldest first."""
    engine_version: str
    degraded: str = ""
    """Why it is a fallback of the preference model; empty when it is none."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was learned, drawn."""

    data: bytes
    media_type: str
    engine_version: str
