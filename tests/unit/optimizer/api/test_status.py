"""What an error looks like on the wire."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from multibo.jobs.errors import UnknownModelError
from multibo.optimizer.api.errors import FieldsInvalidError, RateLimitedError
from multibo.optimizer.api.status import status_of
from multibo.optimizer.app.errors import CommitContendedError, StoreUnavailableError
from multibo.optimizer.session.errors import FeedbackInvalidError, RoundNotOpenError


def details_of(status: Any) -> list[Any]:
    ((_, data),) = status.trailing_metadata
    kinds = {
        kind.DESCRIPTOR.full_name: kind
        for kind in (
            error_details_pb2.ErrorInfo,
            error_details_pb2.BadRequest,
            error_details_pb2.RetryInfo,
        )
    }
    return [
        kinds[detail.TypeName()].FromString(detail.value)
        for detail in status_pb2.Status.FromString(data).details
    ]


def test_the_values_of_an_error_travel_as_metadata() -> None:
    error = RoundNotOpenError(given=2, current=3, state="judged")

    status: Any = status_of(error, request_id="r")
    (info,) = details_of(status)

    assert status.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (info.reason, info.domain) == ("ROUND_NOT_OPEN", "multibo")
    assert dict(info.metadata) == {"given": "2", "open_round": "3", "state": "JUDGED"}


def test_nothing_open_is_an_empty_value() -> None:
    error = RoundNotOpenError(given=2, current=None, state="judged")

    (info,) = details_of(status_of(error, request_id="r"))

    assert info.metadata["open_round"] == ""


def test_several_values_are_joined_and_long_ones_are_cut() -> None:
    error = UnknownModelError("x" * 5000, known=("avatars", "faces"))

    (info,) = details_of(status_of(error, request_id="r"))

    assert info.metadata["known"] == "avatars,faces"
    assert len(info.metadata["name"]) == 200


@pytest.mark.parametrize(
    "error",
    [
        FieldsInvalidError((("spec.rounds", "must be 1 to 200, or 0"),)),
        FeedbackInvalidError("spec.rounds", "must be 1 to 200, or 0"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(error: Exception) -> None:
    info, bad = details_of(status_of(error, request_id="r"))

    assert dict(info.metadata) == {}
    assert [(v.field, v.description) for v in bad.field_violations] == [
        ("spec.rounds", "must be 1 to 200, or 0")
    ]


@pytest.mark.parametrize(
    "error",
    [
        CommitContendedError("x", retry_after_ms=1500),
        RateLimitedError(limit=3, retry_after_ms=1500),
    ],
)
def test_what_passes_by_itself_says_when(error: Exception) -> None:
    _, retry = details_of(status_of(error, request_id="r"))

    assert retry.retry_delay.ToMilliseconds() == 1500


def test_an_unknown_error_says_nothing_but_the_request_id() -> None:
    status: Any = status_of(ValueError("/secret/path"), request_id="r-7")
    (info,) = details_of(status)

    assert status.code is grpc.StatusCode.INTERNAL
    assert status.details == "internal error"
    assert (info.reason, dict(info.metadata)) == ("INTERNAL", {"request_id": "r-7"})


def test_words_about_our_own_parts_stay_here() -> None:
    status: Any = status_of(StoreUnavailableError("redis://secret"), request_id="r")

    assert status.details == "the session store does not answer"
