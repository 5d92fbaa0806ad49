"""A project that has its share is told so, last of all, and nothing is written."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import grpc
import pytest

from multibo.optimizer.app.ports import App
from multibo.optimizer.app.quota import Quota, within_quota
from multibo.v1 import round_service_pb2, session_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import Wire, create_request, refused, serving


@dataclass
class Load:
    """What the project has, as the test says."""

    n_sessions: int = 0
    n_rows: int = 0

    async def sessions(self, project: str) -> int:
        return self.n_sessions

    async def rows(self, project: str) -> int:
        return self.n_rows


@pytest.fixture
def load() -> Load:
    return Load()


@pytest.fixture
def app(load: Load) -> App:
    app = an_app()
    quota = Quota(sessions=3, rows=8)
    return replace(app, store=within_quota(app.store, load, app.fleet, quota))


@pytest.fixture
async def wire(app: App) -> AsyncIterator[Wire]:
    async with serving(app) as wire:
        yield wire


async def test_one_session_too_many_is_refused(wire: Wire, load: Load) -> None:
    load.n_sessions = 3

    answer = await refused(wire.sessions.CreateSession(create_request()))
    listed = await wire.sessions.ListSessions(
        session_service_pb2.ListSessionsRequest(parent="projects/local")
    )

    assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert answer.reason == "QUOTA_EXCEEDED"
    assert answer.metadata == {"project": "local", "limit": "3"}
    assert answer.quota == ["projects/local"]
    assert not listed.sessions


async def test_what_replays_needs_no_place(wire: Wire, load: Load) -> None:
    request = create_request(session_id="mine")
    first = await wire.sessions.CreateSession(request)
    load.n_sessions = 3

    again = await wire.sessions.CreateSession(request)
    same_name = await wire.sessions.CreateSession(create_request(session_id="mine"))
    other = create_request(session_id="mine")
    other.spec.rounds = 7
    answer = await refused(wire.sessions.CreateSession(other))

    assert first == again
    assert same_name.session.name == first.session.name
    assert answer.reason == "SESSION_EXISTS"


async def test_trying_out_needs_no_place(wire: Wire, load: Load) -> None:
    load.n_sessions = 3

    reply = await wire.sessions.CreateSession(create_request(validate_only=True))

    assert reply.session.spec.rounds == 50


async def test_a_full_backlog_says_how_long_to_wait(wire: Wire, load: Load) -> None:
    session = await wire.create()
    load.n_rows = 5
    propose = round_service_pb2.ProposeRoundRequest(parent=session.name)

    answer = await refused(wire.rounds.ProposeRound(propose))
    load.n_rows = 4
    reply = await wire.rounds.ProposeRound(propose)

    assert (answer.code.name, answer.reason) == ("RESOURCE_EXHAUSTED", "BACKLOG_FULL")
    assert answer.retry_after_ms == 1000
    assert reply.round.name.endswith("/rounds/0")


class UnaskedEngine:
    """No proposal may cost a fit."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the engine was asked to {name}")


async def test_a_full_backlog_is_refused_before_the_fit(app: App, load: Load) -> None:
    idle: Any = UnaskedEngine()
    load.n_rows = 8

    async with serving(replace(app, engine=idle)) as wire:
        session = await wire.create()
        propose = round_service_pb2.ProposeRoundRequest(parent=session.name)
        answer = await refused(wire.rounds.ProposeRound(propose))

    assert answer.reason == "BACKLOG_FULL"


async def test_an_open_round_is_returned_however_full_the_backlog(
    wire: Wire, load: Load
) -> None:
    session = await wire.create()
    propose = round_service_pb2.ProposeRoundRequest(parent=session.name)
    first = await wire.rounds.ProposeRound(propose)
    load.n_rows = 999

    again = await wire.rounds.ProposeRound(propose)

    assert again.round.name == first.round.name


async def test_an_answer_is_taken_however_full_the_backlog(
    wire: Wire, load: Load
) -> None:
    session = await wire.create()
    propose = round_service_pb2.ProposeRoundRequest(parent=session.name)
    first = await wire.rounds.ProposeRound(propose)
    load.n_rows = 999
    request = round_service_pb2.SubmitFeedbackRequest(
        name=first.round.name, request_id=str(uuid.uuid4())
    )
    request.feedback.chosen = 1
    request.feedback.shown.extend([0, 1])

    reply = await wire.rounds.SubmitFeedback(request)

    assert reply.session.feedback_count == 1
