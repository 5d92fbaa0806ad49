"""What a fake optimizer keeps of a session, and the refusals it can be told to give."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from multibo.v1 import event_pb2, round_pb2, session_pb2, session_service_pb2


@dataclass(frozen=True)
class Refusal:
    """An answer to give instead of, or after, doing the call."""

    code: grpc.StatusCode
    reason: str
    retry_s: int = 0
    field: str = ""
    after_doing: bool = False
    """The call is carried out, and only its reply is lost."""


@dataclass
class FakeSession:
    """One session as the wire shows it."""

    session: session_pb2.Session
    rounds: list[round_pb2.Round] = field(default_factory=list)
    replies: dict[str, Any] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)

    def full(self) -> session_pb2.Session:
        full = session_pb2.Session()
        full.CopyFrom(self.session)
        if self.rounds:
            full.latest_round.CopyFrom(self.rounds[-1])
        return full

    def tell(self, **event: Any) -> None:
        """Append one event, given by its field of WatchSessionResponse."""
        cursor = "" if "progress" in event else str(len(self.events) + 1)
        told = session_service_pb2.WatchSessionResponse(cursor=cursor, **event)
        self.events.append(told)

    def tell_round(self, round: round_pb2.Round) -> None:
        self.tell(round_changed=event_pb2.RoundChangedEvent(round=round))


Method = Callable[[Any, Any, Any], Awaitable[Any]]


def recorded(method: Method) -> Method:
    """Record the call and give the refusal that was ordered for it."""

    @functools.wraps(method)
    async def call(self: Any, request: Any, context: Any) -> Any:
        name = method.__name__
        self.calls.append((name, request))
        ordered = self.refusals.get(name)
        refusal = ordered.pop(0) if ordered else None
        if refusal is not None and not refusal.after_doing:
            await refuse(context, refusal)
        reply = await method(self, request, context)
        if refusal is not None:
            await refuse(context, refusal)
        return reply

    return call


async def refuse(context: Any, refusal: Refusal) -> None:
    status = status_pb2.Status(
        code=getattr(code_pb2, refusal.code.name), message=refusal.reason.lower()
    )
    info = error_details_pb2.ErrorInfo(reason=refusal.reason, domain="multibo")
    status.details.add().Pack(info)
    if refusal.retry_s:
        delay = duration_pb2.Duration(seconds=refusal.retry_s)
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    if refusal.field:
        bad = error_details_pb2.BadRequest()
        bad.field_violations.add(field=refusal.field, description="is not possible")
        status.details.add().Pack(bad)
    await context.abort_with_status(rpc_status.to_status(status))
