"""Supervision: order, restarts, giving up, stopping; with processes of one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from multibo.local.crew import Crew
from multibo.local.errors import (
    ProcessKeepsExitingError,
    ProcessNotReadyError,
    StackStoppedError,
)
from multibo.local.logs import LogFile
from multibo.local.processes import ProcessSpec
from tests.support.dummies import DEAF, a_process, has_written, is_running, until

Make = Callable[..., Crew]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(tmp_path: Path, said: list[str]) -> Iterator[Make]:
    """Makes crews and stops them after the test."""
    crews: list[Crew] = []

    def build(*stages: list[ProcessSpec]) -> Crew:
        crew = Crew(
            stages,
            log_of=lambda name: LogFile(tmp_path / f"{name}.log"),
            report=said.append,
        )
        crews.append(crew)
        return crew

    yield build
    for crew in crews:
        crew.request_stop(hurry=True)
        crew.stop()


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


def test_processes_stop_in_the_order_of_their_ranks(make: Make, tmp_path: Path) -> None:
    order = tmp_path / "order"

    def farewell(name: str) -> str:
        return f"""
            import signal, sys, time
            def end(*_):
                time.sleep(.1)
                open({str(order)!r}, 'a').write({name!r})
                sys.exit(0)
            signal.signal(signal.SIGTERM, end)
            print('up', flush=True)
            time.sleep(60)
            """

    def up(name: str) -> Callable[[], bool]:
        return lambda: has_written(tmp_path / f"{name}.log", "up")

    crew = make(
        [a_process("r", farewell("r"), stop_rank=3, is_ready=up("r"))],
        [a_process("o", farewell("o"), stop_rank=1, is_ready=up("o"))],
        [a_process("w", farewell("w"), stop_rank=2, is_ready=up("w"))],
        [a_process("g", farewell("g"), stop_rank=0, is_ready=up("g"))],
    )
    crew.start()

    crew.stop()

    assert order.read_text() == "gowr"


def test_a_process_deaf_to_sigterm_is_killed_after_its_patience(
    make: Make, said: list[str], tmp_path: Path
) -> None:
    deaf = a_process(
        "deaf",
        DEAF,
        is_ready=lambda: has_written(tmp_path / "deaf.log", "up"),
        stop_within_s=0.3,
    )
    crew = make([deaf])
    crew.start()
    pid = crew.pids()["deaf"]

    started_s = time.monotonic()
    crew.stop()

    assert 0.3 <= time.monotonic() - started_s < 2
    assert not is_running(pid)
    assert "deaf did not stop in time: killed" in said


def test_in_a_hurry_nobody_is_waited_for(make: Make, tmp_path: Path) -> None:
    deaf = a_process(
        "deaf",
        DEAF,
        is_ready=lambda: has_written(tmp_path / "deaf.log", "up"),
        stop_within_s=30,
    )
    crew = make([deaf])
    crew.start()

    started_s = time.monotonic()
    crew.request_stop(hurry=True)
    crew.stop()

    assert time.monotonic() - started_s < 2


def test_what_a_process_started_goes_down_with_it(make: Make, tmp_path: Path) -> None:
    pid_file = tmp_path / "grandchild"
    parent = a_process(
        "parent",
        f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-S", "-c",
                                  "import time; time.sleep(60)"])
        open({str(pid_file)!r}, 'w').write(str(child.pid))
        time.sleep(60)
        """,
        is_ready=lambda: pid_file.exists() and bool(pid_file.read_text()),
    )
    crew = make([parent])
    crew.start()

    crew.stop()

    until(lambda: not is_running(int(pid_file.read_text())))


def test_a_stop_during_the_start_ends_it(make: Make) -> None:
    crew = make([a_process("slow", is_ready=lambda: False, ready_within_s=60)])
    crew.request_stop()

    with pytest.raises(StackStoppedError):
        crew.start()

    assert crew.pids() == {}


ORPHANS = """
import sys, time
from pathlib import Path
from multibo.local.crew import Crew
from multibo.local.logs import LogFile
from tests.support.dummies import DEAF, a_process

GRANDCHILD = (
    "import subprocess, sys, time\\n"
    "c = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])"
    "\\nprint(c.pid, flush=True)\\ntime.sleep(60)"
)
folder = Path(sys.argv[1])
crew = Crew(
    [[a_process("deaf", DEAF)], [a_process("parent", GRANDCHILD)]],
    log_of=lambda name: LogFile(folder / f"{name}.log"),
    report=lambda line: None,
)
crew.start()
print(*crew.pids().values(), flush=True)
time.sleep(60)
"""


@pytest.mark.fault
def test_nothing_survives_a_kill_of_the_supervisor(tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", ORPHANS, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    pids = [int(pid) for pid in supervisor.stdout.readline().split()]
    grandchild = tmp_path / "parent.log"
    until(lambda: has_written(grandchild, "\n"))
    pids.append(int(grandchild.read_text()))
    assert len(pids) == 3
    assert all(is_running(pid) for pid in pids)

    supervisor.kill()
    supervisor.wait()

    until(lambda: not any(is_running(pid) for pid in pids), within_s=2)
    supervisor.stdout.close()
