"""Supervision: order, restarts, giving up, stopping; with processes of one line."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from multibo.local.crew import Crew
from multibo.local.errors import (
    ProcessKeepsExitingError,
    ProcessNotReadyError,
)
from multibo.local.processes import ProcessSpec
from tests.support.dummies import a_process, has_written, is_running, until

Make = Callable[..., Crew]


def test_a_stage_starts_only_when_the_one_before_is_ready(
    make: Make, tmp_path: Path
) -> None:
    order = tmp_path / "order"
    first = a_process(
        "first",
        f"import time; time.sleep(.3); open({str(order)!r}, 'a').write('1');"
        "time.sleep(60)",
        is_ready=lambda: has_written(order, "1"),
    )
    second = a_process(
        "second",
        f"open({str(order)!r}, 'a').write('2'); import time; time.sleep(60)",
        is_ready=lambda: has_written(order, "2"),
    )

    make([first], [second]).start()

    assert order.read_text() == "12"


def test_processes_of_one_stage_start_together(make: Make, tmp_path: Path) -> None:
    def both_wrote() -> bool:
        return all(has_written(tmp_path / f"{name}.log", "up") for name in "ab")

    crew = make(
        [a_process("a", is_ready=both_wrote), a_process("b", is_ready=both_wrote)]
    )
    crew.start()

    assert set(crew.pids()) == {"a", "b"}


def test_a_process_that_ends_at_its_start_fails_with_the_end_of_its_log(
    make: Make,
) -> None:
    crew = make(
        [a_process("lives")],
        [
            a_process(
                "broken",
                "print('no such file'); raise SystemExit(3)",
                is_ready=lambda: False,
            )
        ],
    )

    with pytest.raises(ProcessNotReadyError, match="status 3") as failure:
        crew.start()

    assert failure.value.tail == "no such file"
    assert crew.pids() == {}


def test_a_process_that_stays_silent_fails_after_its_deadline(
    make: Make,
) -> None:
    silent = a_process("silent", is_ready=lambda: False, ready_within_s=0.3)

    with pytest.raises(ProcessNotReadyError, match=r"not ready within 0\.3 s"):
        make([silent]).start()


def test_a_program_that_does_not_exist_fails_with_its_path(make: Make) -> None:
    missing = ProcessSpec(
        name="missing",
        command=("/no/such/program",),
        is_ready=lambda _pid: False,
        ready_within_s=5,
        stop_rank=0,
        stop_within_s=1,
    )

    with pytest.raises(ProcessNotReadyError, match="/no/such/program"):
        make([missing]).start()


def test_a_killed_process_is_started_again(make: Make, said: list[str]) -> None:
    crew = make([a_process("worker")])
    crew.start()
    first = crew.pids()["worker"]

    os.kill(first, signal.SIGKILL)
    until(lambda: crew.pids().get("worker", first) != first)

    assert any("worker ended with status -9" in line for line in said)
    assert not crew.wait(0)


def test_five_exits_stop_everything_with_the_reason(make: Make) -> None:
    crew = make(
        [a_process("steady")],
        [
            a_process(
                "flaky",
                "import time; time.sleep(.05); print('bad'); raise SystemExit(7)",
            )
        ],
    )
    crew.start()
    steady = crew.pids()["steady"]

    with pytest.raises(ProcessKeepsExitingError, match="flaky ended 5 times") as gone:
        crew.wait(15)

    assert gone.value.status == 7
    assert gone.value.tail.endswith("bad")
    assert not is_running(steady)
