"""Metrics: one vocabulary, one registry a meter, misuse refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from multibo.telemetry.errors import MetricMisusedError
from multibo.telemetry.metrics import (
    CALL_DURATION,
    CALLS,
    METRICS,
    ROWS_REPUBLISHED,
    WORKER_READY,
    Meter,
    Metric,
    MetricKind,
)


def value(meter: Meter, series: str) -> float:
    """The value of a series, spelled as Prometheus prints it."""
    for line in meter.exposition().decode().splitlines():
        if line.startswith(f"{series} "):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"no series {series}")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_name_follows_the_vocabulary(metric: Metric) -> None:
    assert re.fullmatch(r"multibo(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is MetricKind.COUNTER)
    assert metric.help.endswith(".")


def test_names_are_unique() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_only_a_histogram_has_buckets_and_they_ascend(metric: Metric) -> None:
    is_histogram = metric.kind is MetricKind.HISTOGRAM

    assert bool(metric.buckets) == is_histogram
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert is_histogram <= metric.name.endswith("_seconds")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_no_label_grows_without_bound(metric: Metric) -> None:
    assert not {"session", "round", "prompt", "request", "address"} & set(metric.labels)


def test_a_counter_adds_up_by_label() -> None:
    meter = Meter()

    meter.count(CALLS, method="GetSession", code="OK")
    meter.count(CALLS, 2, method="GetSession", code="OK")
    meter.count(CALLS, method="GetSession", code="NOT_FOUND")

    assert value(meter, 'multibo_calls_total{code="OK",method="GetSession"}') == 3
    assert (
        value(meter, 'multibo_calls_total{code="NOT_FOUND",method="GetSession"}') == 1
    )


def test_a_gauge_keeps_the_last_value() -> None:
    meter = Meter()

    meter.set(WORKER_READY, 1)
    meter.set(WORKER_READY, 0)

    assert value(meter, "multibo_worker_ready") == 0


def test_a_histogram_counts_into_its_buckets() -> None:
    meter = Meter()

    meter.observe(CALL_DURATION, 0.004, method="GetSession")

    name = "multibo_call_duration_seconds"
    assert value(meter, f'{name}_bucket{{le="0.0025",method="GetSession"}}') == 0
    assert value(meter, f'{name}_bucket{{le="0.005",method="GetSession"}}') == 1
    assert value(meter, f'{name}_sum{{method="GetSession"}}') == pytest.approx(0.004)


def test_two_meters_share_nothing() -> None:
    first, second = Meter(), Meter()

    first.count(ROWS_REPUBLISHED)

    assert value(second, "multibo_rows_republished_total") == 0


def test_threads_lose_no_count() -> None:
    meter = Meter()

    with ThreadPoolExecutor(8) as pool:
        for _ in range(400):
            pool.submit(meter.count, ROWS_REPUBLISHED)

    assert value(meter, "multibo_rows_republished_total") == 400


def test_labels_that_are_not_the_metrics_own_are_refused() -> None:
    meter = Meter()

    with pytest.raises(MetricMisusedError, match="labels"):
        meter.count(CALLS, method="GetSession")
    with pytest.raises(MetricMisusedError, match="labels"):
        meter.set(WORKER_READY, 1, model="avatars")


def test_the_wrong_kind_is_refused() -> None:
    meter = Meter()

    with pytest.raises(MetricMisusedError):
        meter.count(WORKER_READY)
    with pytest.raises(MetricMisusedError):
        meter.set(ROWS_REPUBLISHED, 1)
    with pytest.raises(MetricMisusedError):
        meter.observe(ROWS_REPUBLISHED, 1)


def test_a_counter_never_falls() -> None:
    meter = Meter()

    with pytest.raises(MetricMisusedError):
        meter.count(ROWS_REPUBLISHED, -1)

    assert value(meter, "multibo_rows_republished_total") == 0


def test_a_metric_outside_the_vocabulary_is_refused() -> None:
    meter = Meter(metrics=[CALLS])

    with pytest.raises(MetricMisusedError, match="not of this meter"):
        meter.count(ROWS_REPUBLISHED)
