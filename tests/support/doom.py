"""Kills this process before or after a durable write, once it is told to.

Known to tests alone: `install` wraps the seams through which a process writes. A file
names the point at which it dies; without the file it lives on. SIGKILL, so nothing is
tidied up and nothing is flushed.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from celery import Celery
from redis.asyncio.client import Pipeline

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.jobs import keys
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.values import Change
from multibo.optimizer.session.history import FEEDBACK
from multibo.render.leases import Leases

BEFORE: Final = "before"
AFTER: Final = "after"
OPTIMIZER: Final = "optimizer"
WORKER: Final = "worker"
_FREEZE: Final = "freeze "


@dataclass(frozen=True)
class Write:
    """One kind of durable write and where a process does it."""

    role: str
    """Which process does it."""
    owner: Any
    method: str
    counts: Callable[..., bool] = lambda *_, **__: True
    """Whether a call, by its arguments, is one of the kind."""
    done: Callable[[Any], bool] = lambda _: True
    """Whether a call, by its result, has written."""
    asynchronous: bool = True


def _proposes(_store: object, change: Change) -> bool:
    return change.slate is not None


def _answers(_store: object, change: Change) -> bool:
    return change.entry is not None and change.entry.kind == FEEDBACK


def _pushes(pipe: Pipeline) -> bool:
    sent = [command for command, _ in pipe.command_stack]
    return any(
        name == "ZADD" and key.startswith(keys.rows("")) for name, key, *_ in sent
    )


WRITES: Final = {
    "create": Write(OPTIMIZER, RedisStore, "create"),
    "propose": Write(OPTIMIZER, RedisStore, "commit", _proposes),
    "push rows": Write(OPTIMIZER, Pipeline, "execute", _pushes),
    "publish": Write(OPTIMIZER, Celery, "send_task", asynchronous=False),
    "claim": Write(
        WORKER,
        Leases,
        "claim",
        done=lambda claim: claim is not None,
        asynchronous=False,
    ),
    "put image": Write(WORKER, FilesystemBlobs, "put", asynchronous=False),
    "finish": Write(WORKER, Leases, "ready", asynchronous=False),
    "feedback": Write(OPTIMIZER, RedisStore, "commit", _answers),
}
"""The durable writes of a session, in the order in which they come."""


@dataclass(frozen=True)
class Doom:
    """Where a process dies."""

    write: str
    moment: str

    def __str__(self) -> str:
        return f"{self.moment} {self.write}"

    @property
    def role(self) -> str:
        """Which process dies."""
        return WRITES[self.write].role


POINTS: Final = tuple(
    Doom(write, moment) for write in WRITES for moment in (BEFORE, AFTER)
)


@dataclass(frozen=True)
class Sentence:
    """The file that names where the processes of a deployment die."""

    path: Path

    def pass_on(self, doom: Doom) -> None:
        """Let the next process that comes to `doom` die there."""
        self.path.write_text(str(doom))

    def freeze_at(self, doom: Doom) -> None:
        """Let the next process that comes to `doom` stand still there."""
        self.path.write_text(f"{_FREEZE}{doom}")

    @property
    def is_open(self) -> bool:
        """Whether nobody has come to the point yet."""
        return self.path.exists()

    def carry_out(self, doom: Doom) -> None:
        """Die or freeze, if this is the point; whoever comes next lives on."""
        told = self.path.read_text() if self.path.exists() else ""
        if told.removeprefix(_FREEZE) != str(doom):
            return
        self.path.unlink()
        if told.startswith(_FREEZE):
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)  # the signal may take a moment; nothing more may happen


def install(role: str, sentence: Sentence) -> None:
    """Let this process die where `sentence` says.

    Args:
        role: of this process.
        sentence: read at each durable write.
    """
    for name, write in WRITES.items():
        if write.role == role:
            wrap = _asynchronous if write.asynchronous else _synchronous
            inner = getattr(write.owner, write.method)
            before, after = Doom(name, BEFORE), Doom(name, AFTER)
            wrapped = wrap(
                inner,
                write,
                lambda doom=before: sentence.carry_out(doom),
                lambda doom=after: sentence.carry_out(doom),
            )
            setattr(write.owner, write.method, wrapped)


def _asynchronous(
    inner: Callable[..., Awaitable[Any]],
    write: Write,
    before: Callable[[], None],
    after: Callable[[], None],
) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(inner)
    async def doomed(*args: Any, **named: Any) -> Any:
        counts = write.counts(*args, **named)
        if counts:
            before()
        result = await inner(*args, **named)
        if counts and write.done(result):
            after()
        return result

    return doomed


def _synchronous(
    inner: Callable[..., Any],
    write: Write,
    before: Callable[[], None],
    after: Callable[[], None],
) -> Callable[..., Any]:
    @functools.wraps(inner)
    def doomed(*args: Any, **named: Any) -> Any:
        counts = write.counts(*args, **named)
        if counts:
            before()
        result = inner(*args, **named)
        if counts and write.done(result):
            after()
        return result

    return doomed
