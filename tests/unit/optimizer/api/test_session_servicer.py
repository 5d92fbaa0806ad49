"""SessionService over a real channel and a store in memory."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from multibo.optimizer.app.ports import App
from multibo.v1 import (
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.wire import (
    PROJECT,
    Wire,
    a_spec,
    create_request,
    new_id,
    refused,
)

GetSession = session_service_pb2.GetSessionRequest
FULL = session_pb2.SESSION_VIEW_FULL


async def propose(wire: Wire, session: str) -> round_pb2.Round:
    request = round_service_pb2.ProposeRoundRequest(parent=session)
    round: round_pb2.Round = (await wire.rounds.ProposeRound(request)).round
    return round


async def test_a_new_session_has_every_default_filled_in(wire: Wire) -> None:
    session = await wire.create(session_id="walk-in-the-park")

    spec = session.spec
    assert session.name == f"{PROJECT}/sessions/walk-in-the-park"
    assert session.state == session_pb2.SESSION_STATE_ACTIVE
    assert (spec.model, spec.model_revision) == ("models/avatars", "1")
    assert spec.warp_space == "models/avatars/warpSpaces/flow-16@1"
    assert (spec.slate_size, spec.rounds, spec.anchor) == (4, 50, True)
    assert spec.steps > 0
    assert session.expire_time.seconds > session.create_time.seconds


async def test_what_was_asked_for_is_what_the_session_has(wire: Wire) -> None:
    asked = a_spec(
        prompt="ink sketch",
        negative_prompt="hat",
        model="models/avatars",
        model_revision="1",
        warp_space="models/avatars/warpSpaces/flow-16@1",
        seed=2**63 - 1,
        steps=6,
        guidance=0.0,
        slate_size=8,
        rounds=200,
        images=300,
        anchor=False,
        labels={"team": "a"},
        control_share=0.25,
        probe_share=0.5,
        casting_rounds=50,
    )

    session = await wire.create(spec=asked)

    assert session.spec == asked


async def test_a_session_is_found_by_its_name(wire: Wire) -> None:
    session = await wire.create()

    reply = await wire.sessions.GetSession(GetSession(name=session.name))

    assert reply.session == session


async def test_the_full_view_shows_the_round(wire: Wire) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)

    basic = await wire.sessions.GetSession(GetSession(name=session.name))
    full = await wire.sessions.GetSession(GetSession(name=session.name, view=FULL))

    assert basic.session.open_round == round.name
    assert not basic.session.HasField("latest_round")
    assert full.session.latest_round.name == round.name
    assert full.session.latest_round.state == round_pb2.ROUND_STATE_OPEN


async def test_the_same_request_gets_the_same_reply(wire: Wire) -> None:
    request = create_request()

    first = await wire.sessions.CreateSession(request)
    request.request_id = request.request_id.upper()
    second = await wire.sessions.CreateSession(request)

    assert first == second


async def test_a_request_id_belongs_to_its_content(wire: Wire) -> None:
    request = create_request()
    await wire.sessions.CreateSession(request)

    request.spec.prompt = "another"
    answer = await refused(wire.sessions.CreateSession(request))

    assert (answer.code, answer.reason) == (
        grpc.StatusCode.ALREADY_EXISTS,
        "REQUEST_ID_CONFLICT",
    )


async def test_a_session_id_belongs_to_its_spec(wire: Wire) -> None:
    first = await wire.create(session_id="walk-in-the-park")
    same = await wire.create(session_id="walk-in-the-park")

    answer = await refused(
        wire.create(session_id="walk-in-the-park", spec=a_spec(prompt="another"))
    )

    assert first == same
    assert answer.reason == "SESSION_EXISTS"


async def test_a_session_can_be_tried_out(wire: Wire) -> None:
    tried = await wire.create(validate_only=True)

    answer = await refused(wire.sessions.GetSession(GetSession(name=tried.name)))

    assert answer.reason == "SESSION_NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "code", "reason"),
    [
        ({"parent": "local"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"session_id": "A"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"request_id": "1"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"spec": a_spec(prompt="")}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"spec": a_spec(prompt="x" * 10_000)}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"spec": a_spec(slate_size=9)}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"spec": a_spec(guidance=float("nan"))}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"spec": a_spec(model="avatars")}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"spec": a_spec(warp_space="flow-16@1")}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        (
            {
                "spec": a_spec(
                    model="models/avatars", warp_space="models/b/warpSpaces/c@1"
                )
            },
            "INVALID_ARGUMENT",
            "FIELD_INVALID",
        ),
        ({"spec": a_spec(model="models/nobody")}, "NOT_FOUND", "MODEL_NOT_FOUND"),
        ({"spec": a_spec(model_revision="99")}, "NOT_FOUND", "MODEL_NOT_FOUND"),
        (
            {"spec": a_spec(warp_space="models/avatars/warpSpaces/flow-16@99")},
            "NOT_FOUND",
            "MODEL_NOT_FOUND",
        ),
    ],
    ids=str,
)
async def test_a_refused_session_is_not_stored(
    wire: Wire, fields: dict[str, Any], code: str, reason: str
) -> None:
    answer = await refused(wire.create(**fields))

    listed = await wire.sessions.ListSessions(listing())
    assert (answer.code.name, answer.reason) == (code, reason)
    assert list(listed.sessions) == []


def listing(**fields: Any) -> session_service_pb2.ListSessionsRequest:
    return session_service_pb2.ListSessionsRequest(**{"parent": PROJECT, **fields})


async def listed_names(wire: Wire, **fields: Any) -> list[str]:
    """The names of a whole listing, page by page."""
    names: list[str] = []
    token = ""
    while True:
        reply = await wire.sessions.ListSessions(listing(page_token=token, **fields))
        names += [session.name for session in reply.sessions]
        token = reply.next_page_token
        if not token:
            return names


async def test_a_listing_gives_each_session_once_newest_first(wire: Wire) -> None:
    created = [(await wire.create()).name for _ in range(9)]

    assert await listed_names(wire, page_size=2) == created[::-1]
    assert await listed_names(wire) == created[::-1]
    assert await listed_names(wire, page_size=5000) == created[::-1]


async def test_a_listing_is_filtered_by_state_and_labels(wire: Wire) -> None:
    spec = a_spec(labels={"team": "a", "kind": "x"})
    names = [(await wire.create(spec=spec)).name for _ in range(3)]
    other = await wire.create(spec=a_spec(labels={"team": "b"}))
    finish = session_service_pb2.FinishSessionRequest(name=names[1])
    await wire.sessions.FinishSession(finish)

    labelled = await listed_names(wire, page_size=1, labels={"team": "a"})
    finished = await listed_names(wire, states=[session_pb2.SESSION_STATE_FINISHED])
    both = await listed_names(
        wire, states=[session_pb2.SESSION_STATE_ACTIVE], labels={"team": "b"}
    )

    assert labelled == names[::-1]
    assert finished == [names[1]]
    assert both == [other.name]


async def test_a_page_token_is_good_for_its_own_listing_only(wire: Wire) -> None:
    for _ in range(2):
        await wire.create()
    first = await wire.sessions.ListSessions(listing(page_size=1))

    answer = await refused(
        wire.sessions.ListSessions(
            listing(page_token=first.next_page_token, labels={"team": "a"})
        )
    )

    assert answer.reason == "PAGE_TOKEN_INVALID"


async def test_a_deleted_session_is_gone(wire: Wire) -> None:
    session = await wire.create()
    delete = session_service_pb2.DeleteSessionRequest(name=session.name)

    await wire.sessions.DeleteSession(delete)
    again = await refused(wire.sessions.DeleteSession(delete))
    delete.allow_missing = True
    await wire.sessions.DeleteSession(delete)

    assert again.reason == "SESSION_NOT_FOUND"


async def test_a_finished_session_says_what_was_accepted(wire: Wire) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)
    request = session_service_pb2.FinishSessionRequest(
        name=session.name, accepted_candidate=round.candidates[2].name
    )

    finished = (await wire.sessions.FinishSession(request)).session
    again = (await wire.sessions.FinishSession(request)).session

    assert finished.state == session_pb2.SESSION_STATE_FINISHED
    assert finished.accepted_candidate == round.candidates[2].name
    assert finished.open_round == ""
    assert again == finished


async def test_a_stale_etag_ends_nothing(wire: Wire, app: App) -> None:
    session = await wire.create()
    await propose(wire, session.name)
    request = session_service_pb2.FinishSessionRequest(
        name=session.name, etag=session.etag
    )

    answer = await refused(wire.sessions.FinishSession(request))

    assert (answer.code, answer.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    assert answer.metadata["given"] == session.etag


async def test_a_request_id_of_one_command_is_free_for_another_session(
    wire: Wire,
) -> None:
    request_id = new_id()
    first = await wire.create(request_id=request_id)

    other = await wire.create(
        request_id=request_id, parent="projects/other", session_id="another-one"
    )

    assert other.name != first.name
