"""The latency benchmark holds every promise to its bound, and says when one breaks."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

RESULTS = Path(__file__).resolve().parents[3] / "benchmarks" / "results"
PROMISED = {
    "GetSession BASIC": ("p50", 2.5),
    "GetSession BASIC, CPU": ("cpu", 2.5),
    "SubmitFeedback": ("p50", 4.0),
    "worker commit to watching client": ("p50", 4.0),
    "propose commit to worker start": ("p50", 2.0),
    "propose commit to worker start, of a 1 s render": ("p50 in ms", 10.0),
    "GetImage of 512 KiB": ("p50", 1.5),
    "GetImage through the gateway": ("p50", 2.0),
    "fit and propose, 50 rounds": ("p95 in ms", 1000.0),
    "GetSession, 200 rounds to 5": ("p50", 1.25),
    "GetSession, 200 rounds to 5, CPU": ("cpu", 1.25),
    "GetSession, 200 rounds to 5, bytes": ("bytes", 1.05),
    "SubmitFeedback, 200 rounds to 5": ("p50", 1.25),
    "SubmitFeedback, 200 rounds to 5, bytes": ("bytes", 1.05),
    "ProposeRound beside the fit, 200 rounds to 5": ("p50", 1.5),
}


@pytest.fixture
def latency() -> Any:
    return importlib.import_module("latency")


@pytest.fixture
def figures(latency: Any) -> Any:
    """Everything takes a millisecond and a byte: every ratio is 1."""
    targets = latency.TARGETS
    names = {name for one in targets for name in (one.over, one.under) if name}
    return latency.Figures(
        seconds={name: [0.001] * 20 for name in names},
        cpu_s=dict.fromkeys(names, 0.001),
        reply_bytes=dict.fromkeys(names, 1),
    )


def test_every_promise_is_a_target_with_its_bound(latency: Any) -> None:
    targets = {one.name: (one.kind, one.bound) for one in latency.TARGETS}

    assert targets == PROMISED


def test_the_recorded_run_has_every_target_with_its_bound() -> None:
    document = json.loads((RESULTS / "latency.json").read_text())

    recorded = {one["name"]: (one["kind"], one["bound"]) for one in document["targets"]}

    assert recorded == PROMISED
    assert document["machine"]["cores"] >= 1
    assert document["commit"]
    assert document["seed"]
    for one in document["targets"]:
        assert one["holds"] is (one["value"] <= one["bound"])
        assert one["spread"] or one["kind"] != "p50"


def test_the_recorded_table_is_that_of_the_run(latency: Any) -> None:
    document = json.loads((RESULTS / "latency.json").read_text())

    assert (RESULTS / "latency.md").read_text() == latency.table_of(document)


def test_kept_promises_end_in_success(latency: Any, figures: Any) -> None:
    assert latency.status_of(latency.document_of(figures, 20)) == 0


@pytest.mark.parametrize("name", PROMISED)
def test_a_broken_promise_ends_in_failure(
    latency: Any, figures: Any, name: str
) -> None:
    (target,) = [one for one in latency.TARGETS if one.name == name]
    figures.seconds[target.over] = [9.0] * 20
    figures.cpu_s[target.over] = 9.0
    figures.reply_bytes[target.over] = 9

    document = latency.document_of(figures, 20)

    assert latency.status_of(document) == 1
    assert "**no**" in latency.table_of(document)


async def test_probes_are_taken_in_turn_and_the_first_do_not_count(
    latency: Any,
) -> None:
    measure = importlib.import_module("rig_measure")
    taken = {"one": 0, "other": 0}

    def probe(name: str) -> Any:
        async def take() -> float:
            taken[name] += 1
            return float(taken[name])

        return take

    found = await measure.interleaved({name: probe(name) for name in taken}, 3)

    assert found == {"one": [4.0, 5.0, 6.0], "other": [4.0, 5.0, 6.0]}
