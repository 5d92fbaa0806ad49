"""Real processes that start at once: forked from one that has everything imported.

`python -m tests.support.lives` is the parent of them all. It reads an order a line,
forks, lets the child become an optimizer or a worker as its `__main__` would, and says
which child has ended how. Its own end, by a closed pipe, is the end of all.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import json
import os
import select
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from multibo.local.tether import PR_SET_PDEATHSIG
from tests.support import doom
from tests.support.doom import Sentence
from tests.support.tree import ROOT

MAINS: Final = {
    doom.OPTIMIZER: "multibo.optimizer.__main__",
    doom.WORKER: "multibo.render.__main__",
}
PRELOADED: Final = (
    *(
        "multibo.optimizer.server",
        "multibo.render.worker",
        "tests.support.digest_engine",
        "tests.support.mischief",
    ),
    *("diffusers", "transformers", "celery.worker", "celery.apps.worker"),
    *("celery.concurrency.thread", "kombu.transport.redis", "uvicorn"),
)
IMPORTED_WITHIN_S: Final = 240
_POLL_S: Final = 0.02


@dataclass(frozen=True)
class Life:
    """One process, from its start to its end."""

    pid: int
    ended: asyncio.Future[int]
    """The exit status; negative for a signal."""

    def send(self, number: signal.Signals) -> None:
        if not self.ended.done():
            # It may have ended, and its status not come yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def stop(self) -> int:
        """Ask it to end, and wait."""
        self.send(signal.SIGTERM)
        try:
            return await asyncio.wait_for(asyncio.shield(self.ended), 10)
        except TimeoutError:
            self.send(signal.SIGKILL)
            return await self.ended


@dataclass
class Lives:
    """The parent of all, seen from the test."""

    process: asyncio.subprocess.Process
    _born: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    _ended: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once everything is imported."""

    async def start(
        self, role: str, environment: Mapping[str, str], log: Path, sentence: Sentence
    ) -> Life:
        """Start a process of a role; it dies where `sentence` says."""
        order = {
            "role": role,
            "environment": dict(environment),
            "log": str(log),
            "sentence": str(sentence.path),
        }
        assert self.process.stdin is not None
        async with self._turn:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            pid = await self._born.get()
        return Life(pid, self._ended[pid])

    async def listen(self) -> None:
        """Take note of births and ends until the parent is gone."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self.ready.set()
            elif "born" in told:
                loop = asyncio.get_running_loop()
                self._ended[told["born"]] = loop.create_future()
                self._born.put_nowait(told["born"])
            elif "ended" in told:
                self._ended[told["ended"]].set_result(told["status"])


@asynccontextmanager
async def started(log: Path) -> AsyncIterator[Lives]:
    """Start the parent; whatever it bore ends with the block."""
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.lives"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
        )
    lives = Lives(process)
    listening = asyncio.create_task(lives.listen())
    try:
        # What it takes to import is not what it takes to recover.
        await asyncio.wait_for(lives.ready.wait(), IMPORTED_WITHIN_S)
        yield lives
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening


def main() -> None:
    """Serve orders from the standard input until it is closed."""
    for name in PRELOADED:
        importlib.import_module(name)
    _say(ready=1)
    alive: set[int] = set()
    buffer = b""
    while True:
        readable, _, _ = select.select([0], [], [], _POLL_S)
        if readable:
            read = os.read(0, 1 << 16)
            if not read:
                break
            *orders, buffer = (buffer + read).split(b"\n")
            for order in orders:
                pid = _fork(json.loads(order))
                alive.add(pid)
                _say(born=pid)
        _reap(alive)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _say(**told: int) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _reap(alive: set[int]) -> None:
    for pid in tuple(alive):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            alive.discard(pid)
            _say(ended=pid, status=os.waitstatus_to_exitcode(status))


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        _become(order)
    finally:
        os._exit(70)


def _become(order: dict[str, Any]) -> NoReturn:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(order["environment"])
    if order["role"] == doom.OPTIMIZER:
        _stand_in_for_the_engine()
    doom.install(order["role"], Sentence(Path(order["sentence"])))
    importlib.import_module("tests.support.mischief").install(os.environ)
    status = importlib.import_module(MAINS[order["role"]]).main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _stand_in_for_the_engine() -> None:
    """Answer at once: a fit takes a second, and what it finds is not at stake."""
    from multibo.optimizer import server
    from tests.support.digest_engine import DigestEngine

    class Engine(DigestEngine):
        ready = True

        async def start(self) -> None:
            return

        async def stop(self) -> None:
            return

    server.EngineProcess = Engine  # type: ignore


if __name__ == "__main__":
    main()
