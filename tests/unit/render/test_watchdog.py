from __future__ import annotations

import pytest

from multibo.render import watchdog
from multibo.render.watchdog import EXIT_HUNG, Watchdog
from tests.support.builders import a_render_spec


def test_a_batch_within_its_time_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    guard = Watchdog(end=ended.append)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 100.0)

    guard.guard([a_render_spec()])
    guard.check()
    guard.guard(None)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 10_000.0)
    guard.check()

    assert ended == []


def test_a_hanging_batch_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    guard = Watchdog(end=ended.append)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 100.0)
    guard.measured(40, 4.0)  # 0.1 s per row and step

    guard.guard([a_render_spec()] * 4)  # 30 s + 4 x 40 x 0.1 s
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 145.0)
    guard.check()
    assert ended == []
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 146.1)
    guard.check()

    assert ended == [EXIT_HUNG]
