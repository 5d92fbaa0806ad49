"""Rules and dashboard speak of metrics that exist, in expressions that parse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import promql_parser
import pytest
import yaml

from multibo.telemetry.metrics import METRICS, MetricKind
from tests.support.tree import ROOT

FOLDER: Final = ROOT / "deploy" / "observability"
RULES: Final = yaml.safe_load((FOLDER / "rules.yaml").read_text())
DASHBOARD: Final = json.loads((FOLDER / "dashboard.json").read_text())
LABELS_OF_PROMETHEUS: Final = {"le", "instance", "job"}


def expressions() -> Iterator[tuple[str, str]]:
    for group in RULES["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"].replace("$__rate_interval", "5m")
            yield f"{panel['title']} {target['refId']}", expression


def series() -> dict[str, set[str]]:
    """The labels of every series that Prometheus would store."""
    known = {}
    for metric in METRICS:
        labels = {*metric.labels, *LABELS_OF_PROMETHEUS}
        suffixes = [""]
        if metric.kind is MetricKind.HISTOGRAM:
            suffixes = ["_bucket", "_sum", "_count"]
        known |= {metric.name + suffix: labels for suffix in suffixes}
    return known


EXPRESSIONS: Final = dict(expressions())


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_parses_and_its_metrics_exist(expression: str) -> None:
    promql_parser.parse(expression)
    named = set(re.findall(r"\bmultibo_\w+", expression))

    assert named
    assert named <= set(series())


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_groups_and_selects_by_labels_that_exist(expression: str) -> None:
    named = {
        label.strip()
        for group in re.findall(r"\bby \(([^)]*)\)", expression)
        for label in group.split(",")
    }
    named |= set(re.findall(r"(\w+)\s*(?:=~|!=|=)\s*\"", expression))
    known = series()
    offered = set.union(*(known[m] for m in re.findall(r"\bmultibo_\w+", expression)))

    assert named <= offered


def test_every_metric_of_ours_is_on_the_dashboard_or_in_a_rule() -> None:
    shown = " ".join(EXPRESSIONS.values())

    assert [metric.name for metric in METRICS if metric.name not in shown] == []


def test_an_alert_says_what_and_how_bad() -> None:
    alerts: list[dict[str, Any]] = [
        rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule
    ]
    handbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    for alert in alerts:
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"]["summary"]
        assert alert["alert"] in handbook
    assert len({alert["alert"] for alert in alerts}) == len(alerts) >= 8


def test_no_two_panels_lie_on_each_other() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(
            panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"]
        )
        for y in range(
            panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"]
        )
    ]

    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(
        DASHBOARD["panels"]
    )
