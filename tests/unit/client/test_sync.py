"""The synchronous facade: every method of the core, no behavior of its own."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator

import pytest

from multibo import client
from multibo.client import Project, connect, errors, events
from multibo.client.loop import LoopThread
from multibo.v1 import (
    event_pb2,
    image_service_pb2,
    insight_pb2,
    insight_service_pb2,
    model_service_pb2,
    round_pb2,
    round_service_pb2,
    session_service_pb2,
)
from tests.support.scripted_optimizer import (
    HANG,
    ScriptedOptimizer,
    a_candidate,
    a_free_port,
    a_round,
    a_session,
    serving,
    told,
)

READY = round_pb2.CANDIDATE_STATE_READY
OPEN = round_pb2.ROUND_STATE_OPEN


@pytest.fixture
def scripted() -> Iterator[ScriptedOptimizer]:
    """A scripted server on a loop of its own."""
    optimizer = ScriptedOptimizer()
    loop = LoopThread()
    server = serving(optimizer)
    loop.run(server.__aenter__())
    yield optimizer
    loop.run(server.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
def multibo(scripted: ScriptedOptimizer) -> Iterator[Project]:
    scripted.on(
        "CreateSession", session_service_pb2.CreateSessionResponse(session=a_session())
    )
    scripted.on(
        "GetSession", session_service_pb2.GetSessionResponse(session=a_session())
    )
    scripted.on(
        "ProposeRound",
        round_service_pb2.ProposeRoundResponse(round=a_round(OPEN, READY, READY)),
    )
    scripted.on(
        "GetRound",
        round_service_pb2.GetRoundResponse(round=a_round(OPEN, READY, READY)),
    )
    scripted.on("GetImage", image_service_pb2.GetImageResponse(data=b"png"))
    with connect(scripted.address) as project:
        yield project


@pytest.mark.parametrize(
    "name", ["Project", "Session", "Round", "Candidate", "Recommendation"]
)
def test_the_facade_offers_what_the_core_offers(name: str) -> None:
    core, facade = getattr(client, f"Async{name}"), getattr(client, name)

    def offered(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert offered(core) <= offered(facade) | {"core"}
    for method in offered(core):
        ours = getattr(facade, method)
        if inspect.isfunction(ours) and method != "watch":
            assert _parameters(ours) == _parameters(getattr(core, method)), method


def _parameters(function: object) -> list[tuple[str, object, object]]:
    assert callable(function)
    parameters = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in parameters]


def test_the_whole_loop_runs_without_an_event_loop(
    multibo: Project, scripted: ScriptedOptimizer
) -> None:
    judged = a_round(
        round_pb2.ROUND_STATE_JUDGED,
        READY,
        READY,
        feedback=round_pb2.Feedback(chosen=1, shown=[0, 1]),
    )
    scripted.on(
        "SubmitFeedback",
        round_service_pb2.SubmitFeedbackResponse(round=judged, session=a_session()),
    )
    scripted.on(
        "GetRecommendation",
        insight_service_pb2.GetRecommendationResponse(
            recommendation=insight_pb2.Recommendation(
                shown=insight_pb2.ShownRecommendation(candidate=a_candidate(1))
            )
        ),
    )
    session = multibo.create_session(prompt="comic portrait", rounds=10)

    round = session.propose()
    images = [candidate.image() for candidate in round.candidates]
    round.choose(1)
    best = session.recommendation()

    assert images == [b"png", b"png"]
    assert round.state.value == "JUDGED"
    assert best.candidate.slot == 1
    assert best.image() == best.thumbnail() == b"png"


def test_the_url_of_an_image_is_had_without_an_event_loop(
    multibo: Project, scripted: ScriptedOptimizer
) -> None:
    url = "https://images.example/1"
    scripted.on("GetImageUrl", image_service_pb2.GetImageUrlResponse(url=url))
    round = multibo.create_session(prompt="comic portrait").propose()

    assert round.candidates[0].image_url(thumbnail=True).url == url
    assert round.candidates[0].thumbnail() == b"png"


def test_reads_come_through(multibo: Project, scripted: ScriptedOptimizer) -> None:
    scripted.on(
        "ListSessions",
        session_service_pb2.ListSessionsResponse(sessions=[a_session()]),
    )
    scripted.on("ListModels", model_service_pb2.ListModelsResponse())
    scripted.on("GetWarpSpace", model_service_pb2.GetWarpSpaceResponse())
    session = multibo.session("faces")

    assert multibo.name == "projects/local"
    assert [info.name for info in multibo.sessions()] == [session.name]
    assert multibo.models() == []
    assert multibo.warp_space("x").dimension == 0
    assert session.refresh() == session.info
    assert session.round(0).refresh().state.value == "OPEN"
    round = session.round(0)
    round.wait_until_open(timeout_s=1)
    assert (round.number, round.name) == (0, round.info.name)
    candidate = round.candidates[1]
    assert (candidate.slot, candidate.name) == (1, candidate.info.name)
    assert candidate.role.value == "UNKNOWN"
    assert candidate.state.value == "READY"


def test_a_session_is_finished_and_deleted(
    multibo: Project, scripted: ScriptedOptimizer
) -> None:
    scripted.on(
        "FinishSession", session_service_pb2.FinishSessionResponse(session=a_session())
    )
    scripted.on("DeleteSession", session_service_pb2.DeleteSessionResponse())
    session = multibo.session("faces")

    session.finish(session.propose().candidates[0])
    session.delete()
    multibo.delete_session("faces", allow_missing=True)

    accepted = scripted.requests["FinishSession"][0].accepted_candidate
    assert accepted.endswith("/candidates/0")
    assert scripted.n_calls("DeleteSession") == 2


def test_a_watch_is_an_iterator_that_can_be_left(
    multibo: Project, scripted: ScriptedOptimizer
) -> None:
    scripted.on(
        "WatchSession",
        [
            told("1", snapshot=event_pb2.SnapshotEvent(session=a_session())),
            told(
                "2",
                session_changed=event_pb2.SessionChangedEvent(session=a_session()),
            ),
            HANG,
        ],
    )

    heard = []
    for event in multibo.session("faces").watch():
        heard.append(type(event))
        if len(heard) == 2:
            break

    assert heard == [events.Snapshot, events.SessionChanged]


def test_errors_reach_the_caller_as_they_are(scripted: ScriptedOptimizer) -> None:
    with (
        connect(scripted.address) as multibo,
        pytest.raises(errors.NotOfferedError),
    ):
        multibo.models()


def test_closing_leaves_no_thread_behind() -> None:
    before = threading.active_count()

    connect(f"127.0.0.1:{a_free_port()}").close()

    assert threading.active_count() <= before


def test_a_closed_connection_says_so(scripted: ScriptedOptimizer) -> None:
    multibo = connect(scripted.address)
    multibo.close()

    with pytest.raises(RuntimeError, match="closed"):
        multibo.models()


def test_a_round_is_answered_left_and_repaired(
    multibo: Project, scripted: ScriptedOptimizer
) -> None:
    round = a_round(OPEN, READY, READY)
    done = round_service_pb2.SubmitFeedbackResponse(round=round, session=a_session())
    scripted.on("SubmitFeedback", done)
    scripted.on("RequestVariety", round_service_pb2.RequestVarietyResponse(round=round))
    scripted.on("CancelRound", round_service_pb2.CancelRoundResponse(round=round))
    scripted.on(
        "RetryCandidate",
        round_service_pb2.RetryCandidateResponse(candidate=a_candidate(0)),
    )
    scripted.on("PredictChoice", insight_service_pb2.PredictChoiceResponse())
    opened = multibo.session("faces").propose()

    answers = [opened.rank([0, 1]), opened.tie([0, 1]), opened.none_of_these()]
    answers.append(opened.skip())

    assert {answer.name for answer in answers} == {multibo.session("faces").name}
    assert opened.candidates[0].retry().slot == 0
    assert opened.prediction().log_loss is None
    assert opened.variety().cancel().state.value == "OPEN"


def test_a_session_goes_back_forks_and_explains_itself(
    multibo: Project, scripted: ScriptedOptimizer
) -> None:
    wire, shown = session_service_pb2, a_session()
    scripted.on("UndoFeedback", wire.UndoFeedbackResponse(session=shown))
    scripted.on("RedoFeedback", wire.RedoFeedbackResponse(session=shown))
    scripted.on("ForkSession", wire.ForkSessionResponse(session=shown))
    scripted.on("ExportSession", wire.ExportSessionResponse(document=b"{}"))
    scripted.on("ImportSession", wire.ImportSessionResponse(session=shown))
    listed = round_service_pb2.ListRoundsResponse(rounds=[a_round(OPEN, READY)])
    scripted.on("ListRounds", listed)
    scripted.on("GetStoppingAdvice", insight_service_pb2.GetStoppingAdviceResponse())
    scripted.on("GetPreferenceMap", insight_service_pb2.GetPreferenceMapResponse())
    scripted.on("RenderFigure", insight_service_pb2.RenderFigureResponse(data=b"png"))
    session = multibo.session("faces")

    assert session.undo() == session.redo() == session.info
    assert session.fork().name == session.name
    document = session.export().document
    assert multibo.import_session(document).name == session.name
    assert [r.candidates[0].image() for r in session.rounds()] == [b"png"]
    assert not session.stopping_advice().stop
    assert session.preference_map().axes == ()
    assert session.figure().data == b"png"
