"""What a metric is, before anybody counts under it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CALL_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)
"""Unary calls answer in milliseconds; one second is already an incident."""
WORK_BUCKETS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Proposals and renders: from a cached slate to a large model on a CPU."""


class MetricKind(StrEnum):
    """How a metric moves: only up, both ways, or as a distribution."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A name of the vocabulary."""

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    """Label names; never a session, a prompt or anything else without a bound."""
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, ascending."""
