"""What others get wrong, right here; `docs/acceptance.md` names them all."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest

from multibo.optimizer.app import create
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import RequestKey
from multibo.v1 import insight_service_pb2, round_pb2, session_service_pb2
from multibo.v1 import round_service_pb2 as rounds_pb2
from tests.support.digest_engine import DigestEngine
from tests.support.wire import PROJECT, Wire, a_spec, new_id, serving

pytestmark = pytest.mark.redis

SHOWN: Final = (2, 0, 3, 1)


async def propose(wire: Wire, session: str) -> round_pb2.Round:
    request = rounds_pb2.ProposeRoundRequest(parent=session)
    round: round_pb2.Round = (await wire.rounds.ProposeRound(request)).round
    return round


async def answer(wire: Wire, session: str, **judgment: Any) -> round_pb2.Round:
    """Answer a new round; by a choice unless another judgment is given."""
    round = await propose(wire, session)
    feedback = round_pb2.Feedback(shown=SHOWN, **(judgment or {"chosen": 3}))
    request = rounds_pb2.SubmitFeedbackRequest(
        name=round.name, feedback=feedback, request_id=new_id()
    )
    await wire.rounds.SubmitFeedback(request)
    return round


async def undo(wire: Wire, session: str) -> None:
    read = session_service_pb2.GetSessionRequest(name=session)
    etag = (await wire.sessions.GetSession(read)).session.etag
    request = session_service_pb2.UndoFeedbackRequest(
        name=session, request_id=new_id(), etag=etag
    )
    await wire.sessions.UndoFeedback(request)


async def learned(wire: Wire, session: str) -> bytes:
    """All that the preference model believes, bit by bit."""
    request = insight_service_pb2.GetPreferenceMapRequest(name=session)
    reply = await wire.insight.GetPreferenceMap(request)
    return bytes(reply.map.SerializeToString(deterministic=True))


async def test_variety_leaves_what_was_learned_bit_by_bit(wire: Wire) -> None:
    """Elsewhere a reroll trains a dislike."""
    name = (await wire.create()).name
    await answer(wire, name)
    before = await learned(wire, name)
    round = await propose(wire, name)

    request = rounds_pb2.RequestVarietyRequest(name=round.name, request_id=new_id())
    await wire.rounds.RequestVariety(request)

    assert await learned(wire, name) == before


async def test_undo_after_none_of_these_restores_what_was_learned(wire: Wire) -> None:
    """Elsewhere "none" is lost when a session is restored."""
    name = (await wire.create()).name
    await answer(wire, name)
    before = await learned(wire, name)

    await answer(wire, name, none_of_these=round_pb2.NoneOfThese())
    meanwhile = await learned(wire, name)
    await undo(wire, name)

    assert meanwhile != before
    assert await learned(wire, name) == before


async def test_an_undo_is_seen_by_an_open_watch(wire: Wire) -> None:
    """Elsewhere undo breaks the live view."""
    name = (await wire.create()).name
    first = await answer(wire, name)
    later = await propose(wire, name)
    watch = wire.sessions.WatchSession(
        session_service_pb2.WatchSessionRequest(name=name)
    )
    snapshot = await watch.read()

    await undo(wire, name)
    told: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while "session" not in told:
            event = await watch.read()
            if event.HasField("round_changed"):
                told[event.round_changed.round.name] = event.round_changed.round.state
            if event.HasField("session_changed"):
                told["session"] = event.session_changed.session
    watch.cancel()

    assert snapshot.snapshot.session.latest_round.name == later.name
    assert told[later.name] == round_pb2.ROUND_STATE_OBSOLETE
    assert told[first.name] == round_pb2.ROUND_STATE_OPEN
    assert told["session"].open_round == first.name
    assert told["session"].feedback_count == 0
    assert told["session"].can_redo


async def test_a_session_is_read_with_the_same_bytes_however_long_it_is(
    app: App,
) -> None:
    """Elsewhere every call sends the whole history."""
    async with serving(replace(app, engine=DigestEngine())) as wire:
        name = (await wire.create(spec=a_spec(rounds=200))).name
        read = session_service_pb2.GetSessionRequest(name=name)
        listing = session_service_pb2.ListSessionsRequest(parent=PROJECT)
        sizes = []
        for n_answers in (1, 60):
            for _ in range(n_answers):
                await answer(wire, name)
            reply = await wire.sessions.GetSession(read)
            listed = await wire.sessions.ListSessions(listing)
            sizes.append((reply.ByteSize(), listed.ByteSize()))

    (short, short_list), (long, long_list) = sizes
    # Numbers of two digits instead of one, nothing more.
    assert abs(long - short) <= 8
    assert abs(long_list - short_list) <= 8


async def test_small_pages_give_a_thousand_sessions_once_while_more_are_made(
    app: App,
) -> None:
    """Elsewhere the page size is ignored."""

    async def make(number: int) -> None:
        command = CreateSession("local", f"face-{number:04}", "comic portrait")
        key = RequestKey(f"make-{number}", "d")
        await create.create_session(app, command, key, lambda _: b"")

    for number in range(1_000):
        await make(number)
    seen: Counter[str] = Counter()
    async with serving(app) as wire:
        token, number = "", 1_000
        while True:
            page = await wire.sessions.ListSessions(
                session_service_pb2.ListSessionsRequest(
                    parent=PROJECT, page_size=7, page_token=token
                )
            )
            assert len(page.sessions) <= 7
            seen.update(session.name.rpartition("/")[2] for session in page.sessions)
            token = page.next_page_token
            if not token:
                break
            await make(number)
            number += 1

    old = {f"face-{number:04}" for number in range(1_000)}
    assert old <= set(seen)
    assert set(seen.values()) == {1}


async def test_a_candidate_has_its_name_before_anything_is_rendered(app: App) -> None:
    """Elsewhere there is no id until the picture is there, so nothing to cancel."""
    app.fleet.renders = False  # type: ignore[attr-defined]
    async with serving(app) as wire:
        name = (await wire.create()).name

        round = await propose(wire, name)
        cancel = rounds_pb2.CancelRoundRequest(name=round.name)
        canceled = (await wire.rounds.CancelRound(cancel)).round

    names = [candidate.name for candidate in round.candidates]
    assert names == [f"{round.name}/candidates/{slot}" for slot in range(4)]
    assert canceled.state == round_pb2.ROUND_STATE_CANCELLED
