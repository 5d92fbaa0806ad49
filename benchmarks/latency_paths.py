"""What latency.py measures, one group of paths after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import grpc
from latency_sessions import (
    Judge,
    Stubs,
    created,
    document_of,
    imported,
    lengthened,
    opened,
    played,
    varied,
)
from rig import Rig
from rig_browser import Browser
from rig_echo import DELIVER, ECHO
from rig_measure import Probe, cpu_per_call, interleaved, timed

from multibo.v1 import (
    image_service_pb2,
    round_service_pb2,
    session_service_pb2,
)

IMAGE_BYTES: Final = 512 * 1024
SHORT: Final = 5
LONG: Final = 198
"""Judged rounds of the long session; its next ones are the last of its budget."""
FIT_ROUNDS: Final = 50
_REQUEST: Final = 60
"""Bytes of the smallest echo: about a GetSession request."""


@dataclass
class Figures:
    """What was measured, by name."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    reply_bytes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """A running rig with its stubs and its sessions."""

    rig: Rig
    stubs: Stubs
    floor: grpc.aio.Channel
    short: str
    long: str
    document: dict[str, Any]
    """Of the session that was played, `FIT_ROUNDS` long."""

    @classmethod
    async def over(
        cls, rig: Rig, channel: grpc.aio.Channel, floor: grpc.aio.Channel
    ) -> Bench:
        """Play one session and make a short and a long one of it.

        Args:
            rig: running, with a gateway.
            channel: to its replica.
            floor: to its echo server.
        """
        stubs = Stubs.over(channel)
        name = await created(stubs)
        await played(stubs, name, SHORT)
        document = await document_of(stubs, name)
        long = await imported(stubs, lengthened(document, LONG))
        return cls(rig, stubs, floor, name, long, lengthened(document, FIT_ROUNDS))


async def calls(bench: Bench, figures: Figures, n: int) -> None:
    """Measure GetSession and SubmitFeedback against the echo.

    Args:
        bench: with its sessions.
        figures: to add to.
        n: calls of each kind.
    """
    stubs, echo = bench.stubs, bench.floor.unary_unary(ECHO)
    rounds = [await opened(stubs, name) for name in (bench.short, bench.long)]
    judges = [
        Judge(stubs, name, round.name)
        for name, round in zip((bench.short, bench.long), rounds, strict=True)
    ]

    def get(name: str) -> Probe:
        request = session_service_pb2.GetSessionRequest(name=name)
        return timed(lambda: stubs.sessions.GetSession(request))

    probes = {
        "echo": timed(lambda: echo(bytes(_REQUEST))),
        "get_session": get(bench.short),
        "get_session_long": get(bench.long),
        "submit_feedback": judges[0].submit,
        "submit_feedback_long": judges[1].submit,
    }
    figures.seconds.update(await interleaved(probes, n))
    pids = {"echo": bench.rig.echo_pid}
    watched = {
        name: (pids.get(name, bench.rig.pids[0]), probes[name])
        for name in ("echo", "get_session", "get_session_long")
    }
    figures.cpu_s.update(await cpu_per_call(watched, n))
    for place, name in ((bench.short, "short"), (bench.long, "long")):
        request = session_service_pb2.GetSessionRequest(name=place)
        reply = await stubs.sessions.GetSession(request)
        figures.reply_bytes[f"get_session_{name}"] = reply.ByteSize()
    figures.reply_bytes["submit_feedback_short"] = judges[0].reply_bytes
    figures.reply_bytes["submit_feedback_long"] = judges[1].reply_bytes


async def proposals(bench: Bench, figures: Figures, n: int) -> None:
    """Measure what a proposal costs beside the fit, in both sessions.

    Each round is canceled at once, so that the next one is proposed from the same
    history: the engine works, its child process does not count.

    Args:
        bench: with its sessions, a round open in each.
        figures: to add to.
        n: proposals of each kind.
    """

    async def propose(name: str) -> float:
        request = round_service_pb2.ProposeRoundRequest(parent=name)
        began = time.perf_counter()
        round = (await bench.stubs.rounds.ProposeRound(request)).round
        spent_s = time.perf_counter() - began
        await bench.stubs.rounds.CancelRound(
            round_service_pb2.CancelRoundRequest(name=round.name)
        )
        return max(0.0, spent_s - round.propose_duration.ToNanoseconds() / 1e9)

    names = {"propose_beside_fit": bench.short, "propose_beside_fit_long": bench.long}
    probes = {key: partial(propose, name) for key, name in names.items()}
    pid = bench.rig.pids[0]
    watched = {key: (pid, probe) for key, probe in probes.items()}
    figures.cpu_s.update(await cpu_per_call(watched, n))
    figures.seconds.update(await interleaved(probes, n))


async def images(bench: Bench, figures: Figures, n: int) -> None:
    """Measure GetImage of 512 KiB against a floor that carries as much.

    Args:
        bench: with its sessions.
        figures: to add to.
        n: calls of each kind.
    """
    echo, deliver = bench.floor.unary_unary(ECHO), bench.floor.unary_unary(DELIVER)
    payload, size = bytes(IMAGE_BYTES), str(IMAGE_BYTES).encode()
    name = f"{bench.short}/rounds/0/candidates/1"
    request = image_service_pb2.GetImageRequest(name=name)
    assert bench.rig.gateway is not None
    method = "/multibo.v1.ImageService/GetImage"
    async with Browser.at(bench.rig.gateway) as browser:
        data = request.SerializeToString()
        probes = {
            "echo_512k": timed(lambda: echo(payload)),
            "deliver_512k": timed(lambda: deliver(size)),
            "get_image": timed(lambda: bench.stubs.images.GetImage(request)),
            "gateway_get_image": timed(lambda: browser.call(method, data)),
        }
        found = await interleaved(probes, n)
        reply = await browser.call(method, data)
    direct = await bench.stubs.images.GetImage(request)
    if reply != direct.SerializeToString() or len(direct.data) != IMAGE_BYTES:
        raise RuntimeError("the gateway delivered something else")
    figures.seconds.update(found)


async def fits(bench: Bench, figures: Figures, n: int) -> None:
    """Measure ProposeRound after fifty answers, each time a history of its own.

    Args:
        bench: with a document of fifty rounds.
        figures: to add to.
        n: sessions, at most 256.
    """
    seconds = []
    for variant in range(n):
        name = await imported(bench.stubs, varied(bench.document, variant))
        request = round_service_pb2.ProposeRoundRequest(parent=name)
        began = time.perf_counter()
        reply = await bench.stubs.rounds.ProposeRound(request)
        seconds.append(time.perf_counter() - began)
        if reply.round.degraded:
            raise RuntimeError(f"the slate is degraded: {reply.round.degraded}")
    figures.seconds["propose_50_rounds"] = seconds
