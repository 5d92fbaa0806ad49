"""Crews that are stopped after the test, a user with nothing set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from multibo.client.loop import LoopThread
from multibo.local.crew import Crew
from multibo.local.logs import LogFile
from multibo.local.processes import ProcessSpec
from tests.support.scripted_optimizer import ScriptedOptimizer, serving

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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with nothing set up."""
    monkeypatch.delenv("MULTIBO_ADDRESS", raising=False)
    monkeypatch.delenv("MULTIBO_REDIS_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "multibo"


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedOptimizer]:
    optimizer = ScriptedOptimizer()
    loop = LoopThread()
    server = serving(optimizer)
    loop.run(server.__aenter__())
    monkeypatch.setenv("MULTIBO_ADDRESS", optimizer.address)
    yield optimizer
    loop.run(server.__aexit__(None, None, None))
    loop.close()
