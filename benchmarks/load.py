"""Many sessions, many drivers, two replicas: rates, latencies, memory, exactness.

    python benchmarks/load.py --sessions 1000 --drivers 100 \
        --out benchmarks/results/load.json

Each driver plays sessions one after the other, its calls spread over the replicas;
every answer is sent twice, once to each. The fleet is a stub: what is measured is the
service. The exit status is 1 if an answer was lost, doubled, or memory kept growing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from rig import Rig, a_rig, origin, quantiles

from multibo.v1 import (
    round_pb2,
    round_service_pb2,
    round_service_pb2_grpc,
    session_pb2,
    session_service_pb2,
    session_service_pb2_grpc,
)


@dataclass
class Tally:
    """What all drivers saw."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    n_calls: int = 0
    n_answers: int = 0
    wrong_counts: list[str] = field(default_factory=list)
    """Sessions whose feedback count is not the number of answers given."""

    def add(self, name: str, seconds: float) -> None:
        """Count one call."""
        self.n_calls += 1
        self.seconds.setdefault(name, []).append(seconds)


class Driver:
    """Plays sessions through both replicas in turn."""

    def __init__(self, channels: list[Any], tally: Tally, first: int) -> None:
        self._sessions = [
            session_service_pb2_grpc.SessionServiceStub(one) for one in channels
        ]
        self._rounds = [
            round_service_pb2_grpc.RoundServiceStub(one) for one in channels
        ]
        self._tally = tally
        self._turn = first

    async def play(self, n_rounds: int) -> None:
        """Play one session and check that every answer counts once.

        Args:
            n_rounds: rounds to judge.
        """
        spec = session_pb2.SessionSpec(prompt="comic portrait, brown long hair")
        created = await self._call(
            self._sessions,
            "CreateSession",
            session_service_pb2.CreateSessionRequest(
                parent="projects/local", spec=spec, request_id=str(uuid.uuid4())
            ),
        )
        name = created.session.name
        for n in range(n_rounds):
            await self._judge(await self._open_round(name), n % 4)
        request = session_service_pb2.GetSessionRequest(name=name)
        got = await self._call(self._sessions, "GetSession", request)
        self._tally.n_answers += n_rounds
        if got.session.feedback_count != n_rounds:
            self._tally.wrong_counts.append(name)

    async def _open_round(self, name: str) -> Any:
        request = round_service_pb2.ProposeRoundRequest(parent=name)
        round = (await self._call(self._rounds, "ProposeRound", request)).round
        while round.state == round_pb2.ROUND_STATE_RENDERING:
            await asyncio.sleep(0.02)
            get = round_service_pb2.GetRoundRequest(name=round.name)
            round = (await self._call(self._rounds, "GetRound", get)).round
        return round

    async def _judge(self, round: Any, slot: int) -> None:
        request = round_service_pb2.SubmitFeedbackRequest(
            name=round.name, request_id=str(uuid.uuid4())
        )
        request.feedback.chosen = slot
        request.feedback.shown.extend(range(4))
        await asyncio.gather(
            self._call(self._rounds, "SubmitFeedback", request),
            self._call(self._rounds, "SubmitFeedback", request),
        )

    async def _call(self, stubs: list[Any], method: str, request: Any) -> Any:
        self._turn += 1
        stub = stubs[self._turn % len(stubs)]
        while True:
            began = time.perf_counter()
            try:
                reply = await getattr(stub, method)(request, timeout=60)
            except grpc.aio.AioRpcError as error:
                # What the service config of the client repeats, and contention.
                if error.code() not in (
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.ABORTED,
                    grpc.StatusCode.RESOURCE_EXHAUSTED,
                ):
                    raise
                self._tally.add(f"{method} {error.code().name}", 0.0)
                await asyncio.sleep(0.2)
            else:
                self._tally.add(method, time.perf_counter() - began)
                return reply


async def drive(rig: Rig, n_sessions: int, n_drivers: int, n_rounds: int) -> Tally:
    """Play all sessions and return what was seen.

    Args:
        rig: a running stack.
        n_sessions: sessions in all.
        n_drivers: drivers at a time.
        n_rounds: rounds of each session.
    """
    tally = Tally()
    channels = [grpc.aio.insecure_channel(target) for target in rig.replicas]
    waiting = iter(range(n_sessions))

    async def driver(number: int) -> None:
        player = Driver(channels, tally, number)
        for _ in waiting:
            await player.play(n_rounds)

    await asyncio.gather(*[driver(number) for number in range(n_drivers)])
    for channel in channels:
        await channel.close()
    return tally


def memory_bytes(pids: tuple[int, ...]) -> int:
    """Return the resident memory of some processes.

    Args:
        pids: process ids.
    """
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1]) * 1024
    return total


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the document of one measurement.

    Args:
        arguments: of the command line.
    """
    n = arguments.sessions
    with a_rig(n_replicas=2) as rig:
        asyncio.run(drive(rig, max(n // 10, 2), arguments.drivers, arguments.rounds))
        before = memory_bytes(rig.pids)
        began = time.perf_counter()
        tally = asyncio.run(drive(rig, n, arguments.drivers, arguments.rounds))
        seconds = time.perf_counter() - began
        after = memory_bytes(rig.pids)
    return {
        "sessions": n,
        "drivers": arguments.drivers,
        "rounds": arguments.rounds,
        "replicas": 2,
        "calls": tally.n_calls,
        "calls_per_s": round(tally.n_calls / seconds, 1),
        "answers": tally.n_answers,
        "sessions_with_a_wrong_count": tally.wrong_counts,
        "memory_bytes_before": before,
        "memory_bytes_after": after,
        "bytes_per_call": round((after - before) / max(tally.n_calls, 1), 1),
        "latency": {
            name: {"n": len(values), **quantiles(values)}
            for name, values in sorted(tally.seconds.items())
            if len(values) > 1
        },
    }


def main() -> int:
    """Drive, write, and return 1 if an answer was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--drivers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    document = {"benchmark": "load", **origin(), **run(arguments)}
    text = json.dumps(document, indent=2) + "\n"
    if arguments.out:
        arguments.out.write_text(text)
    print(text)
    return 1 if document["sessions_with_a_wrong_count"] else 0


if __name__ == "__main__":
    sys.exit(main())
