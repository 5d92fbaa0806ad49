"""What a worker does after a turn, and which faults end its process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from celery.worker import state
from redis import Redis

from multibo.jobs import keys, queues
from multibo.jobs.queues import INTERACTIVE, RETRY
from multibo.render.errors import MemorySpentError, ModelTooLargeError
from multibo.render.settings import Settings
from multibo.render.worker import EXIT_MEMORY_SPENT, EXIT_SETUP_FAILED, Worker
from tests.support.fakes import CATALOG

COMPAT = "avatars:1:128x128:s4:cfg:flow-16@1"


@dataclass
class FakeApp:
    """Notes the messages that are sent."""

    priorities: list[int] = field(default_factory=list)

    def send_task(self, *_args: Any, priority: int, **_named: Any) -> None:
        self.priorities.append(priority)


@dataclass
class FakeDrain:
    """A turn that ends as the test says."""

    more: bool = False
    error: Exception | None = None

    def run(self, _compat_key: str, **_limits: float) -> bool:
        if self.error is not None:
            raise self.error
        return self.more


@pytest.fixture(autouse=True)
def no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "should_stop", None)


@pytest.fixture
def worker(redis_url: str, tmp_path: Path) -> Worker:
    return Worker(Settings(redis_url, tmp_path.as_uri(), CATALOG, process="w"))


def turn(worker: Worker, drain: FakeDrain) -> list[int]:
    """Take a turn; return the priorities of the messages sent after it."""
    app = FakeApp()
    worker._turn(app, drain, FakeDrain(), COMPAT)  # type: ignore[arg-type]
    return app.priorities


def test_a_turn_that_left_nothing_sends_nothing(worker: Worker) -> None:
    assert turn(worker, FakeDrain()) == []
    assert state.should_stop is None


def test_what_is_left_is_as_urgent_as_its_most_urgent_row(
    worker: Worker, redis_url: str
) -> None:
    client = Redis.from_url(redis_url)
    score = queues.row_rank(RETRY, 1)
    client.zadd(keys.rows(COMPAT), {"p/s/0/0": score})
    client.close()

    assert turn(worker, FakeDrain(more=True)) == [RETRY]


def test_memory_that_stays_taken_ends_the_process_and_leaves_the_rows_to_others(
    worker: Worker,
) -> None:
    spent = MemorySpentError(used_bytes=2, budget_bytes=1)

    assert turn(worker, FakeDrain(error=spent)) == [INTERACTIVE]
    assert state.should_stop == EXIT_MEMORY_SPENT
    assert not worker._is_ready()


def test_a_model_that_cannot_be_had_ends_the_process_for_the_operator(
    worker: Worker,
) -> None:
    too_large = ModelTooLargeError("avatars", n_bytes=2, budget_bytes=1)

    assert turn(worker, FakeDrain(error=too_large)) == []
    assert state.should_stop == EXIT_SETUP_FAILED
