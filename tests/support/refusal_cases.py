"""Calls that have to be refused: every method with every reason it documents."""

from __future__ import annotations

import json
from typing import Any, Final

from multibo.v1 import round_pb2, session_pb2
from tests.support import scenes
from tests.support.refusal_groups import (
    NOBODY,
    Case,
    Fields,
    answering,
    creating,
    going,
    learning,
    leaving,
    picturing,
    reading,
)
from tests.support.scenes import Scene
from tests.support.wire import PROJECT, a_spec, new_id

LEARNED: Final = (
    *("GetRecommendation", "GetStoppingAdvice", "GetPreferenceMap", "RenderFigure"),
)
HUGE: Final = "models/huge/warpSpaces/flow-16@1"
CHOSEN: Final = round_pb2.Feedback(chosen=0, shown=[0, 1])


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
    *picturing("GetImage"),
    Case(
        "GetImage",
        "IMAGE_TOO_LARGE",
        lambda s: {"name": s.candidate(1, 1)},
        scenes.large,
    ),
    *picturing("GetImageUrl"),
    Case("GetWarpSpace", "FIELD_INVALID", lambda s: {"name": "flow"}),
    Case("GetWarpSpace", "MODEL_NOT_FOUND", lambda s: {"name": HUGE}),
    Case("ListModels", "PAGE_TOKEN_INVALID", lambda s: {"page_token": s.token}),
]
