"""Every field has a range, and a request outside it is named by its path."""

from __future__ import annotations

import math
from typing import Any

import pytest

from multibo.optimizer.api import validate
from multibo.optimizer.api.errors import FieldsInvalidError
from multibo.optimizer.app.document import MAX_BYTES
from multibo.v1 import round_service_pb2, session_pb2, session_service_pb2
from tests.support.wire import a_spec, new_id

NAN, INF = math.nan, math.inf


def paths(refused: pytest.ExceptionInfo[FieldsInvalidError]) -> set[str]:
    return {path for path, _ in refused.value.violations}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, "etag"),
        ({"etag": "r1" * 33}, "etag"),
        ({"etag": "r1", "request_id": "1"}, "request_id"),
    ],
)
def test_going_back_needs_an_etag_and_a_request_id(
    fields: dict[str, str], path: str
) -> None:
    for kind in (
        session_service_pb2.UndoFeedbackRequest,
        session_service_pb2.RedoFeedbackRequest,
    ):
        with pytest.raises(FieldsInvalidError) as refused:
            validate.going_back(kind(**{"request_id": new_id(), **fields}))

        assert paths(refused) == {path}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"through_round": -1}, "through_round"),
        ({"mode": 77}, "mode"),
        ({"spec": a_spec()}, "spec"),
        (
            {"spec": a_spec(prompt=""), "mode": session_pb2.FORK_MODE_WARM_START},
            "spec.prompt",
        ),
        ({"request_id": ""}, "request_id"),
    ],
)
def test_a_fork_out_of_range_is_refused(fields: dict[str, Any], path: str) -> None:
    request = session_service_pb2.ForkSessionRequest(
        **{"request_id": new_id(), **fields}
    )

    with pytest.raises(FieldsInvalidError) as refused:
        validate.fork_session(request)

    assert paths(refused) == {path}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"document": b""}, "document"),
        ({"document": b"x" * MAX_BYTES + b"x"}, "document"),
        ({"document": b"x", "digest": "A" * 64}, "digest"),
        ({"document": b"x", "digest": "a" * 63}, "digest"),
        ({"document": b"x", "request_id": ""}, "request_id"),
    ],
    ids=["empty", "large", "capitals", "short", "no id"],
)
def test_a_document_out_of_range_is_refused(fields: dict[str, Any], path: str) -> None:
    request = session_service_pb2.ImportSessionRequest(
        **{"request_id": new_id(), **fields}
    )

    with pytest.raises(FieldsInvalidError) as refused:
        validate.import_session(request)

    assert paths(refused) == {path}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"page_size": -1}, "page_size"),
        ({"states": [0]}, "states"),
        ({"states": [77]}, "states"),
        ({"labels": {"Key": ""}}, "labels"),
    ],
)
def test_a_listing_out_of_range_is_refused(fields: dict[str, Any], path: str) -> None:
    request = session_service_pb2.ListSessionsRequest(**fields)

    with pytest.raises(FieldsInvalidError) as refused:
        validate.list_sessions(request)

    assert paths(refused) == {path}


@pytest.mark.parametrize("field", ["page_size", "after_round"])
def test_a_listing_of_rounds_starts_at_zero(field: str) -> None:
    request = round_service_pb2.ListRoundsRequest(**{field: -1})

    with pytest.raises(FieldsInvalidError) as refused:
        validate.list_rounds(request)

    assert paths(refused) == {field}


def test_a_number_that_is_no_value_is_refused() -> None:
    with pytest.raises(FieldsInvalidError):
        validate.view(99)
    with pytest.raises(FieldsInvalidError):
        validate.image_size(99)
    with pytest.raises(FieldsInvalidError):
        validate.etag("r" * 65)
    with pytest.raises(FieldsInvalidError):
        validate.request_id("")
    validate.view(session_pb2.SESSION_VIEW_FULL)
