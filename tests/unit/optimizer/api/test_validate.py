"""Every field has a range, and a request outside it is named by its path."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from multibo.optimizer.api import validate
from multibo.optimizer.api.errors import FieldsInvalidError
from multibo.v1 import round_pb2, round_service_pb2, session_service_pb2
from tests.support.wire import a_spec, create_request, new_id

NAN, INF = math.nan, math.inf


def paths(refused: pytest.ExceptionInfo[FieldsInvalidError]) -> set[str]:
    return {path for path, _ in refused.value.violations}


@pytest.mark.parametrize(
    "spec",
    [
        {"prompt": ""},
        {"prompt": " \n\t"},
        {"prompt": "x" * 1001},
        {"prompt": "x" * 10_000},
        {"negative_prompt": "x" * 1001},
        {"seed": -1},
        {"steps": -1},
        {"steps": 201},
        {"guidance": NAN},
        {"guidance": INF},
        {"guidance": -0.1},
        {"guidance": 30.1},
        {"slate_size": 1},
        {"slate_size": 9},
        {"slate_size": -4},
        {"rounds": -1},
        {"rounds": 201},
        {"images": -1},
        {"images": 1},
        {"images": 10_001},
        {"control_share": NAN},
        {"control_share": 1.1},
        {"probe_share": -INF},
        {"casting_rounds": -1},
        {"casting_rounds": 51},
        {"labels": {f"key-{n}": "" for n in range(17)}},
        {"labels": {"Key": "value"}},
        {"labels": {"": "value"}},
        {"labels": {"k" * 65: "value"}},
        {"labels": {"key": "v" * 65}},
    ],
    ids=str,
)
def test_a_spec_out_of_range_is_refused_by_its_path(spec: dict[str, Any]) -> None:
    request = create_request(spec=a_spec(**spec))

    with pytest.raises(FieldsInvalidError) as refused:
        validate.create_session(request)

    assert paths(refused) == {f"spec.{field}" for field in spec}


@pytest.mark.parametrize(
    "spec",
    [
        {"prompt": "x" * 1000},
        {"prompt": "ä" * 1000},
        {"negative_prompt": ""},
        {"seed": 2**63 - 1},
        {"steps": 200, "guidance": 0.0},
        {"guidance": 30.0},
        {"slate_size": 2, "images": 2},
        {"slate_size": 8, "rounds": 200, "images": 10_000},
        {"labels": {f"key-{n}": "v" * 64 for n in range(16)}},
        {"control_share": 1.0, "probe_share": 1.0},
        {"casting_rounds": 0},
        {"casting_rounds": 50},
    ],
    ids=lambda spec: ",".join(spec),
)
def test_a_spec_at_the_end_of_its_range_passes(spec: dict[str, Any]) -> None:
    validate.create_session(create_request(spec=a_spec(**spec)))


def test_every_violation_is_named_at_once() -> None:
    request = create_request(spec=a_spec(prompt="", rounds=999), request_id="")

    with pytest.raises(FieldsInvalidError) as refused:
        validate.create_session(request)

    assert paths(refused) == {"spec.prompt", "spec.rounds", "request_id"}


def test_a_session_needs_a_spec() -> None:
    request = session_service_pb2.CreateSessionRequest(request_id=new_id())

    with pytest.raises(FieldsInvalidError) as refused:
        validate.create_session(request)

    assert paths(refused) == {"spec"}


@pytest.mark.parametrize(
    "request_id",
    ["", "1", "urn:uuid:" + new_id(), "{" + new_id() + "}", new_id()[:-1] + "g"],
)
def test_a_command_needs_a_uuid(request_id: str) -> None:
    with pytest.raises(FieldsInvalidError) as refused:
        validate.create_session(create_request(request_id=request_id))

    assert paths(refused) == {"request_id"}


def test_a_uuid_may_be_written_in_capitals() -> None:
    validate.create_session(create_request(request_id=new_id().upper()))


def feedback(
    request_id: str | None = None, **fields: Any
) -> round_service_pb2.SubmitFeedbackRequest:
    return round_service_pb2.SubmitFeedbackRequest(
        feedback=round_pb2.Feedback(**fields),
        request_id=new_id() if request_id is None else request_id,
    )


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (feedback(shown=[0, 1]), "feedback"),
        (feedback(chosen=0, request_id=""), "request_id"),
        (feedback(chosen=0, response_time=Duration()), "feedback.response_time"),
        (
            feedback(chosen=0, response_time=Duration(seconds=3600, nanos=1)),
            "feedback.response_time",
        ),
        (
            feedback(chosen=0, response_time=Duration(seconds=-1)),
            "feedback.response_time",
        ),
    ],
)
def test_an_answer_out_of_form_is_refused(
    request_: round_service_pb2.SubmitFeedbackRequest, path: str
) -> None:
    with pytest.raises(FieldsInvalidError) as refused:
        validate.submit_feedback(request_)

    assert paths(refused) == {path}


def test_an_answer_may_take_an_hour() -> None:
    validate.submit_feedback(feedback(chosen=0, response_time=Duration(seconds=3600)))


@pytest.mark.parametrize(
    "judgment",
    [
        {"ranking": round_pb2.Ranking(slots=[0, 1])},
        {"tie": round_pb2.Tie(slots=[0, 7])},
        {"none_of_these": round_pb2.NoneOfThese()},
        {"skip": round_pb2.Skip(reason=round_pb2.SKIP_REASON_OTHER)},
        {"chosen": 7},
    ],
    ids=lambda judgment: next(iter(judgment)),
)
def test_every_kind_of_answer_has_a_form(judgment: dict[str, Any]) -> None:
    validate.submit_feedback(feedback(**judgment, shown=range(8)))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"chosen": 8}, "feedback.chosen"),
        ({"chosen": -1}, "feedback.chosen"),
        ({"chosen": 0, "shown": [0, 8]}, "feedback.shown"),
        ({"chosen": 0, "shown": [0] * 9}, "feedback.shown"),
        ({"ranking": round_pb2.Ranking(slots=[-1])}, "feedback.ranking.slots"),
        ({"tie": round_pb2.Tie(slots=[0] * 9)}, "feedback.tie.slots"),
        ({"skip": round_pb2.Skip(reason=77)}, "feedback.skip.reason"),  # type: ignore[arg-type]
    ],
)
def test_a_slot_that_no_round_has_is_refused(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(FieldsInvalidError) as refused:
        validate.submit_feedback(feedback(**fields))

    assert paths(refused) == {path}
