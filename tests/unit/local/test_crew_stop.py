"""How a crew stops: in order, in time, and even when its supervisor is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from multibo.local.crew import Crew
from multibo.local.errors import (
    StackStoppedError,
)
from tests.support.dummies import DEAF, a_process, has_written, is_running, until

Make = Callable[..., Crew]


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
