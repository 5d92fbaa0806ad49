"""The load benchmark finds answers that are lost, doubled or nobody's."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from multibo.optimizer.adapters import redis_documents, redis_logs

RESULTS = Path(__file__).resolve().parents[3] / "benchmarks" / "results"
NAME = "projects/local/sessions/session-1"


@pytest.fixture
def load() -> Any:
    return importlib.import_module("load")


@pytest.fixture
def tally() -> Any:
    drivers = importlib.import_module("load_drivers")
    return drivers.Tally(sessions=[drivers.Given(NAME, ["a", "b"])])


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    yield client
    client.close()


def write_log(redis: Redis, *request_ids: str) -> None:
    lines = [{"kind": "feedback", "feedback": {"request_id": id}} for id in request_ids]
    lines.append({"kind": "finish", "feedback": None})
    redis.rpush("mbo:{local/session-1}:log", *map(json.dumps, lines))


@pytest.mark.redis
@pytest.mark.parametrize(
    ("logged", "wrong"),
    [
        (("a", "b"), {}),
        (("a",), {"answers_lost": 1}),
        (("a", "b", "b"), {"answers_doubled": 1}),
        (("a", "b", "c"), {"answers_nobody_gave": 1}),
    ],
)
def test_a_log_is_compared_with_what_was_answered(
    load: Any,
    tally: Any,
    redis: Redis,
    redis_url: str,
    logged: tuple[str, ...],
    wrong: dict[str, int],
) -> None:
    write_log(redis, *logged)

    found = load.compared(tally, redis_url)

    assert found.pop("answers") == 2
    assert {name: n for name, n in found.items() if n} == wrong
    assert load.status_of({"load": found}) == int(bool(wrong))


def test_memory_that_grows_ends_in_failure(load: Any) -> None:
    assert load.status_of({"memory": {"holds": False}}) == 1
    assert load.status_of({"memory": {"holds": True}}) == 0


def test_the_warm_up_fills_what_is_remembered_of_documents() -> None:
    memory = importlib.import_module("load_memory")

    # A session has one slate, and its log is read when its last entry is yet to come.
    assert memory.WARM_UP_SESSIONS > redis_documents.REMEMBERED
    assert memory.WARM_UP_SESSIONS * memory.LOGGED > redis_logs.KEPT


def test_the_parts_of_the_result_are_renewed_one_by_one(
    load: Any, tmp_path: Path
) -> None:
    part = {
        "calls": 8,
        "calls_of_warm_up": 2,
        "memory_bytes": [2**20, 2**20],
        "growth": 0.0,
        "bound": 0.05,
    }
    load.merged(tmp_path, "memory", part | {"calls": 7})

    document = load.merged(tmp_path, "memory", part)

    assert json.loads((tmp_path / "load.json").read_text()) == document
    assert document["memory"]["calls"] == 8
    assert "8 calls to one replica" in (tmp_path / "load.md").read_text()


def test_the_recorded_run_lost_nothing(load: Any) -> None:
    document = json.loads((RESULTS / "load.json").read_text())

    assert load.status_of({**document, "memory": {"holds": True}}) == 0
    assert document["load"]["sessions"] == 1000
    assert document["load"]["drivers"] == 100
    assert document["load"]["replicas"] == 2
    assert document["load"]["answers_sent_twice"] > 0
    assert (RESULTS / "load.md").read_text() == load.table_of(document)


def test_the_recorded_memory_is_of_the_whole_run_and_its_verdict_is_told() -> None:
    memory = json.loads((RESULTS / "load.json").read_text())["memory"]
    operations = (RESULTS.parents[1] / "docs" / "operations.md").read_text()

    assert memory["calls"] >= 100_000
    assert memory["holds"] is (memory["growth"] <= memory["bound"])
    assert memory["holds"] is ("%: missed)" not in operations)
