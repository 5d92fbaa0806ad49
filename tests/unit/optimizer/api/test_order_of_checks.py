"""Of several reasons to refuse a call, the first in the contract's order is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc

from multibo.v1 import round_pb2, round_service_pb2, session_service_pb2
from tests.support.credentials import (
    EVERY_SCOPE,
    a_signer,
    an_authenticator,
    bearer,
    write_jwks,
)
from tests.support.fakes import an_app
from tests.support.wire import Wire, create_request, new_id, refusal, serving

Submit = round_service_pb2.SubmitFeedbackRequest
ORDER = [
    "TOKEN_MISSING",
    "SCOPE_MISSING",
    "SESSION_NOT_FOUND",
    "REQUEST_ID_CONFLICT",
    "ETAG_MISMATCH",
    "ROUND_NOT_OPEN",
    "FEEDBACK_INVALID",
]


async def told(wire: Wire, request: Any, metadata: Any) -> str:
    try:
        await wire.rounds.SubmitFeedback(request, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return refusal(error).reason
    return "OK"


async def proposed(wire: Wire, session: str, entitled: Any) -> str:
    """Return the name of a new round of a session."""
    propose = round_service_pb2.ProposeRoundRequest(parent=session)
    return (await wire.rounds.ProposeRound(propose, metadata=entitled)).round.name


async def an_answer(
    wire: Wire, entitled: Any
) -> round_service_pb2.SubmitFeedbackRequest:
    """Return a right answer to the first round of a new session."""
    created = await wire.sessions.CreateSession(create_request(), metadata=entitled)
    name = await proposed(wire, created.session.name, entitled)
    read = session_service_pb2.GetSessionRequest(name=created.session.name)
    session = (await wire.sessions.GetSession(read, metadata=entitled)).session
    answer = round_pb2.Feedback(chosen=0, shown=[0, 1])
    return Submit(name=name, feedback=answer, request_id=new_id(), etag=session.etag)


async def test_a_call_wrong_in_every_way_is_told_one_thing_after_the_other(
    tmp_path: Path,
) -> None:
    signer = a_signer()
    authenticator = an_authenticator(jwks=write_jwks(tmp_path / "jwks", [signer]))
    entitled = bearer(signer.token(scope=EVERY_SCOPE))
    async with serving(an_app(), authenticator=authenticator) as wire:
        first = await an_answer(wire, entitled)
        kept = await wire.rounds.SubmitFeedback(first, metadata=entitled)

        # Answered already, at an old etag, a slot that was not shown, a used id.
        wrong = Submit(
            name="projects/theirs/sessions/other/rounds/0",
            feedback=round_pb2.Feedback(chosen=3, shown=[0, 1]),
            request_id=first.request_id,
            etag="r0",
        )
        poor = bearer(signer.token(scope="images.read"))
        reasons = [await told(wire, wrong, who) for who in ((), poor, entitled)]
        wrong.name = first.name
        reasons.append(await told(wire, wrong, entitled))
        wrong.request_id = new_id()
        reasons.append(await told(wire, wrong, entitled))
        wrong.etag = ""
        reasons.append(await told(wire, wrong, entitled))
        session = first.name.rpartition("/rounds/")[0]
        wrong.name = await proposed(wire, session, entitled)
        reasons.append(await told(wire, wrong, entitled))
        # Its round is closed and its etag old by now: a repeat is above all that.
        first_again = await wire.rounds.SubmitFeedback(first, metadata=entitled)

    assert reasons == ORDER
    assert first_again == kept
