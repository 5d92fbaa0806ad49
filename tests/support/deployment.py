"""A deployment whose processes a test starts, freezes and kills one by one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import grpc
from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.session.ids import SessionName, parse_session
from multibo.optimizer.session.model import Round
from multibo.v1 import round_pb2, round_service_pb2
from tests.support import doom, mischief
from tests.support.doom import Sentence
from tests.support.lives import Life, Lives
from tests.support.wire import a_spec, create_request, new_id, stubs

GIVEN_UP_S: Final = 180.0
"""Not a bound of anything: nothing will come any more."""
EAGER: Final = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
)
"""A channel that finds a server soon after it is back."""
Deploy = Callable[..., AbstractAsyncContextManager["Deployment"]]
"""Make a deployment of a number, with parts of its own; see the fixture `deploy`."""


def settings_of(
    listen: str, redis_url: str, images: Path, catalog: Path
) -> dict[str, str]:
    """Return the environment of a process, whichever role it has."""
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "MULTIBO_OPTIMIZER_LISTEN": listen,
        "MULTIBO_REDIS_URL": redis_url,
        "MULTIBO_BLOB_URL": images.as_uri(),
        "MULTIBO_CATALOG": str(catalog),
        "MULTIBO_RENDER_THREADS": "1",
        "MULTIBO_RENDER_DTYPE": "float32",
    }


@dataclass
class Deployment:
    """Redis, a folder, a model; processes as a test wants them."""

    lives: Lives
    redis_url: str
    folder: Path
    catalog: Path
    redis: Redis
    mischief: dict[str, Any] = field(default_factory=dict)
    """What is built into processes started from now on."""
    settings: dict[str, str] = field(default_factory=dict)
    """Of processes started from now on, beside the usual ones."""
    live: list[Life] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"unix:{self.folder / 'o.sock'}"

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def sentence(self) -> Sentence:
        return Sentence(self.folder / "sentence")

    async def worker(self) -> Life:
        """Start a worker and wait until it is ready."""
        life = await self.start(doom.WORKER)
        await self.until_ready(life)
        return life

    async def start(self, role: str) -> Life:
        log = self.folder / f"{role}.log"
        life = await self.lives.start(role, self._environment, log, self.sentence)
        self.live.append(life)
        return life

    async def until_ready(self, life: Life) -> None:
        async with asyncio.timeout(GIVEN_UP_S):
            while not [
                entry
                async for entry in self.redis.scan_iter(keys.fleet(f"*-{life.pid}"))
            ]:
                assert not life.ended.done(), self.logs()
                await asyncio.sleep(0.02)

    async def until_waiting(self) -> None:
        """Return once a worker waits in BRPOP, where a frozen one swallows messages."""
        number = str(self.redis.get_connection_kwargs().get("db", 0))
        async with asyncio.timeout(GIVEN_UP_S):
            while not [
                client
                for client in await self.redis.client_list()
                if client["cmd"] == "brpop"
                and "b" in client["flags"]
                and client["db"] == number
            ]:
                await asyncio.sleep(0.01)

    async def n_messages(self) -> int:
        """How many messages the broker still knows of."""
        waiting = await self.redis.llen("mbo:render.tiny")
        return int(waiting) + int(await self.redis.hlen("mbo:unacked"))

    async def until_no_message(self) -> None:
        """Return once the last drain has told the broker that it ended."""
        async with asyncio.timeout(GIVEN_UP_S):
            while await self.n_messages():
                await asyncio.sleep(0.01)

    async def stored(self, session: str, number: int) -> Round:
        """A round as it is stored, whatever the optimizer does."""
        store = RedisStore(self.redis, session_ttl_ms=600_000)
        return await store.read_round(parse_session(session), number)

    async def end(self) -> None:
        for life in self.live:
            life.send(signal.SIGKILL)
        await asyncio.gather(*[life.ended for life in self.live])

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **settings_of(self.address, self.redis_url, self.images, self.catalog),
            mischief.VARIABLE: json.dumps(self.mischief),
            **self.settings,
        }

    def logs(self) -> str:
        logs = self.folder.glob("*.log")
        return "\n".join(f"{log.name}:\n{log.read_text()[-3000:]}" for log in logs)


@dataclass
class Caller:
    """Makes the calls of one person."""

    sessions: Any
    rounds: Any
    session: str = ""
    round: round_pb2.Round = field(default_factory=round_pb2.Round)

    async def create(self, **spec: Any) -> None:
        reply = await self.sessions.CreateSession(create_request(spec=a_spec(**spec)))
        self.session = reply.session.name

    async def propose(self) -> round_pb2.Round:
        request = round_service_pb2.ProposeRoundRequest(parent=self.session)
        self.round = (await self.rounds.ProposeRound(request, timeout=60)).round
        return self.round

    async def refresh(self) -> round_pb2.Round:
        request = round_service_pb2.GetRoundRequest(name=self.round.name)
        self.round = (await self.rounds.GetRound(request, timeout=60)).round
        return self.round

    async def until_open(self) -> round_pb2.Round:
        """Return the round once it renders no more."""
        async with asyncio.timeout(GIVEN_UP_S):
            rendering = round_pb2.ROUND_STATE_RENDERING
            while (await self.refresh()).state == rendering:
                await asyncio.sleep(0.02)
        return self.round

    def answer(self, slot: int) -> round_service_pb2.SubmitFeedbackRequest:
        shown = list(range(len(self.round.candidates)))
        return round_service_pb2.SubmitFeedbackRequest(
            name=self.round.name,
            feedback=round_pb2.Feedback(chosen=slot, shown=shown),
            request_id=new_id(),
        )

    async def choose(self, slot: int = 1) -> None:
        await self.rounds.SubmitFeedback(self.answer(slot), timeout=60)


async def a_caller(deployment: Deployment, stack: AsyncExitStack) -> Caller:
    """Return a caller of a deployment's optimizer, once that serves."""
    channel = grpc.aio.insecure_channel(deployment.address, options=EAGER)
    await stack.enter_async_context(channel)
    await asyncio.wait_for(channel.channel_ready(), GIVEN_UP_S)
    sessions, rounds, *_ = stubs(channel)
    return Caller(sessions, rounds)


@asynccontextmanager
async def a_person(
    deploy: Deploy, number: int = 0, **parts: Any
) -> AsyncIterator[tuple[Deployment, Caller]]:
    """Run an optimizer and a worker; yield them and one who calls."""
    async with deploy(number, **parts) as there, AsyncExitStack() as stack:
        await there.start(doom.OPTIMIZER)
        caller = await a_caller(there, stack)
        await there.worker()
        yield there, caller


def session_of(round: round_pb2.Round) -> SessionName:
    return parse_session(round.name.rpartition("/rounds/")[0])


def database(url: str, number: int) -> str:
    """Return the address of one of a server's databases."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return f"{parts.scheme}://{parts.netloc}/{number}"


@asynccontextmanager
async def deployed(
    lives: Lives, url: str, folder: Path, catalog: Path, **parts: Any
) -> AsyncIterator[Deployment]:
    """Run a deployment without a process yet; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    async with Redis.from_url(url) as redis:
        deployment = Deployment(lives, url, folder, catalog, redis, **parts)
        try:
            yield deployment
        except BaseException as error:
            error.add_note(deployment.logs())
            raise
        finally:
            await deployment.end()


async def side_by_side(
    n: int, n_lanes: int, lane: Callable[[int, int], Awaitable[None]]
) -> None:
    """Share `n` repeats between lanes; a lane is told its number and its share."""
    shares = [len(range(at, n, n_lanes)) for at in range(n_lanes)]
    await asyncio.gather(*[lane(at, share) for at, share in enumerate(shares) if share])
