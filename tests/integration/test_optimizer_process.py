"""The optimizer as a process: from the environment to a clean exit."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from multibo.v1 import (
    insight_service_pb2,
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.fakes import CATALOG
from tests.support.wire import Refused, a_spec, create_request, refusal, stubs

pytestmark = pytest.mark.redis

READY_S = 40
STOP_S = 15


@dataclass
class Running:
    """A live optimizer and a channel to it."""

    process: asyncio.subprocess.Process
    channel: grpc.aio.Channel

    async def serving(self) -> None:
        """Wait until the process says SERVING."""
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        watch = stub.Watch(
            health_pb2.HealthCheckRequest(service=""), wait_for_ready=True
        )
        async for reply in watch:
            if reply.status == health_pb2.HealthCheckResponse.SERVING:
                watch.cancel()
                return

    async def stopped(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the process to stop and return its exit status."""
        self.process.send_signal(number)
        try:
            return await asyncio.wait_for(self.process.wait(), STOP_S)
        except TimeoutError:
            # With PYTHONFAULTHANDLER it says where it hangs.
            self.process.send_signal(signal.SIGABRT)
            _, errors = await self.process.communicate()
            pytest.fail(f"the process does not stop:\n{errors.decode()}")


def environment(folder: Path, redis_url: str, **changes: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONFAULTHANDLER": "1",
        "MULTIBO_OPTIMIZER_LISTEN": f"unix:{folder / 'o.sock'}",
        "MULTIBO_REDIS_URL": redis_url,
        "MULTIBO_BLOB_URL": (folder / "blobs").as_uri(),
        "MULTIBO_CATALOG": str(CATALOG),
        **changes,
    }


async def launched(variables: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "multibo.optimizer"),
        env=variables,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(folder: Path, redis_url: str) -> AsyncIterator[Running]:
    """An optimizer that says SERVING; killed if the test did not stop it."""
    process = await launched(environment(folder, redis_url))
    try:
        async with grpc.aio.insecure_channel(f"unix:{folder / 'o.sock'}") as channel:
            optimizer = Running(process, channel)
            await asyncio.wait_for(optimizer.serving(), READY_S)
            yield optimizer
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_session_goes_through_a_real_store_and_a_drain_resumes_its_watch(
    tmp_path: Path, redis_url: str
) -> None:
    async with running(tmp_path, redis_url) as optimizer:
        sessions, rounds, insight = stubs(optimizer.channel)[:3]
        session = (await sessions.CreateSession(create_request())).session
        propose = round_service_pb2.ProposeRoundRequest(parent=session.name)
        round = (await rounds.ProposeRound(propose, timeout=20)).round
        again = (await rounds.ProposeRound(propose)).round
        early = insight_service_pb2.GetRecommendationRequest(name=session.name)
        answer = await refused_by(insight.GetRecommendation(early))
        watch = sessions.WatchSession(
            session_service_pb2.WatchSessionRequest(name=session.name)
        )
        first = await watch.read()

        stopping = asyncio.create_task(optimizer.stopped())
        last = first
        while (message := await watch.read()) is not grpc.aio.EOF:
            last = message

        assert await stopping == 0
        assert round.state == round_pb2.ROUND_STATE_RENDERING
        assert not round.degraded
        assert len(round.candidates) == 4
        assert again.name == round.name
        assert answer.reason == "NO_FEEDBACK_YET"
        assert first.snapshot.session.open_round == round.name
        assert last.resume.cursor == first.cursor


async def refused_by(call: Any) -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def test_a_session_outlives_the_process(tmp_path: Path, redis_url: str) -> None:
    request = create_request(spec=a_spec(labels={"kept": "yes"}))
    async with running(tmp_path, redis_url) as optimizer:
        first = await stubs(optimizer.channel)[0].CreateSession(request)
        assert await optimizer.stopped(signal.SIGINT) == 0

    async with running(tmp_path, redis_url) as optimizer:
        sessions = stubs(optimizer.channel)[0]
        second = await sessions.CreateSession(request)
        read = await sessions.GetSession(
            session_service_pb2.GetSessionRequest(name=first.session.name)
        )

    assert second == first
    assert read.session.state == session_pb2.SESSION_STATE_ACTIVE
    assert dict(read.session.spec.labels) == {"kept": "yes"}


async def test_a_process_that_must_not_start_says_why(tmp_path: Path) -> None:
    variables = environment(
        tmp_path,
        f"unix://{tmp_path}/none.sock",
        MULTIBO_OPTIMIZER_LISTEN="0.0.0.0:50051",
    )

    process = await launched(variables)
    _, errors = await asyncio.wait_for(process.communicate(), READY_S)

    assert process.returncode == 2
    assert "authentication" in errors.decode().splitlines()[-1]


async def test_without_its_store_a_process_waits_and_refuses(tmp_path: Path) -> None:
    process = await launched(environment(tmp_path, f"unix://{tmp_path}/none.sock"))
    try:
        async with grpc.aio.insecure_channel(f"unix:{tmp_path / 'o.sock'}") as channel:
            create = stubs(channel)[0].CreateSession
            answer = await refused_by(
                create(create_request(), wait_for_ready=True, timeout=READY_S)
            )
            stub: Any = health_pb2_grpc.HealthStub(channel)
            health = await stub.Check(health_pb2.HealthCheckRequest(service=""))
        process.terminate()
        status = await asyncio.wait_for(process.wait(), STOP_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert (answer.code, answer.reason) == (
        grpc.StatusCode.UNAVAILABLE,
        "STORE_UNAVAILABLE",
    )
    assert health.status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert status == 0
