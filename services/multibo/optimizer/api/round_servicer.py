"""`RoundService`: proposing rounds and judging them."""

from __future__ import annotations

from typing import Final

from multibo.optimizer.api import validate
from multibo.optimizer.api.convert.round import (
    candidate_message,
    feedback_value,
    round_message,
)
from multibo.optimizer.api.convert.session import session_message
from multibo.optimizer.api.errors import PageTokenInvalidError
from multibo.optimizer.api.idempotency import request_key
from multibo.optimizer.api.paging import PAGE_BYTES, PageTokens, page_limit
from multibo.optimizer.app import feedback, propose, read, rounds
from multibo.optimizer.app.ports import App
from multibo.optimizer.session import ids
from multibo.optimizer.session.model import Round
from multibo.v1 import round_service_pb2 as wire

_FRAME_BYTES: Final = 8
"""At most what tag and length add to a round in a page."""


class RoundServicer:
    """Converts, calls one use case, and converts back."""

    def __init__(self, app: App, tokens: PageTokens) -> None:
        self._app = app
        self._tokens = tokens

    async def propose_round(
        self, request: wire.ProposeRoundRequest
    ) -> wire.ProposeRoundResponse:
        """Return the open round, or a new one; see the contract."""
        name = ids.parse_session(request.parent, field="parent")
        round = await propose.propose_round(self._app, name)
        wait_ms = await read.wait_ms_of(self._app, round)
        return wire.ProposeRoundResponse(round=round_message(round, wait_ms=wait_ms))

    async def get_round(self, request: wire.GetRoundRequest) -> wire.GetRoundResponse:
        """Return a round; see the contract."""
        round = await read.get_round(self._app, ids.parse_round(request.name))
        wait_ms = await read.wait_ms_of(self._app, round)
        return wire.GetRoundResponse(round=round_message(round, wait_ms=wait_ms))

    async def list_rounds(
        self, request: wire.ListRoundsRequest
    ) -> wire.ListRoundsResponse:
        """Return a page of a session's rounds; see the contract."""
        name = ids.parse_session(request.parent, field="parent")
        validate.list_rounds(request)
        listing = _listing(request)
        cursor = await self._tokens.open(request.page_token, listing)
        after = request.after_round if request.HasField("after_round") else -1
        limit = page_limit(request.page_size)
        listed = await read.list_rounds(
            self._app,
            name,
            after=_number(cursor) if cursor else after,
            # One more tells whether the listing goes on.
            limit=limit + 1,
            include_obsolete=request.include_obsolete,
        )
        reply, last = _page(listed, limit)
        reply.next_page_token = await self._tokens.seal(last, listing)
        return reply

    async def submit_feedback(self, request: wire.SubmitFeedbackRequest) -> bytes:
        """Close a round with an answer; see the contract."""
        name = ids.parse_round(request.name)
        validate.submit_feedback(request)
        request_id = request.request_id.lower()
        return await feedback.submit_feedback(
            self._app,
            name,
            feedback_value(request.feedback, request_id),
            request_key(request, request_id),
            _accepted,
            etag=request.etag,
        )

    async def request_variety(self, request: wire.RequestVarietyRequest) -> bytes:
        """Leave a round for one farther away; see the contract."""
        name = ids.parse_round(request.name)
        validate.request_id(request.request_id)
        key = request_key(request, request.request_id.lower())
        return await rounds.request_variety(self._app, name, key, _varied)

    async def cancel_round(
        self, request: wire.CancelRoundRequest
    ) -> wire.CancelRoundResponse:
        """Close a round without an answer; see the contract."""
        round = await rounds.cancel_round(self._app, ids.parse_round(request.name))
        return wire.CancelRoundResponse(round=round_message(round))

    async def retry_candidate(self, request: wire.RetryCandidateRequest) -> bytes:
        """Queue a candidate again; see the contract."""
        name = ids.parse_candidate(request.name)
        validate.request_id(request.request_id)
        key = request_key(request, request.request_id.lower())

        def retried(round: Round) -> bytes:
            message = candidate_message(round, name.slot)
            return wire.RetryCandidateResponse(candidate=message).SerializeToString()

        return await rounds.retry_candidate(self._app, name, key, retried)


def _varied(round: Round) -> bytes:
    message = round_message(round)
    return wire.RequestVarietyResponse(round=message).SerializeToString()


def _accepted(accepted: feedback.Accepted) -> bytes:
    return wire.SubmitFeedbackResponse(
        round=round_message(accepted.round),
        session=session_message(accepted.view),
    ).SerializeToString()


def _listing(request: wire.ListRoundsRequest) -> bytes:
    """Return what a page token is bound to: the request but for its place."""
    bound = wire.ListRoundsRequest()
    bound.CopyFrom(request)
    bound.ClearField("page_token")
    bound.ClearField("page_size")
    return b"ListRounds\n" + bound.SerializeToString(deterministic=True)


def _number(cursor: str) -> int:
    if not cursor.isdecimal():
        raise PageTokenInvalidError("not a round")
    return int(cursor)


def _page(rounds: tuple[Round, ...], limit: int) -> tuple[wire.ListRoundsResponse, str]:
    """Return what fits into a message, and the cursor behind it."""
    reply = wire.ListRoundsResponse()
    n_bytes = 0
    for round in rounds[:limit]:
        message = round_message(round)
        n_bytes += message.ByteSize() + _FRAME_BYTES
        if reply.rounds and n_bytes > PAGE_BYTES:
            break
        reply.rounds.append(message)
    more = len(reply.rounds) < len(rounds)
    return reply, str(reply.rounds[-1].number) if more else ""
