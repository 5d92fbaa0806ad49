"""Undo, forks, documents and insight through the asynchronous core."""

from __future__ import annotations

from dataclasses import replace

import grpc
import pytest

from multibo.client import AsyncProject, AsyncSession, errors, insight, types
from multibo.v1 import (
    insight_pb2,
    insight_service_pb2,
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.scripted_optimizer import (
    SESSION,
    Refusal,
    ScriptedOptimizer,
    a_round,
    a_session,
)

OPEN = round_pb2.ROUND_STATE_OPEN
SLICE = insight_pb2.UtilitySlice(
    x=[-1, 0, 1], y=[-1, 1], mean=[1, 2, 3, 4, 5, 6], sd=[0] * 6
)


@pytest.fixture
async def session(project: AsyncProject, optimizer: ScriptedOptimizer) -> AsyncSession:
    spec = session_pb2.SessionSpec(
        prompt="face", negative_prompt="hat", seed=5, slate_size=3, anchor=False
    )
    shown = a_session(etag="7", spec=spec, can_undo=True)
    optimizer.on("GetSession", session_service_pb2.GetSessionResponse(session=shown))
    return await project.session("faces")


async def test_undo_and_redo_take_the_session_as_it_is_now(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    undone = a_session(etag="8", can_redo=True, latest_round=a_round(OPEN))
    optimizer.on(
        "UndoFeedback", session_service_pb2.UndoFeedbackResponse(session=undone)
    )
    optimizer.on(
        "RedoFeedback", session_service_pb2.RedoFeedbackResponse(session=a_session())
    )
    assert session.info.can_undo

    info = await session.undo()

    assert info is session.info
    assert (info.can_undo, info.can_redo) == (False, True)
    assert info.latest_round is not None
    assert not (await session.redo(etag="8")).can_redo
    assert optimizer.requests["UndoFeedback"][0].etag == "7"
    assert optimizer.requests["RedoFeedback"][0].etag == "8"
    assert optimizer.n_calls("GetSession") == 2


async def test_an_undo_on_a_changed_session_is_refused(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    stale = Refusal(grpc.StatusCode.ABORTED, "ETAG_MISMATCH", metadata={"current": "9"})
    optimizer.on("UndoFeedback", stale)

    with pytest.raises(errors.EtagMismatchError) as refused:
        await session.undo(etag="7")

    assert refused.value.current == "9"
    assert optimizer.n_calls("UndoFeedback") == 1


async def test_a_fork_takes_the_history_over(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    fork = a_session(name=f"{SESSION}-2", forked_from=SESSION)
    optimizer.on("ForkSession", session_service_pb2.ForkSessionResponse(session=fork))

    forked = await session.fork(through=0, session_id="faces-2")

    (request,) = optimizer.requests["ForkSession"]
    assert request.HasField("through_round")
    assert not request.HasField("spec")
    assert request.mode == session_pb2.FORK_MODE_HISTORY
    assert forked.info.forked_from == session.name


async def test_a_warm_start_may_change_the_spec_and_keeps_the_rest(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "ForkSession", session_service_pb2.ForkSessionResponse(session=a_session())
    )

    await session.fork(
        mode=types.ForkMode.WARM_START, spec=replace(session.info.spec, prompt="new")
    )

    (request,) = optimizer.requests["ForkSession"]
    assert request.mode == session_pb2.FORK_MODE_WARM_START
    assert not request.HasField("through_round")
    spec = request.spec
    assert (spec.prompt, spec.negative_prompt, spec.seed) == ("new", "hat", 5)
    assert (spec.slate_size, spec.anchor) == (3, False)


async def test_a_document_goes_out_and_in_byte_for_byte(
    project: AsyncProject, session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "ExportSession",
        session_service_pb2.ExportSessionResponse(
            document=b"{}\n", digest="ab", schema=1
        ),
    )
    optimizer.on(
        "ImportSession", session_service_pb2.ImportSessionResponse(session=a_session())
    )

    exported = await session.export()
    await project.import_session(
        exported.document, digest=exported.digest, session_id="other"
    )

    assert exported == types.ExportedSession(b"{}\n", "ab", 1)
    (request,) = optimizer.requests["ImportSession"]
    assert request.parent == "projects/local"
    assert (request.document, request.digest) == (b"{}\n", "ab")
    assert request.session_id == "other"


async def test_rounds_go_through_all_pages(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    second = a_round(OPEN, name=f"{SESSION}/rounds/1")
    optimizer.on(
        "ListRounds",
        round_service_pb2.ListRoundsResponse(
            rounds=[a_round(OPEN)], next_page_token="on"
        ),
        round_service_pb2.ListRoundsResponse(rounds=[second]),
    )

    found = [round.number async for round in session.rounds(include_obsolete=True)]

    assert found == [0, 1]
    first, more = optimizer.requests["ListRounds"]
    assert first.include_obsolete
    assert not first.HasField("after_round")
    assert more.page_token == "on"


async def test_insight_arrives_as_plain_values(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "GetPreferenceMap",
        insight_service_pb2.GetPreferenceMapResponse(
            map=insight_pb2.PreferenceMap(
                axes=[insight_pb2.AxisEffect(axis="hue", positions=[0], lower=[-1])],
                slice=SLICE,
                trace=[insight_pb2.TracePoint(round=3)],
            )
        ),
    )
    optimizer.on(
        "GetStoppingAdvice",
        insight_service_pb2.GetStoppingAdviceResponse(
            advice=insight_pb2.StoppingAdvice(stop=True, reason="settled")
        ),
    )
    optimizer.on(
        "RenderFigure",
        insight_service_pb2.RenderFigureResponse(
            data=b"<svg/>", media_type="image/svg+xml"
        ),
    )

    learned = await session.preference_map(x_axis="hue")
    advice = await session.stopping_advice()
    figure = await session.figure(insight.FigureKind.TRACE, insight.FigureFormat.SVG)

    assert learned.slice.mean == ((1, 2, 3), (4, 5, 6))
    assert (learned.axes[0].axis, learned.axes[0].lower) == ("hue", (-1,))
    assert learned.trace[0].round == 3
    assert optimizer.requests["GetPreferenceMap"][0].x_axis == "hue"
    assert (advice.stop, advice.reason) == (True, "settled")
    assert (figure.data, figure.media_type) == (b"<svg/>", "image/svg+xml")
    (request,) = optimizer.requests["RenderFigure"]
    assert request.kind == insight_service_pb2.FIGURE_KIND_TRACE
    assert request.format == insight_service_pb2.FIGURE_FORMAT_SVG


async def test_a_fallback_arrives_with_its_reason(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    why = "engine restarting"
    learned = insight_pb2.PreferenceMap(slice=SLICE, degraded=why)
    advice = insight_pb2.StoppingAdvice(degraded=why)
    reply = insight_service_pb2.GetPreferenceMapResponse(map=learned)
    optimizer.on("GetPreferenceMap", reply)
    optimizer.on(
        "GetStoppingAdvice",
        insight_service_pb2.GetStoppingAdviceResponse(advice=advice),
    )

    assert (await session.preference_map()).degraded == why
    assert (await session.stopping_advice()).degraded == why
