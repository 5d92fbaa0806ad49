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
    guard.measured([a_render_spec()] * 4, 4.0)  # 0.1 s per row and step

    guard.guard([a_render_spec()] * 4)  # 30 s + 4 x 40 x 0.1 s
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 145.0)
    guard.check()
    assert ended == []
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 146.1)
    guard.check()

    assert ended == [EXIT_HUNG]


def test_a_slow_model_is_not_measured_by_a_fast_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[int] = []
    guard = Watchdog(end=ended.append)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 100.0)
    guard.measured([a_render_spec()], 0.01)

    guard.guard([a_render_spec(model="slow")])  # 30 s + 4 x 10 x 1 s
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 169.0)
    guard.check()

    assert ended == []


def test_of_many_compat_keys_those_measured_last_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[int] = []
    guard = Watchdog(end=ended.append)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 100.0)
    for width_px in range(8, 8 * 101, 8):
        guard.measured([a_render_spec(width_px=width_px)], 0.01)

    guard.guard([a_render_spec(width_px=8)])  # forgotten: 30 s + 4 x 10 x 1 s
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 169.0)
    guard.check()
    assert ended == []
    guard.guard([a_render_spec(width_px=800)])  # 30 s + 4 x 10 x 0.001 s
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 200.0)
    guard.check()

    assert ended == [EXIT_HUNG]


def test_waiting_for_the_store_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    guard = Watchdog(end=ended.append)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 100.0)

    guard.guard(())
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: 131.0)
    guard.check()

    assert ended == [EXIT_HUNG]
