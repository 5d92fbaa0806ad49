"""Faults built into a process of the tests: lost and doubled messages, bad rows.

`install` reads MULTIBO_TEST_MISCHIEF, JSON, one key per fault; a process without the
variable is as it is shipped.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from celery import Celery

from multibo.optimizer import server
from multibo.optimizer.adapters.celery_fleet import CeleryFleet
from multibo.render import keeping
from multibo.render.pipelines import Pipeline

VARIABLE: Final = "MULTIBO_TEST_MISCHIEF"
DOUBLED: Final = "doubled"
"""Each Celery message is sent so many times."""
MUTED: Final = "muted"
"""No command's message is sent; the reconciler's are."""
SLOW: Final = "slow"
"""Each denoising step takes so many seconds longer."""
STEPS: Final = "steps"
"""The file that says when which row was denoised."""
POISON: Final = "poison"
"""The file of the warp vectors that no batch survives."""


def install(environment: Mapping[str, str]) -> None:
    """Build the faults of an environment into this process."""
    for name, value in json.loads(environment.get(VARIABLE, "{}")).items():
        _INSTALL[name](value)


def _doubled(times: int) -> None:
    inner = Celery.send_task

    @functools.wraps(inner)
    def send(*args: Any, **named: Any) -> Any:
        return [inner(*args, **named) for _ in range(times)][-1]

    Celery.send_task = send


def _muted(_value: bool) -> None:
    class Muted(CeleryFleet):
        def __init__(self, fleet: CeleryFleet) -> None:
            self.__dict__.update(vars(fleet))

        def _publish(self, headers: dict[str, str], model: str, compat: str) -> None:
            return

    server.traced_fleet = lambda fleet, _tracing: Muted(fleet)  # type: ignore


def _slow(seconds: float) -> None:
    _around_steps(lambda _renewal, _step: time.sleep(seconds))


def _steps(path: str) -> None:
    file = Path(path)

    def note(renewal: Any, step: int) -> None:
        live = [
            work.claim.reference
            for at, work in enumerate(renewal._work)
            if at not in renewal._gone
        ]
        with file.open("a") as log:
            log.write(json.dumps([time.monotonic(), step, live]) + "\n")

    _around_steps(note)


def _around_steps(before: Callable[[Any, int], None]) -> None:
    inner = keeping.Renewal.step

    def step(self: Any, step: int, n_steps: int) -> frozenset[int]:
        before(self, step)
        return inner(self, step, n_steps)

    keeping.Renewal.step = step  # type: ignore


def _poison(path: str) -> None:
    inner, file = Pipeline.render_pixels, Path(path)

    def render_pixels(self: Any, rows: Sequence[Any], observer: Any = None) -> Any:
        bad = json.loads(file.read_text()) if file.exists() else []
        if any(list(row.warp) in bad for row in rows):
            raise RuntimeError("poisoned row")
        return inner(self, rows, observer)

    Pipeline.render_pixels = render_pixels  # type: ignore


_INSTALL: Final[dict[str, Callable[[Any], None]]] = {
    DOUBLED: _doubled,
    MUTED: _muted,
    SLOW: _slow,
    STEPS: _steps,
    POISON: _poison,
}
