"""`multibo up` itself: what it serves, what it survives, what it leaves."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from multibo.client import Project, connect
from multibo.client.discovery import read_endpoints
from multibo.client.types import (
    CandidateState,
)
from multibo.local.errors import StackAlreadyRunningError
from multibo.local.supervisor import Stack
from tests.support.dummies import is_running, until

pytestmark = pytest.mark.redis

COMMAND = (sys.executable, "-m", "multibo.local")
PROMPT = "comic portrait, brown long hair, light skin, blue background"


def test_the_page_and_its_health_are_served(stack: Stack) -> None:
    assert _fetch(f"{stack.endpoints.page}/healthz")[0] == 200
    status, body = _fetch(stack.endpoints.page)
    assert status == 200
    assert "<html" in body.lower()


def test_the_command_line_sees_the_same_sessions(
    stack: Stack, multibo: Project
) -> None:
    multibo.create_session(PROMPT, session_id="seen-by-both", rounds=1)

    listed = _command("sessions", "list", "--address", stack.endpoints.grpc)
    models = _command("models", "--address", stack.endpoints.grpc)

    assert "seen-by-both" in listed.stdout
    assert "READY" in models.stdout


def test_a_second_stack_on_the_same_directory_is_refused(stack: Stack) -> None:
    with (
        pytest.raises(StackAlreadyRunningError) as refused,
        Stack(state_dir=stack.logs.parent),
    ):
        pass

    assert refused.value.pid == os.getpid()
    assert _fetch(f"{stack.endpoints.page}/healthz")[0] == 200


@pytest.mark.fault
def test_a_killed_worker_comes_back_and_the_round_opens(
    stack: Stack, multibo: Project
) -> None:
    session = multibo.create_session(PROMPT, rounds=1, k=4, seed=13)
    round = session.propose(wait=False)

    os.kill(stack.pids()["worker"], signal.SIGKILL)

    round.wait_until_open(timeout_s=90)
    assert all(c.state is CandidateState.READY for c in round.candidates)


@pytest.mark.fault
def test_sessions_outlive_a_kill_of_the_supervisor_and_nothing_else_does(
    tmp_path: Path,
) -> None:
    first, page = _up(tmp_path)
    endpoints = read_endpoints(tmp_path)
    assert endpoints is not None
    assert endpoints.page == page
    with connect(endpoints.grpc) as multibo:
        session = multibo.create_session(PROMPT, rounds=2, k=2, seed=17)
        session.propose().choose(1)
    running = _descendants(first.pid)
    assert len(running) >= 5

    first.kill()
    first.communicate()

    until(lambda: not any(is_running(pid) for pid in running), within_s=2)
    second, page_again = _up(tmp_path)
    try:
        assert page_again == page
        with connect(endpoints.grpc) as multibo:
            resumed = multibo.session(session.name)
            assert resumed.info.n_feedbacks == 1
            assert resumed.propose().number == 1
    finally:
        second.send_signal(signal.SIGTERM)
        asked_s = time.monotonic()
        said, _ = second.communicate(timeout=20)
    assert second.returncode == 0
    assert said.endswith("stopped\n")
    assert time.monotonic() - asked_s <= 15
    assert read_endpoints(tmp_path) is None


def _up(state_dir: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [*COMMAND, "up", "--no-browser", "--state-dir", str(state_dir)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        found = re.match(r"page: (http://127\.0\.0\.1:\d+)$", line)
        if found:
            return process, found.group(1)
    raise AssertionError(f"multibo up ended with status {process.wait()}")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = task / "children"
        found += [int(child) for child in children.read_text().split()]
    return found + [below for child in found for below in _descendants(child)]


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )


def _fetch(url: str) -> tuple[int, str]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=10) as reply:
        return reply.status, reply.read().decode()
