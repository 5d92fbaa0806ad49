"""What the server said about a call that failed, read from the wire's error details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import grpc
from google.rpc import (  # type: ignore[import-untyped]
    error_details_pb2,
    status_pb2,
)
from grpc_status import rpc_status

DOMAIN: Final = "multibo"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field that the server did not accept."""

    field: str
    """Path of the field, as in the proto: `spec.prompt`."""
    description: str


@dataclass(frozen=True, slots=True)
class QuotaViolation:
    """One share that is used up."""

    subject: str
    """Whose: the project's resource name."""
    description: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the server said about a call that failed."""

    status: grpc.StatusCode
    reason: str = ""
    """Name of the reason, as in `multibo.v1.ErrorReason`; empty if none was given."""
    message: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_after_s: float | None = None
    violations: tuple[FieldViolation, ...] = ()
    resource: str = ""
    """Resource name the refusal is about; empty if none was given."""
    quota: tuple[QuotaViolation, ...] = ()
    """The shares that are used up."""


def read_refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """Return what a failed call carries.

    Args:
        error: as raised by `grpc.aio`.
    """
    status = _rich_status(error)
    if status is None:
        return Refusal(status=error.code(), message=error.details() or "")
    info = error_details_pb2.ErrorInfo()
    retry = error_details_pb2.RetryInfo()
    bad = error_details_pb2.BadRequest()
    resource = error_details_pb2.ResourceInfo()
    quota = error_details_pb2.QuotaFailure()
    known = (info, retry, bad, resource, quota)
    found = {
        type(known_detail)
        for detail in status.details
        for known_detail in known
        if detail.Is(known_detail.DESCRIPTOR) and detail.Unpack(known_detail)
    }
    ours = info.domain == DOMAIN
    return Refusal(
        status=error.code(),
        reason=info.reason if ours else "",
        message=status.message,
        metadata=dict(info.metadata) if ours else {},
        retry_after_s=retry.retry_delay.ToTimedelta().total_seconds()
        if type(retry) in found
        else None,
        violations=tuple(
            FieldViolation(violation.field, violation.description)
            for violation in bad.field_violations
        ),
        resource=resource.resource_name,
        quota=tuple(
            QuotaViolation(violation.subject, violation.description)
            for violation in quota.violations
        ),
    )


def _rich_status(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    try:
        # The synchronous function: the asynchronous one does not take this error.
        return rpc_status.from_call(error)
    except ValueError:
        # Details that contradict the status are not ours: a proxy wrote them.
        return None
