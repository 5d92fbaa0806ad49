"""Undo, redo, fork, export and import over a real channel."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from multibo.v1 import round_pb2, round_service_pb2, session_pb2
from multibo.v1 import session_service_pb2 as wire_pb2
from tests.support.wire import Wire, a_spec, new_id, refused


async def proposed(wire: Wire, session: str) -> round_pb2.Round:
    request = round_service_pb2.ProposeRoundRequest(parent=session)
    round: round_pb2.Round = (await wire.rounds.ProposeRound(request)).round
    return round


async def answered(wire: Wire, session: str, slot: int = 1) -> session_pb2.Session:
    round = await proposed(wire, session)
    reply = await wire.rounds.SubmitFeedback(
        round_service_pb2.SubmitFeedbackRequest(
            name=round.name,
            feedback=round_pb2.Feedback(chosen=slot, shown=[0, 1, 2, 3]),
            request_id=new_id(),
        )
    )
    after: session_pb2.Session = reply.session
    return after


async def undone(wire: Wire, session: session_pb2.Session) -> session_pb2.Session:
    reply = await wire.sessions.UndoFeedback(
        wire_pb2.UndoFeedbackRequest(
            name=session.name, request_id=new_id(), etag=session.etag
        )
    )
    after: session_pb2.Session = reply.session
    return after


async def redone(wire: Wire, session: session_pb2.Session) -> session_pb2.Session:
    reply = await wire.sessions.RedoFeedback(
        wire_pb2.RedoFeedbackRequest(
            name=session.name, request_id=new_id(), etag=session.etag
        )
    )
    after: session_pb2.Session = reply.session
    return after


async def forked(wire: Wire, source: str, **fields: Any) -> session_pb2.Session:
    request = wire_pb2.ForkSessionRequest(name=source, request_id=new_id(), **fields)
    session: session_pb2.Session = (await wire.sessions.ForkSession(request)).session
    return session


async def get(wire: Wire, name: str) -> session_pb2.Session:
    request = wire_pb2.GetSessionRequest(name=name, view=session_pb2.SESSION_VIEW_FULL)
    session: session_pb2.Session = (await wire.sessions.GetSession(request)).session
    return session


async def listed(wire: Wire, session: str, **fields: Any) -> list[tuple[int, int]]:
    request = round_service_pb2.ListRoundsRequest(parent=session, **fields)
    rounds = (await wire.rounds.ListRounds(request)).rounds
    return [(round.number, round.ordinal) for round in rounds]


async def test_an_undo_shows_the_round_that_opened_again(wire: Wire) -> None:
    name = (await wire.create()).name
    after = await answered(wire, name)
    await proposed(wire, name)

    back = await undone(wire, await get(wire, name))

    assert (after.can_undo, after.can_redo) == (True, False)
    assert (back.can_undo, back.can_redo) == (False, True)
    assert back.feedback_count == 0
    assert back.open_round == back.latest_round.name == f"{name}/rounds/0"
    assert back.latest_round.state == round_pb2.ROUND_STATE_OPEN
    assert not back.latest_round.HasField("feedback")
    assert await get(wire, name) == back


async def test_obsolete_rounds_are_listed_only_on_request(wire: Wire) -> None:
    name = (await wire.create()).name
    await answered(wire, name)
    await proposed(wire, name)
    await undone(wire, await get(wire, name))

    assert await listed(wire, name) == [(0, 1)]
    assert await listed(wire, name, include_obsolete=True) == [(0, 1), (1, 0)]


async def test_a_redo_brings_the_feedback_and_the_round_after_it_back(
    wire: Wire,
) -> None:
    name = (await wire.create()).name
    await answered(wire, name)
    await proposed(wire, name)
    before = await get(wire, name)

    forth = await redone(wire, await undone(wire, before))

    assert forth.latest_round == before.latest_round
    assert (forth.feedback_count, forth.can_redo) == (1, False)
    assert await listed(wire, name) == [(0, 1), (1, 2)]
    assert await get(wire, name) == forth


async def test_a_fork_names_its_source_and_takes_its_answers(wire: Wire) -> None:
    name = (await wire.create()).name
    await answered(wire, name)
    await answered(wire, name, 2)

    copy = await forked(wire, name, session_id="the-fork", through_round=0)

    assert copy.name.endswith("/the-fork")
    assert (copy.forked_from, copy.feedback_count) == (name, 1)
    assert copy.spec == (await get(wire, name)).spec
    assert (await get(wire, name)).feedback_count == 2


async def test_a_warm_start_may_ask_for_another_image(wire: Wire) -> None:
    name = (await wire.create()).name
    await answered(wire, name)

    copy = await forked(
        wire,
        name,
        mode=session_pb2.FORK_MODE_WARM_START,
        spec=a_spec(prompt="voxel portrait", slate_size=3),
    )

    assert (copy.spec.prompt, copy.spec.slate_size) == ("voxel portrait", 3)
    assert copy.feedback_count == 0
    assert len((await proposed(wire, copy.name)).candidates) == 3


async def test_a_warm_start_needs_a_model_that_is_there(wire: Wire) -> None:
    name = (await wire.create()).name
    spec = a_spec(model_revision="99")

    answer = await refused(
        forked(wire, name, mode=session_pb2.FORK_MODE_WARM_START, spec=spec)
    )

    assert answer.reason == "MODEL_NOT_FOUND"


async def test_an_import_proposes_what_its_source_would_have(wire: Wire) -> None:
    source = await wire.create(spec=a_spec(seed=7))
    await answered(wire, source.name, 2)
    out = await wire.sessions.ExportSession(
        wire_pb2.ExportSessionRequest(name=source.name)
    )
    request = wire_pb2.ImportSessionRequest(
        parent="projects/other",
        document=out.document,
        digest=out.digest,
        request_id=new_id(),
    )

    copy = (await wire.sessions.ImportSession(request)).session
    again = (await wire.sessions.ImportSession(request)).session

    mine, theirs = [await proposed(wire, name) for name in (source.name, copy.name)]
    assert copy == again
    assert (out.schema, out.digest) == (1, hashlib.sha256(out.document).hexdigest())
    assert copy.name.startswith("projects/other/sessions/")
    assert copy.spec == source.spec
    assert copy.feedback_count == 1
    assert [one.warp for one in theirs.candidates] == [
        one.warp for one in mine.candidates
    ]


@pytest.mark.parametrize("document", [b"{}", b"\x00\xff" * 9])
async def test_a_damaged_document_says_nothing_of_its_content(
    wire: Wire, document: bytes
) -> None:
    request = wire_pb2.ImportSessionRequest(
        parent="projects/local", document=document, request_id=new_id()
    )

    answer = await refused(wire.sessions.ImportSession(request))

    assert (answer.code.name, answer.reason) == ("INVALID_ARGUMENT", "DOCUMENT_INVALID")
