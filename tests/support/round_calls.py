"""Calls on rounds, as short as tests want them."""

from __future__ import annotations

from typing import Any

from multibo.v1 import round_pb2, round_service_pb2
from tests.support.wire import Wire, new_id


async def propose(wire: Wire, session: str) -> round_pb2.Round:
    request = round_service_pb2.ProposeRoundRequest(parent=session)
    round: round_pb2.Round = (await wire.rounds.ProposeRound(request)).round
    return round


def an_answer(
    round: round_pb2.Round, slot: int = 1, **fields: Any
) -> round_service_pb2.SubmitFeedbackRequest:
    feedback = round_pb2.Feedback(chosen=slot, shown=[3, 0, 1, 2])
    return round_service_pb2.SubmitFeedbackRequest(
        **{
            "name": round.name,
            "feedback": feedback,
            "request_id": new_id(),
            **fields,
        }
    )


async def get(wire: Wire, name: str) -> round_pb2.Round:
    request = round_service_pb2.GetRoundRequest(name=name)
    round: round_pb2.Round = (await wire.rounds.GetRound(request)).round
    return round
