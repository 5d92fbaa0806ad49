"""The two lines of defense against orphans, each by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from multibo.local.guard import Guard
from multibo.local.tether import NOT_STARTED, PARENT_GONE, tethered
from tests.support.dummies import SLEEPER, is_running, until

pytestmark = pytest.mark.fault
linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="needs PR_SET_PDEATHSIG"
)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", SLEEPER],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    yield process
    process.kill()
    process.wait()


def test_the_guard_kills_what_it_watches_when_its_input_ends(
    sleeper: subprocess.Popen[bytes],
) -> None:
    guard = Guard()
    guard.watch(sleeper.pid)

    guard.close()

    assert sleeper.wait(5) == -signal.SIGKILL


def test_the_guard_leaves_alone_what_it_was_told_to_forget(
    sleeper: subprocess.Popen[bytes],
) -> None:
    guard = Guard()
    guard.watch(sleeper.pid)
    guard.forget(sleeper.pid)

    guard.close()

    assert sleeper.poll() is None


def test_the_guard_does_not_stop_with_ctrl_c_or_a_polite_signal(
    sleeper: subprocess.Popen[bytes],
) -> None:
    guard = Guard()
    guard.watch(sleeper.pid)
    until(lambda: _ignores(guard.pid, signal.SIGTERM))

    os.kill(guard.pid, signal.SIGINT)
    os.kill(guard.pid, signal.SIGTERM)

    assert is_running(guard.pid)
    guard.close()
    assert sleeper.wait(5) == -signal.SIGKILL


def test_a_new_guard_takes_over_from_a_killed_one(
    sleeper: subprocess.Popen[bytes],
) -> None:
    guard = Guard()
    guard.watch(sleeper.pid)
    killed = guard.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: not is_running(killed))

    guard.watch(sleeper.pid)

    assert guard.pid != killed
    guard.close()
    assert sleeper.wait(5) == -signal.SIGKILL


@linux_only
def test_a_tethered_program_dies_with_its_parent() -> None:
    command = tethered((sys.executable, "-S", "-c", SLEEPER))
    code = (
        "import subprocess, sys, time\n"
        f"c = subprocess.Popen([*{command[:4]!r}, str(__import__('os').getpid()), "
        f"*{command[5:]!r}], start_new_session=True, stdout=subprocess.PIPE)\n"
        "c.stdout.readline(); print(c.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    until(lambda: not is_running(child), within_s=2)


def test_a_tether_whose_parent_is_gone_starts_nothing() -> None:
    done = subprocess.run(
        [*tethered(())[:4], "1", sys.executable, "-c", "print('started')"],
        capture_output=True,
        check=False,
    )

    assert done.returncode == PARENT_GONE
    assert done.stdout == b""


def test_a_program_that_cannot_be_started_is_named() -> None:
    done = subprocess.run(
        tethered(("/no/such/program",)), capture_output=True, text=True, check=False
    )

    assert done.returncode == NOT_STARTED
    assert "cannot start /no/such/program" in done.stderr


def _ignores(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(line for line in status if line.startswith("SigIgn"))
    return bool(int(mask.split()[1], 16) & 1 << (number - 1))
