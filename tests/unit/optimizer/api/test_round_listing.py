"""RoundService over a real channel and a store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from multibo.jobs.job import JobState
from multibo.optimizer.api.paging import PAGE_BYTES
from multibo.optimizer.api.round_servicer import _page
from multibo.optimizer.session.model import Round
from multibo.v1 import round_service_pb2, session_pb2
from tests.support.builders import a_round
from tests.support.fakes import an_app
from tests.support.round_calls import an_answer, get, propose
from tests.support.wire import Wire, a_spec, refused, serving


@pytest.fixture
async def idle_wire() -> AsyncIterator[Wire]:
    """A server whose fleet never renders anything."""
    async with serving(an_app(renders=False)) as wire:
        yield wire


async def test_a_spent_budget_ends_the_proposals(wire: Wire) -> None:
    session = await wire.create(spec=a_spec(rounds=1))
    round = await propose(wire, session.name)
    reply = await wire.rounds.SubmitFeedback(an_answer(round))

    answer = await refused(propose(wire, session.name))

    assert reply.session.state == session_pb2.SESSION_STATE_EXHAUSTED
    assert answer.reason == "BUDGET_SPENT"
    assert answer.metadata == {"spent": "1", "budget": "1", "unit": "rounds"}


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        ("/rounds/9", "ROUND_NOT_FOUND"),
        ("/rounds/x", "FIELD_INVALID"),
        ("x/rounds/0", "SESSION_NOT_FOUND"),
    ],
)
async def test_a_round_that_is_not_there_is_refused(
    wire: Wire, suffix: str, reason: str
) -> None:
    session = await wire.create()

    answer = await refused(get(wire, session.name + suffix))

    assert answer.reason == reason


async def list_rounds(wire: Wire, session: str, **fields: Any) -> list[int]:
    """The numbers of a whole listing, page by page."""
    numbers: list[int] = []
    token = ""
    while True:
        reply = await wire.rounds.ListRounds(
            round_service_pb2.ListRoundsRequest(
                parent=session, page_token=token, **fields
            )
        )
        numbers += [round.number for round in reply.rounds]
        token = reply.next_page_token
        if not token:
            return numbers


async def test_rounds_are_listed_in_order_each_once(wire: Wire) -> None:
    session = await wire.create()
    for _ in range(3):
        round = await propose(wire, session.name)
        await wire.rounds.SubmitFeedback(an_answer(round))

    assert await list_rounds(wire, session.name) == [0, 1, 2]
    assert await list_rounds(wire, session.name, page_size=1) == [0, 1, 2]
    assert await list_rounds(wire, session.name, page_size=2) == [0, 1, 2]
    assert await list_rounds(wire, session.name, after_round=0) == [1, 2]


def many_rounds(n: int) -> tuple[Round, ...]:
    return tuple(a_round(JobState.READY, number) for number in range(n))


def test_a_page_of_rounds_fits_into_a_message() -> None:
    rounds = many_rounds(1000)

    reply, last = _page(rounds, 1000)

    assert 0 < len(reply.rounds) < 1000
    assert reply.ByteSize() <= PAGE_BYTES
    assert last == str(len(reply.rounds) - 1)
