"""Calls that have to be refused: every method with every reason it documents."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from multibo.v1 import round_pb2, session_pb2
from tests.support import scenes
from tests.support.driver import Driver
from tests.support.scenes import OTHER, Scene
from tests.support.wire import PROJECT, a_spec, new_id

Fields = Callable[[Scene], dict[str, Any]]
LEARNED: Final = (
    *("GetRecommendation", "GetStoppingAdvice", "GetPreferenceMap", "RenderFigure"),
)
HUGE: Final = "models/huge/warpSpaces/flow-16@1"
NOBODY: Final = f"{PROJECT}/sessions/nobody"
CHOSEN: Final = round_pb2.Feedback(chosen=0, shown=[0, 1])


@dataclass(frozen=True)
class Case:
    """One call that has to be refused."""

    method: str
    reason: str
    fields: Fields
    scene: Callable[[Driver], Awaitable[None]] = scenes.opened
    spec: dict[str, Any] = field(default_factory=dict)
    rationed: bool = False

    def __str__(self) -> str:
        return f"{self.method}-{self.reason}"


def creating(method: str, *reasons: str, **fields: Any) -> list[Case]:
    """The refusals that every method has that makes a session."""

    def of(scene: Scene) -> dict[str, Any]:
        own = {"name": scene.name} if method == "ForkSession" else {"parent": PROJECT}
        if method == "ImportSession":
            own["document"] = scene.document  # type: ignore[assignment]
        return {**own, **fields, "request_id": new_id()}

    bad_id = Case(method, "FIELD_INVALID", lambda s: {**of(s), "request_id": "1"})
    bad_name = Case(method, "FIELD_INVALID", lambda s: {**of(s), "session_id": "X"})
    return [
        bad_id,
        bad_name,
        Case(
            method, "SESSION_EXISTS", lambda s: {**of(s), "session_id": OTHER.session}
        ),
        Case(
            method, "REQUEST_ID_CONFLICT", lambda s: {**of(s), "request_id": s.created}
        ),
        Case(method, "QUOTA_EXCEEDED", of, rationed=True),
        *[Case(method, reason, of) for reason in reasons],
    ]


def leaving(method: str, **fields: Any) -> list[Case]:
    """The refusals of methods that close a round."""

    def of(number: int) -> Fields:
        return lambda s: {"name": s.round(number), "request_id": new_id(), **fields}

    return [
        Case(method, "FIELD_INVALID", lambda s: {"name": "rounds/1"}),
        Case(
            method,
            "SESSION_NOT_FOUND",
            lambda s: {**of(1)(s), "name": f"{NOBODY}/rounds/0"},
        ),
        Case(method, "ROUND_NOT_FOUND", of(9)),
        Case(method, "ROUND_NOT_OPEN", of(0)),
        Case(method, "ROUND_NOT_OPEN", of(1), scenes.undone),
        Case(method, "SESSION_FINISHED", of(0), scenes.finished),
    ]


def answering(method: str, **fields: Any) -> list[Case]:
    """The refusals of methods that close a round, once per request id."""

    def of(scene: Scene, request_id: str) -> dict[str, Any]:
        return {"name": scene.round(1), "request_id": request_id, **fields}

    return [
        *leaving(method, **fields),
        Case(method, "FIELD_INVALID", lambda s: of(s, "")),
        Case(method, "REQUEST_ID_CONFLICT", lambda s: of(s, s.used)),
    ]


def going(method: str, nothing: str) -> list[Case]:
    """The refusals of undo and redo."""

    def of(scene: Scene) -> dict[str, Any]:
        return {"name": scene.name, "request_id": new_id(), "etag": scene.etag}

    return [
        Case(method, "FIELD_INVALID", lambda s: {**of(s), "etag": ""}),
        Case(method, "FIELD_INVALID", lambda s: {**of(s), "request_id": ""}),
        Case(method, "SESSION_NOT_FOUND", lambda s: {**of(s), "name": NOBODY}),
        Case(method, "REQUEST_ID_CONFLICT", lambda s: {**of(s), "request_id": s.used}),
        Case(method, "ETAG_MISMATCH", lambda s: {**of(s), "etag": "r1"}),
        Case(method, nothing, of, scenes.new),
        Case(method, "SESSION_FINISHED", of, scenes.finished),
    ]


def reading(method: str, key: str = "name", *, missing: str = NOBODY) -> list[Case]:
    """The refusals of methods that only name something."""
    return [
        Case(method, "FIELD_INVALID", lambda s: {key: "nothing of ours"}),
        Case(method, "SESSION_NOT_FOUND", lambda s: {key: missing}),
    ]


def learning(method: str) -> list[Case]:
    """The refusals of methods that say what was learned."""
    return [
        *reading(method),
        Case(method, "NO_FEEDBACK_YET", lambda s: {"name": s.name}, scenes.new),
    ]


def _without_model(scene: Scene) -> bytes:
    content = json.loads(scene.document)
    content["spec"]["model"] = "huge"
    return json.dumps(content).encode()


def _document(data: bytes) -> dict[str, Any]:
    return {"parent": PROJECT, "request_id": new_id(), "document": data}


def _variety(scene: Scene) -> dict[str, Any]:
    return {"name": scene.round(1), "request_id": new_id()}


def _retry(number: int, slot: int = 1, **others: str) -> Fields:
    return lambda s: {
        "name": s.candidate(number, slot),
        "request_id": new_id(),
        **others,
    }


CASES: Final = [
    *creating("CreateSession", spec=a_spec()),
    Case(
        "CreateSession",
        "MODEL_NOT_FOUND",
        lambda s: {
            "parent": PROJECT,
            "request_id": new_id(),
            "spec": a_spec(model="models/huge"),
        },
    ),
    *creating("ForkSession"),
    Case(
        "ForkSession",
        "FIELD_INVALID",
        lambda s: {"name": s.name, "request_id": new_id(), "spec": a_spec()},
    ),
    Case(
        "ForkSession",
        "MODEL_NOT_FOUND",
        lambda s: {
            "name": s.name,
            "request_id": new_id(),
            "mode": session_pb2.FORK_MODE_WARM_START,
            "spec": a_spec(model="models/huge"),
        },
    ),
    Case(
        "ForkSession",
        "SESSION_NOT_FOUND",
        lambda s: {"name": NOBODY, "request_id": new_id()},
    ),
    Case(
        "ForkSession",
        "ROUND_NOT_FOUND",
        lambda s: {"name": s.name, "request_id": new_id(), "through_round": 9},
    ),
    *creating("ImportSession"),
    Case("ImportSession", "DOCUMENT_INVALID", lambda s: _document(b"{}")),
    Case("ImportSession", "MODEL_NOT_FOUND", lambda s: _document(_without_model(s))),
    *reading("GetSession"),
    Case("GetSession", "FIELD_INVALID", lambda s: {"name": s.name, "view": 77}),
    Case(
        "ListSessions", "FIELD_INVALID", lambda s: {"parent": PROJECT, "page_size": -1}
    ),
    Case(
        "ListSessions",
        "PAGE_TOKEN_INVALID",
        lambda s: {"parent": PROJECT, "page_token": s.token},
    ),
    *reading("DeleteSession"),
    Case("DeleteSession", "ETAG_MISMATCH", lambda s: {"name": s.name, "etag": "r1"}),
    *reading("FinishSession"),
    Case("FinishSession", "ETAG_MISMATCH", lambda s: {"name": s.name, "etag": "r1"}),
    *[
        Case("FinishSession", reason, accepting(number, slot), scenes.rendering)
        for reason, number, slot in (
            ("ROUND_NOT_FOUND", 9, 0),
            ("CANDIDATE_NOT_FOUND", 0, 7),
            ("CANDIDATE_NOT_READY", 1, 1),
        )
        for accepting in (
            lambda number, slot: (
                lambda s: {
                    "name": s.name,
                    "accepted_candidate": s.candidate(number, slot),
                }
            ),
        )
    ],
    *going("UndoFeedback", "NOTHING_TO_UNDO"),
    *going("RedoFeedback", "NOTHING_TO_REDO"),
    *reading("ExportSession"),
    *reading("WatchSession"),
    *reading("ProposeRound", "parent"),
    Case(
        "ProposeRound", "BUDGET_SPENT", lambda s: {"parent": s.name}, spec={"rounds": 1}
    ),
    Case(
        "ProposeRound",
        "SESSION_FINISHED",
        lambda s: {"parent": s.name},
        scenes.finished,
    ),
    Case(
        "ProposeRound",
        "BACKLOG_FULL",
        lambda s: {"parent": s.name},
        scenes.new,
        rationed=True,
    ),
    *reading("GetRound", missing=f"{NOBODY}/rounds/0"),
    Case("GetRound", "ROUND_NOT_FOUND", lambda s: {"name": s.round(9)}),
    *reading("ListRounds", "parent"),
    Case(
        "ListRounds",
        "PAGE_TOKEN_INVALID",
        lambda s: {"parent": s.name, "page_token": s.token},
    ),
    *answering("SubmitFeedback", feedback=CHOSEN),
    Case(
        "SubmitFeedback",
        "FEEDBACK_INVALID",
        lambda s: {**_variety(s), "feedback": CHOSEN},
        scenes.rendering,
    ),
    Case(
        "SubmitFeedback",
        "ETAG_MISMATCH",
        lambda s: {**_variety(s), "feedback": CHOSEN, "etag": "r1"},
    ),
    *answering("RequestVariety"),
    Case("RequestVariety", "BUDGET_SPENT", _variety, spec={"images": 8}),
    Case("RequestVariety", "BACKLOG_FULL", _variety, rationed=True),
    *leaving("CancelRound"),
    Case("RetryCandidate", "FIELD_INVALID", _retry(1, request_id="")),
    Case(
        "RetryCandidate",
        "SESSION_NOT_FOUND",
        _retry(1, name=f"{NOBODY}/rounds/0/candidates/0"),
    ),
    Case("RetryCandidate", "ROUND_NOT_FOUND", _retry(9)),
    Case("RetryCandidate", "CANDIDATE_NOT_FOUND", _retry(1, 7)),
    Case(
        "RetryCandidate",
        "REQUEST_ID_CONFLICT",
        lambda s: _retry(1, request_id=s.used)(s),
    ),
    Case("RetryCandidate", "ROUND_NOT_OPEN", _retry(0)),
    Case("RetryCandidate", "SESSION_FINISHED", _retry(1), scenes.finished),
    Case("RetryCandidate", "BACKLOG_FULL", _retry(1), scenes.failed, rationed=True),
    *[case for method in LEARNED for case in learning(method)],
    *reading("PredictChoice", missing=f"{NOBODY}/rounds/0"),
    Case("PredictChoice", "ROUND_NOT_FOUND", lambda s: {"name": s.round(9)}),
    *reading("GetImage", missing=f"{NOBODY}/rounds/0/candidates/0"),
    Case("GetImage", "ROUND_NOT_FOUND", lambda s: {"name": s.candidate(9, 0)}),
    Case("GetImage", "CANDIDATE_NOT_FOUND", lambda s: {"name": s.candidate(1, 7)}),
    Case(
        "GetImage",
        "CANDIDATE_NOT_READY",
        lambda s: {"name": s.candidate(1, 1)},
        scenes.rendering,
    ),
    Case("GetWarpSpace", "FIELD_INVALID", lambda s: {"name": "flow"}),
    Case("GetWarpSpace", "MODEL_NOT_FOUND", lambda s: {"name": HUGE}),
    Case("ListModels", "PAGE_TOKEN_INVALID", lambda s: {"page_token": s.token}),
]
