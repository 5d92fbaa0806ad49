"""Every Prometheus name of ours, and the meter that counts under it.

Names follow `multibo_<noun>_<unit>[_total]`; nobody else spells one. A `Meter`
owns its registry, so nothing is global and every test starts from zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from multibo.telemetry.errors import MetricMisusedError
from multibo.telemetry.metric import CALL_BUCKETS_S, WORK_BUCKETS_S
from multibo.telemetry.metric import Metric as Metric
from multibo.telemetry.metric import MetricKind as MetricKind

CALLS: Final = Metric(
    "multibo_calls_total",
    MetricKind.COUNTER,
    "Calls answered, by method and status code.",
    ("method", "code"),
)
CALL_DURATION: Final = Metric(
    "multibo_call_duration_seconds",
    MetricKind.HISTOGRAM,
    "Time from a call's arrival to its answer; streams are not counted.",
    ("method",),
    CALL_BUCKETS_S,
)
PROPOSE_DURATION: Final = Metric(
    "multibo_propose_duration_seconds",
    MetricKind.HISTOGRAM,
    "Time the preference engine took for one slate.",
    (),
    WORK_BUCKETS_S,
)
SLATES_DEGRADED: Final = Metric(
    "multibo_slates_degraded_total",
    MetricKind.COUNTER,
    "Slates served from the fallback design, by reason.",
    ("reason",),
)
SESSIONS_CREATED: Final = Metric(
    "multibo_sessions_created_total",
    MetricKind.COUNTER,
    "Sessions stored: created, forked or imported.",
)
ROUNDS_PROPOSED: Final = Metric(
    "multibo_rounds_proposed_total",
    MetricKind.COUNTER,
    "Rounds stored.",
)
FEEDBACK: Final = Metric(
    "multibo_feedback_total",
    MetricKind.COUNTER,
    "Feedback accepted, by kind.",
    ("kind",),
)
ROWS_RENDERED: Final = Metric(
    "multibo_rows_rendered_total",
    MetricKind.COUNTER,
    "Rows ended by this worker, by model and end state.",
    ("model", "state"),
)
BATCH_DURATION: Final = Metric(
    "multibo_batch_duration_seconds",
    MetricKind.HISTOGRAM,
    "Time of one denoised batch, decoding included; storing goes on beside it.",
    ("model",),
    WORK_BUCKETS_S,
)
WAIT_DURATION: Final = Metric(
    "multibo_wait_duration_seconds",
    MetricKind.HISTOGRAM,
    "Time from a row's request to its claim by a worker.",
    ("model",),
    WORK_BUCKETS_S,
)
ROWS_REPUBLISHED: Final = Metric(
    "multibo_rows_republished_total",
    MetricKind.COUNTER,
    "Rows whose wake-up was lost or whose worker went away.",
)
ROWS_WAITING: Final = Metric(
    "multibo_rows_waiting",
    MetricKind.GAUGE,
    "Rows that wait for a worker, by model; every optimizer counts all of them.",
    ("model",),
)
WORKERS_READY: Final = Metric(
    "multibo_workers_ready",
    MetricKind.GAUGE,
    "Workers that render a model; every optimizer counts all of them.",
    ("model",),
)
WAIT_ESTIMATE: Final = Metric(
    "multibo_wait_estimate_seconds",
    MetricKind.GAUGE,
    "Estimated wait of a row queued now, by model: what to scale the fleet by.",
    ("model",),
)
IMAGES_SWEPT: Final = Metric(
    "multibo_images_swept_total",
    MetricKind.COUNTER,
    "Stored images deleted because no session names them any more.",
)
IMAGES_SWEPT_BYTES: Final = Metric(
    "multibo_images_swept_bytes_total",
    MetricKind.COUNTER,
    "Bytes of the images deleted so.",
)
WORKER_READY: Final = Metric(
    "multibo_worker_ready",
    MetricKind.GAUGE,
    "1 once the golden render of every model loaded at the start has passed.",
)
CACHE_LOOKUPS: Final = Metric(
    "multibo_cache_lookups_total",
    MetricKind.COUNTER,
    "Lookups in the caches of this worker, by model, cache and result.",
    ("model", "cache", "result"),
)
MODELS_RESIDENT: Final = Metric(
    "multibo_models_resident",
    MetricKind.GAUGE,
    "Models that this worker has in memory.",
)
MODELS_MEMORY: Final = Metric(
    "multibo_models_memory_bytes",
    MetricKind.GAUGE,
    "What the weights of this worker take, evicted ones that live on included.",
)
MODEL_LOAD_DURATION: Final = Metric(
    "multibo_model_load_duration_seconds",
    MetricKind.HISTOGRAM,
    "Time to load a model and pass its golden render.",
    ("model",),
    WORK_BUCKETS_S,
)
MODEL_EVICTIONS: Final = Metric(
    "multibo_model_evictions_total",
    MetricKind.COUNTER,
    "Models that made room for others.",
    ("model",),
)

SPECULATIVE_SLATES: Final = Metric(
    "multibo_speculative_slates_total",
    MetricKind.COUNTER,
    "Slates asked of the engine, by whether they had been proposed ahead.",
    ("result",),
)
SPECULATIVE_IMAGES: Final = Metric(
    "multibo_speculative_images_total",
    MetricKind.COUNTER,
    "Images asked for ahead: shown at once (hit), too late, or wasted.",
    ("result",),
)
SPECULATIVE_ROWS: Final = Metric(
    "multibo_speculative_rows_total",
    MetricKind.COUNTER,
    "Rows begun ahead by this worker, by model and result: rendered or dropped.",
    ("model", "result"),
)

METRICS: Final = (
    CALLS,
    CALL_DURATION,
    PROPOSE_DURATION,
    SLATES_DEGRADED,
    SESSIONS_CREATED,
    ROUNDS_PROPOSED,
    FEEDBACK,
    ROWS_RENDERED,
    BATCH_DURATION,
    WAIT_DURATION,
    ROWS_REPUBLISHED,
    ROWS_WAITING,
    WORKERS_READY,
    WAIT_ESTIMATE,
    IMAGES_SWEPT,
    IMAGES_SWEPT_BYTES,
    WORKER_READY,
    CACHE_LOOKUPS,
    SPECULATIVE_SLATES,
    SPECULATIVE_IMAGES,
    SPECULATIVE_ROWS,
    MODELS_RESIDENT,
    MODELS_MEMORY,
    MODEL_LOAD_DURATION,
    MODEL_EVICTIONS,
)


class Meter:
    """The metrics of one process, all at zero. Safe to use from any thread."""

    def __init__(self, metrics: Iterable[Metric] = METRICS) -> None:
        self._registry = CollectorRegistry()
        self._collectors = {
            metric: _collector(metric, self._registry) for metric in metrics
        }
        # Two look-ups in every call: Prometheus' own are ten times slower.
        self._found: dict[tuple[object, ...], Counter | Gauge | Histogram] = {}

    def count(self, metric: Metric, amount: float = 1, **labels: str) -> None:
        """Add to a counter.

        Args:
            metric: a counter of the vocabulary.
            amount: how much, >= 0.
            labels: one value per label of the metric.

        Raises:
            MetricMisusedError: if it is no counter, or its labels are others.
        """
        collector = self._collector(metric, labels)
        if not isinstance(collector, Counter) or amount < 0:
            raise MetricMisusedError(f"{metric.name} cannot count {amount}")
        collector.inc(amount)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        """Set a gauge.

        Args:
            metric: a gauge of the vocabulary.
            value: its value from now on.
            labels: one value per label of the metric.

        Raises:
            MetricMisusedError: if it is no gauge, or its labels are others.
        """
        collector = self._collector(metric, labels)
        if not isinstance(collector, Gauge):
            raise MetricMisusedError(f"{metric.name} is a {metric.kind}, not a gauge")
        collector.set(value)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """Add an observation to a histogram.

        Args:
            metric: a histogram of the vocabulary.
            value: in the unit that ends the metric's name.
            labels: one value per label of the metric.

        Raises:
            MetricMisusedError: if it is no histogram, or its labels are others.
        """
        collector = self._collector(metric, labels)
        if not isinstance(collector, Histogram):
            raise MetricMisusedError(f"{metric.name} is a {metric.kind}")
        collector.observe(value)

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def _collector(
        self, metric: Metric, labels: dict[str, str]
    ) -> Counter | Gauge | Histogram:
        known = (metric.name, metric.kind, *labels.items())
        found = self._found.get(known)
        if found is None:
            found = self._found[known] = self._labeled(metric, labels)
        return found

    def _labeled(
        self, metric: Metric, labels: dict[str, str]
    ) -> Counter | Gauge | Histogram:
        if set(labels) != set(metric.labels):
            raise MetricMisusedError(f"{metric.name} has the labels {metric.labels}")
        try:
            collector = self._collectors[metric]
        except KeyError:
            raise MetricMisusedError(f"{metric.name} is not of this meter") from None
        return collector.labels(**labels) if labels else collector


def _collector(
    metric: Metric, registry: CollectorRegistry
) -> Counter | Gauge | Histogram:
    if metric.kind is MetricKind.HISTOGRAM:
        return Histogram(
            metric.name,
            metric.help,
            metric.labels,
            buckets=metric.buckets,
            registry=registry,
        )
    kind = Counter if metric.kind is MetricKind.COUNTER else Gauge
    return kind(metric.name, metric.help, metric.labels, registry=registry)
