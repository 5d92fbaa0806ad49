"""What a call costs, as ratios against floors measured in the same run.

    python benchmarks/latency.py --out benchmarks/results/latency.json

Floors: a grpc.aio echo over the same kind of socket, and XADD to a blocked XREAD.
BOUNDS are what the service aims at; the exit status is 1 where one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from redis.asyncio import Redis
from rig import ECHO, Rig, a_rig, origin, quantiles, timed

from multibo.v1 import (
    image_service_pb2,
    image_service_pb2_grpc,
    round_pb2,
    round_service_pb2,
    round_service_pb2_grpc,
    session_pb2,
    session_service_pb2,
    session_service_pb2_grpc,
)

BOUNDS: Final = {
    "get_session_basic / echo": 2.5,
    "submit_feedback / echo": 4.0,
    "get_image / echo_20k": 1.5,
    "commit_to_watch / xread": 4.0,
    "get_session_long / get_session_5_rounds": 1.25,
}
_IMAGE_BYTES: Final = 20 * 1024


@dataclass(frozen=True, slots=True)
class Stubs:
    """The services of one replica, and the floor."""

    sessions: Any
    rounds: Any
    images: Any
    echo: Any


async def measure(rig: Rig, n_calls: int, n_rounds: int) -> dict[str, Any]:
    """Return quantiles by name, and the ratios of the p50s.

    Args:
        rig: a running stack.
        n_calls: measurements of each kind.
        n_rounds: length of the long session, 6..200.
    """
    async with (
        grpc.aio.insecure_channel(rig.replicas[0]) as channel,
        grpc.aio.insecure_channel(rig.echo) as floor,
    ):
        stubs = Stubs(
            session_service_pb2_grpc.SessionServiceStub(channel),
            round_service_pb2_grpc.RoundServiceStub(channel),
            image_service_pb2_grpc.ImageServiceStub(channel),
            floor.unary_unary(ECHO),
        )
        seconds = await _calls(stubs, n_calls, n_rounds)
        seconds["xread"] = await _xread_floor(rig, n_calls)
        seconds["commit_to_watch"] = await _watch(stubs, max(20, n_calls // 10))
    figures = {name: quantiles(values) for name, values in seconds.items()}
    return {"calls": figures, "ratios": _ratios(figures)}


async def _calls(stubs: Stubs, n_calls: int, n_rounds: int) -> dict[str, list[float]]:
    name = await a_session(stubs, rounds=200)
    get = session_service_pb2.GetSessionRequest(name=name)
    await play(stubs, name, n_rounds=5)
    seconds = {
        "echo": await timed(lambda: stubs.echo(get.SerializeToString()), n_calls),
        "get_session_basic": await timed(
            lambda: stubs.sessions.GetSession(get), n_calls
        ),
    }
    seconds["get_session_5_rounds"] = seconds["get_session_basic"]
    image = image_service_pb2.GetImageRequest(name=f"{name}/rounds/0/candidates/1")
    big = bytes(_IMAGE_BYTES)
    seconds["echo_20k"] = await timed(lambda: stubs.echo(big), n_calls)
    seconds["get_image"] = await timed(lambda: stubs.images.GetImage(image), n_calls)
    seconds["submit_feedback"] = await play(stubs, name, n_rounds=n_rounds - 5)
    seconds["get_session_long"] = await timed(
        lambda: stubs.sessions.GetSession(get), n_calls
    )
    return seconds


async def a_session(stubs: Stubs, *, rounds: int) -> str:
    """Create a session and return its name.

    Args:
        stubs: of a replica.
        rounds: its budget.
    """
    spec = session_pb2.SessionSpec(prompt="comic portrait, brown long hair")
    spec.rounds = rounds
    reply = await stubs.sessions.CreateSession(
        session_service_pb2.CreateSessionRequest(
            parent="projects/local", spec=spec, request_id=str(uuid.uuid4())
        )
    )
    return str(reply.session.name)


async def play(stubs: Stubs, name: str, *, n_rounds: int) -> list[float]:
    """Judge some rounds; return the seconds each acknowledgment took.

    Args:
        stubs: of a replica.
        name: the session.
        n_rounds: how many.
    """
    seconds = []
    for n in range(n_rounds):
        proposed = await stubs.rounds.ProposeRound(
            round_service_pb2.ProposeRoundRequest(parent=name)
        )
        round = proposed.round
        while round.state == round_pb2.ROUND_STATE_RENDERING:
            await asyncio.sleep(0.005)
            got = await stubs.rounds.GetRound(
                round_service_pb2.GetRoundRequest(name=round.name)
            )
            round = got.round
        request = round_service_pb2.SubmitFeedbackRequest(
            name=round.name, request_id=str(uuid.uuid4())
        )
        request.feedback.chosen = n % 4
        request.feedback.shown.extend(range(4))
        began = time.perf_counter()
        await stubs.rounds.SubmitFeedback(request)
        seconds.append(time.perf_counter() - began)
    return seconds


async def _xread_floor(rig: Rig, n_calls: int) -> list[float]:
    reader, writer = Redis.from_url(rig.redis_url), Redis.from_url(rig.redis_url)
    seconds = []
    for n in range(n_calls):
        waiting = asyncio.create_task(reader.xread({"bench": "$"}, block=5000))
        await asyncio.sleep(0.003)
        began = time.perf_counter()
        await writer.xadd("bench", {"n": n}, maxlen=10)
        await waiting
        seconds.append(time.perf_counter() - began)
    await reader.aclose()
    await writer.aclose()
    return seconds


async def _watch(stubs: Stubs, n_calls: int) -> list[float]:
    """Return the seconds from a command's reply to its event at a watching client."""
    name = await a_session(stubs, rounds=1)
    stream = stubs.sessions.WatchSession(
        session_service_pb2.WatchSessionRequest(name=name)
    )
    await stream.read()  # the snapshot
    seconds = []
    for _ in range(n_calls):
        round = await stubs.rounds.ProposeRound(
            round_service_pb2.ProposeRoundRequest(parent=name)
        )
        # Until the stub fleet has told everything about the round.
        while True:
            event = await stream.read()
            if event.round_changed.round.state == round_pb2.ROUND_STATE_OPEN:
                break
        cancel = round_service_pb2.CancelRoundRequest(name=round.round.name)
        began = time.perf_counter()
        closing = asyncio.create_task(_cancel(stubs, cancel))
        while not (await stream.read()).HasField("session_changed"):
            pass
        seconds.append(time.perf_counter() - began)
        await closing
        name, stream = await _next_watch(stubs, name, stream)
    stream.cancel()
    return seconds


async def _cancel(stubs: Stubs, request: Any) -> None:
    await stubs.rounds.CancelRound(request)


async def _next_watch(stubs: Stubs, name: str, stream: Any) -> tuple[str, Any]:
    # Images are a budget: a fresh session every round keeps the loop simple.
    stream.cancel()
    name = await a_session(stubs, rounds=1)
    stream = stubs.sessions.WatchSession(
        session_service_pb2.WatchSessionRequest(name=name)
    )
    await stream.read()
    return name, stream


def _ratios(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    ratios = {}
    for name, bound in BOUNDS.items():
        over, under = name.split(" / ")
        ratio = figures[over]["p50_ms"] / figures[under]["p50_ms"]
        ratios[name] = {
            "p50_ratio": round(ratio, 3),
            "bound": bound,
            "holds": ratio <= bound,
        }
    return ratios


def main() -> int:
    """Measure, write, and return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with a_rig() as rig:
        result = asyncio.run(measure(rig, arguments.calls, arguments.rounds))
    document = {
        "benchmark": "latency",
        **origin(),
        "n": arguments.calls,
        "rounds": arguments.rounds,
        **result,
    }
    text = json.dumps(document, indent=2) + "\n"
    if arguments.out:
        arguments.out.write_text(text)
    print(text)
    return 0 if all(one["holds"] for one in result["ratios"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
