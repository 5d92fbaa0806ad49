"""An error as the status of a call: code, words and `google.rpc` details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import (  # type: ignore[import-untyped]
    error_details_pb2,
    status_pb2,
)
from grpc_status import rpc_status

from multibo.optimizer.api.errors import (
    INTERNAL,
    REFUSALS,
    FieldsInvalidError,
    Refusal,
)
from multibo.optimizer.app.errors import QuotaExceededError
from multibo.optimizer.session.errors import (
    FeedbackInvalidError,
    FieldInvalidError,
    RoundNotOpenError,
)

DOMAIN: Final = "multibo"
_VALUE_CHARACTERS: Final = 200
"""A value that the caller sent travels back no longer than this."""
_TEXT_CHARACTERS: Final = 1_000
"""Trailers are small: gRPC resets a stream whose headers pass 8 KiB."""


def refusal_of(error: Exception) -> Refusal:
    """Return the table's entry for an error; INTERNAL for an unknown one.

    Args:
        error: whatever a call raised.
    """
    return REFUSALS.get(type(error), INTERNAL)


def status_of(error: Exception, *, request_id: str) -> grpc.Status:
    """Return what the wire says about an error.

    Args:
        error: whatever a call raised.
        request_id: of the call; the only detail of an INTERNAL.
    """
    refusal = refusal_of(error)
    status = status_pb2.Status(
        code=refusal.code.value[0],
        message=(refusal.text or str(error))[:_TEXT_CHARACTERS],
    )
    for detail in _details(error, refusal, request_id):
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    answer: grpc.Status = rpc_status.to_status(status)
    return answer


def _details(error: Exception, refusal: Refusal, request_id: str) -> Iterator[Message]:
    internal = refusal is INTERNAL
    yield error_details_pb2.ErrorInfo(
        reason=refusal.reason,
        domain=DOMAIN,
        metadata={"request_id": request_id} if internal else _metadata(error),
    )
    match error:
        case FieldsInvalidError():
            yield _bad_request(*error.violations)
        case FieldInvalidError() | FeedbackInvalidError():
            yield _bad_request((error.field, error.description))
        case QuotaExceededError():
            yield _quota_failure(error)
    retry_after_ms = getattr(error, "retry_after_ms", None)
    if retry_after_ms is not None and not internal:
        yield _retry_info(retry_after_ms)


def _metadata(error: Exception) -> dict[str, str]:
    """Return the error's attributes: what a client can decide by."""
    values = dict(vars(error))
    if isinstance(error, RoundNotOpenError):
        values["open_round"] = values.pop("current")
    if "state" in values:  # as the contract's enums have it
        values["state"] = str(values["state"]).upper()
    for carried_elsewhere in ("violations", "field", "description", "retry_after_ms"):
        values.pop(carried_elsewhere, None)
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value)[:_VALUE_CHARACTERS]


def _bad_request(*violations: tuple[str, str]) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field=path, description=text)
            for path, text in violations
        ]
    )


def _quota_failure(error: QuotaExceededError) -> error_details_pb2.QuotaFailure:
    failure = error_details_pb2.QuotaFailure()
    failure.violations.add(subject=f"projects/{error.project}", description=str(error))
    return failure


def _retry_info(delay_ms: int) -> error_details_pb2.RetryInfo:
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromMilliseconds(delay_ms)
    return info
