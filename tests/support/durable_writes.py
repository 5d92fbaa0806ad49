"""One short session on real processes, one of which dies at a durable write."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.message import Message
from redis.asyncio import Redis

from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.session.history import History, fold
from multibo.optimizer.session.ids import SessionName
from multibo.render import golden
from multibo.render.pipelines import load_pipeline
from multibo.v1 import round_pb2, round_service_pb2
from tests.support import doom
from tests.support.deployment import EAGER, settings_of
from tests.support.doom import Sentence
from tests.support.lives import Life, Lives
from tests.support.tiny_model import AMPLITUDES, SPACE, tiny_model
from tests.support.wire import a_spec, create_request, stubs

RECOVERY_S: Final = 480.0
"""Not the bound (a lease of 15 s, a scan, a claim) but a sign that nothing will come:
on a machine with other things to do, a process alone takes a minute to start."""
_AGAIN: Final = (
    # Nobody there, or nobody in time: the calls may be made again, so they are.
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)
_ANSWER_ID: Final = "22222222-2222-4222-8222-222222222222"


def a_catalog(folder: Path) -> Path:
    """Make a catalog of one model that renders in milliseconds, with its golden."""
    model = tiny_model(folder)
    numbers = ", ".join(map(str, AMPLITUDES))
    catalog = folder / "catalog.toml"
    catalog.write_text(
        f'[models.tiny]\ntitle = "{model.title}"\nrevision = "{model.revision}"\n'
        f'path = "pipe"\narchitecture = "{model.architecture}"\n'
        f"width_px = {model.width_px}\nheight_px = {model.height_px}\n"
        f"steps = {model.steps}\nguidance = {model.guidance}\nnegative_prompt = ''\n"
        f"max_tokens = {model.max_tokens}\ndefault_warp_space = '{SPACE}'\n"
        f'examples = ["comic portrait"]\n[models.tiny.warp_spaces."{SPACE}"]\n'
        f'window = [0.0, 0.5]\nblocks = ["down", "mid", "up"]\n'
        f"amplitudes = [{numbers}]\n"
    )
    golden.write_golden(load_pipeline(model, threads=1), prompt="a face", seed=7)
    return catalog


@dataclass(frozen=True)
class Course:
    """What a session came to, without times; equal for equal sessions."""

    history: History
    states: tuple[str, ...]
    digests: tuple[str, ...]
    """Of every picture of every round."""
    rev: int
    events: Counter[tuple[bytes, ...]]
    """What was told of the session and its rounds, and how often."""


@dataclass
class Stage:
    """The processes of one deployment, each started again when it ends."""

    lives: Lives
    redis_url: str
    folder: Path
    catalog: Path
    statuses: list[int] = field(default_factory=list)
    """How its processes have ended by themselves."""
    died_at: float = 0.0
    _live: dict[str, Life] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return f"unix:{self.folder / 'optimizer.sock'}"

    @property
    def sentence(self) -> Sentence:
        return Sentence(self.folder / "sentence")

    @property
    def images(self) -> Path:
        return self.folder / "images"

    async def keep(self, role: str) -> None:
        """Run a process of a role for good."""
        log = self.folder / f"{role}.log"
        while True:
            life = await self.lives.start(role, self._environment, log, self.sentence)
            self._live[role] = life
            self.statuses.append(await asyncio.shield(life.ended))
            self.died_at = time.monotonic()

    async def stop(self) -> None:
        await asyncio.gather(*[life.stop() for life in self._live.values()])

    @property
    def _environment(self) -> dict[str, str]:
        return settings_of(self.target, self.redis_url, self.images, self.catalog)

    def logs(self) -> str:
        logs = self.folder.glob("*.log")
        return "\n".join(f"{log.name}:\n{log.read_text()[-3000:]}" for log in logs)


@asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[grpc.aio.Channel]:
    """Run a stage's processes, and a channel to its optimizer."""
    roles = (doom.OPTIMIZER, doom.WORKER)
    keeping = [asyncio.create_task(stage.keep(role)) for role in roles]
    try:
        async with grpc.aio.insecure_channel(stage.target, options=EAGER) as channel:
            yield channel
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        await stage.stop()


async def play(channel: grpc.aio.Channel, name: SessionName) -> None:
    """Play a session of one answer; each call is made until it is answered."""
    sessions, rounds, *_ = stubs(channel)
    creating = create_request(session_id=name.session, spec=a_spec(seed=7))
    created = await _told(sessions.CreateSession, creating)
    first = await _opened(rounds, name, 0)
    answer = round_service_pb2.SubmitFeedbackRequest(
        name=first.name,
        feedback=round_pb2.Feedback(chosen=1, shown=[2, 1, 0, 3]),
        request_id=_ANSWER_ID,
    )
    judged = await _told(rounds.SubmitFeedback, answer)
    await _opened(rounds, name, 1)
    again = [
        await _told(sessions.CreateSession, creating),
        await _told(rounds.SubmitFeedback, answer),
    ]
    assert again == [created, judged], "a repeat got another reply"


async def _told(method: Callable[..., Awaitable[Any]], request: Message) -> Any:
    """Call until a process answers: the same bytes, so the same request id."""
    async with asyncio.timeout(RECOVERY_S):
        while True:
            try:
                return await method(request, wait_for_ready=True)
            except grpc.aio.AioRpcError as error:
                if error.code() not in _AGAIN:
                    raise


async def _opened(rounds: Any, name: SessionName, number: int) -> round_pb2.Round:
    proposing = round_service_pb2.ProposeRoundRequest(parent=str(name))
    proposed = (await _told(rounds.ProposeRound, proposing)).round
    assert proposed.number == number
    reading = round_service_pb2.GetRoundRequest(name=proposed.name)
    async with asyncio.timeout(RECOVERY_S):
        while True:
            round: round_pb2.Round = (await _told(rounds.GetRound, reading)).round
            if round.state == round_pb2.ROUND_STATE_OPEN:
                return round
            assert round.state == round_pb2.ROUND_STATE_RENDERING
            await asyncio.sleep(0.05)


async def course_of(redis_url: str, name: SessionName) -> Course:
    """Read what a session came to."""
    async with Redis.from_url(redis_url) as redis:
        store = RedisStore(redis, session_ttl_ms=60_000)
        log, slates = await store.read_log(name)
        rounds = await store.read_rounds(name, after=-1, limit=10)
        entries: Any = await redis.xrange(SessionKeys(name.sid).events)
        rev = (await store.read(name)).rev
    timeless = {
        number: replace(slate, create_time_ms=0, propose_ms=0)
        for number, slate in slates.items()
    }
    jobs = [job for round in rounds for job in round.jobs]
    return Course(
        fold([replace(entry, time_ms=0) for entry in log], timeless),
        tuple(round.state.value for round in rounds),
        tuple(job.image.digest if job.image else "" for job in jobs),
        rev,
        Counter(
            (values[b"kind"], values.get(b"round", b""))
            for _, values in entries
            # A row that is claimed twice says so: that is no second event.
            if values[b"kind"] != b"candidate"
        ),
    )
