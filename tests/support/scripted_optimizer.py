"""A gRPC server that answers as a test dictates, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from multibo.v1 import (
    image_service_pb2_grpc,
    insight_service_pb2_grpc,
    model_service_pb2_grpc,
    round_pb2,
    round_service_pb2,
    round_service_pb2_grpc,
    session_pb2,
    session_service_pb2,
    session_service_pb2_grpc,
)

SESSION = "projects/local/sessions/faces"
ROUND = f"{SESSION}/rounds/0"
HANG = object()
"""In a stream: send nothing more, keep it open."""


@dataclass(frozen=True)
class Refusal:
    """An answer that is a failure."""

    status: grpc.StatusCode
    reason: str = ""
    message: str = "no"
    metadata: dict[str, str] = field(default_factory=dict)
    retry_s: float | None = None
    violations: dict[str, str] = field(default_factory=dict)
    quota: dict[str, str] = field(default_factory=dict)
    domain: str = "multibo"

    def to_status(self) -> Any:
        details = [
            error_details_pb2.ErrorInfo(
                reason=self.reason, domain=self.domain, metadata=self.metadata
            )
        ]
        if self.retry_s is not None:
            delay = duration_pb2.Duration()
            delay.FromNanoseconds(int(self.retry_s * 1e9))
            details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        if self.violations:
            details.append(
                error_details_pb2.BadRequest(
                    field_violations=[
                        error_details_pb2.BadRequest.FieldViolation(
                            field=name, description=text
                        )
                        for name, text in self.violations.items()
                    ]
                )
            )
        if self.quota:
            failure = error_details_pb2.QuotaFailure()
            for subject, text in self.quota.items():
                failure.violations.add(subject=subject, description=text)
            details.append(failure)
        return rpc_status.to_status(
            status_pb2.Status(
                code=self.status.value[0],
                message=self.message,
                details=[_packed(detail) for detail in details],
            )
        )


class ScriptedOptimizer:
    """Answers per method; the last answer of a script repeats."""

    def __init__(self) -> None:
        self.requests: dict[str, list[Any]] = defaultdict(list)
        self.shown: list[Any] = []
        """What each unary call brought as its authorization."""
        self._scripts: dict[str, list[Any]] = {}
        self.address = ""

    def on(self, method: str, *answers: Any) -> None:
        """Answer a method: messages and refusals in turn; a list is one stream."""
        self._scripts[method] = list(answers)

    def n_calls(self, method: str) -> int:
        return len(self.requests[method])

    async def unary(self, method: str, request: Any, context: Any) -> Any:
        self.shown.append(dict(context.invocation_metadata()).get("authorization"))
        answer = self._next(method, request)
        if isinstance(answer, Refusal):
            await _refuse(answer, context)
        return answer

    async def stream(
        self, method: str, request: Any, context: Any
    ) -> AsyncIterator[Any]:
        answer = self._next(method, request)
        for item in [answer] if isinstance(answer, Refusal) else answer:
            if item is HANG:
                await asyncio.Event().wait()
            if isinstance(item, Refusal):
                await _refuse(item, context)
            if isinstance(item, float):
                await asyncio.sleep(item)
            else:
                yield item

    def _next(self, method: str, request: Any) -> Any:
        self.requests[method].append(request)
        script = self._scripts.get(method)
        if not script:
            return Refusal(grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED")
        return script.pop(0) if len(script) > 1 else script[0]


async def _refuse(refusal: Refusal, context: Any) -> None:
    if refusal.reason:
        await context.abort_with_status(refusal.to_status())
    await context.abort(refusal.status, refusal.message)


def _packed(message: Any) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


@asynccontextmanager
async def serving(
    optimizer: ScriptedOptimizer,
    address: str = "127.0.0.1:0",
    credentials: grpc.ServerCredentials | None = None,
) -> AsyncIterator[str]:
    """Serve it on this loop; gives the address."""
    server = grpc.aio.server()
    for module, service in (
        (session_service_pb2_grpc, "SessionService"),
        (round_service_pb2_grpc, "RoundService"),
        (insight_service_pb2_grpc, "InsightService"),
        (image_service_pb2_grpc, "ImageService"),
        (model_service_pb2_grpc, "ModelService"),
    ):
        add: Any = getattr(module, f"add_{service}Servicer_to_server")
        add(_servicer(optimizer, getattr(module, f"{service}Servicer")), server)
    if credentials is None:
        port = server.add_insecure_port(address)
    else:
        port = server.add_secure_port(address, credentials)
    await server.start()
    optimizer.address = f"127.0.0.1:{port}"
    try:
        yield optimizer.address
    finally:
        await server.stop(None)


def _servicer(optimizer: ScriptedOptimizer, interface: type[Any]) -> Any:
    def unary(name: str) -> Any:
        async def handle(_self: Any, request: Any, context: Any) -> Any:
            return await optimizer.unary(name, request, context)

        return handle

    async def watch(_self: Any, request: Any, context: Any) -> AsyncIterator[Any]:
        async for item in optimizer.stream("WatchSession", request, context):
            yield item

    methods = {name: unary(name) for name in vars(interface) if name[0].isupper()}
    if "WatchSession" in methods:
        methods["WatchSession"] = watch
    return type("Scripted", (interface,), methods)()


def a_free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def a_session(**fields: Any) -> session_pb2.Session:
    """A session as the wire shows it."""
    filled: dict[str, Any] = {
        "name": SESSION,
        "state": session_pb2.SESSION_STATE_ACTIVE,
        "etag": "1",
        "spec": session_pb2.SessionSpec(
            prompt="comic portrait", model="models/avatars", slate_size=2, rounds=50
        ),
    }
    return session_pb2.Session(**{**filled, **fields})


def a_round(
    state: int = round_pb2.ROUND_STATE_RENDERING,
    *candidates: int,
    name: str = ROUND,
    **fields: Any,
) -> round_pb2.Round:
    """A round whose candidates are in the given states; two that render by default."""
    states = candidates or (round_pb2.CANDIDATE_STATE_RENDERING,) * 2
    return round_pb2.Round(
        name=name,
        number=int(name.rpartition("/")[2]),
        state=round_pb2.RoundState.Name(state),
        candidates=[
            a_candidate(slot, state, round=name) for slot, state in enumerate(states)
        ],
        **fields,
    )


def a_candidate(
    slot: int,
    state: int = round_pb2.CANDIDATE_STATE_READY,
    *,
    round: str = ROUND,
    **fields: Any,
) -> round_pb2.Candidate:
    """A candidate in a state."""
    return round_pb2.Candidate(
        name=f"{round}/candidates/{slot}",
        slot=slot,
        state=round_pb2.CandidateState.Name(state),
        warp=[0.0, 0.5],
        **fields,
    )


def told(cursor: str = "", **event: Any) -> session_service_pb2.WatchSessionResponse:
    """One message of a stream, given by the field of the event."""
    return session_service_pb2.WatchSessionResponse(cursor=cursor, **event)


def proposes(optimizer: ScriptedOptimizer, round: round_pb2.Round) -> None:
    """Have it answer ProposeRound with a round."""
    optimizer.on("ProposeRound", round_service_pb2.ProposeRoundResponse(round=round))
