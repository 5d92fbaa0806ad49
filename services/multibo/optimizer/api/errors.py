"""Refusals: THE table from errors to what the wire says, and the edge's own errors.

`REFUSALS` names every leaf error of every package an optimizer call can reach; a
test proves it total. Whatever is not in it leaves as a bare INTERNAL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grpc import StatusCode

from multibo.blobs import errors as blobs
from multibo.jobs import errors as jobs
from multibo.optimizer.app import errors as app
from multibo.optimizer.preference import errors as preference
from multibo.optimizer.session import errors as session
from multibo.telemetry import errors as telemetry
from multibo.warp import errors as warp


class ApiError(Exception):
    """Base of every refusal of the wire edge itself."""


class TokenMissingError(ApiError):
    """The call brings no credentials; get a token."""

    def __init__(self) -> None:
        super().__init__("no credentials")


class TokenInvalidError(ApiError):
    """The credentials are wrong or over, no word about why; refresh them, once."""

    def __init__(self) -> None:
        super().__init__("the credentials are not valid")


class ScopeMissingError(ApiError):
    """The credentials do not cover the method; stop, ask the operator."""

    def __init__(self, *, scope: str) -> None:
        super().__init__(f"the credentials lack the scope {scope or 'of the method'}")
        self.scope = scope


class ProjectNotFoundError(ApiError):
    """No project of the caller's; drop the reference."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no project {name}")
        self.name = name


class RateExceededError(ApiError):
    """One caller calls too often; wait that long."""

    def __init__(self, *, calls_per_s: int, retry_after_ms: int) -> None:
        super().__init__(f"more than {calls_per_s} calls a second")
        self.calls_per_s = calls_per_s
        self.retry_after_ms = retry_after_ms


class FieldsInvalidError(ApiError):
    """Fields of the request are out of range; fix the call."""

    def __init__(self, violations: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{path}: {text}" for path, text in violations))
        self.violations = violations


class RequestUnreadableError(ApiError):
    """The bytes are no such message; a repeat of the same bytes cannot help."""


class PageTokenInvalidError(ApiError):
    """The page token is not ours, or of another listing; restart the listing."""


class MethodUnimplementedError(ApiError):
    """This server does not offer what was asked for; hide the control."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"this server does not offer {subject} yet")
        self.subject = subject


class CallTooLongError(ApiError):
    """The server's maximum for the method has passed; look before repeating."""

    def __init__(self, *, limit_s: float) -> None:
        super().__init__(f"the call took longer than {limit_s:g} s")
        self.limit_s = limit_s


class RateLimitedError(ApiError):
    """Too many calls at once; wait that long."""

    def __init__(self, *, limit: int, retry_after_ms: int) -> None:
        super().__init__(f"more than {limit} calls at once")
        self.limit = limit
        self.retry_after_ms = retry_after_ms


class WatchLimitError(ApiError):
    """Too many open watches; wait that long, or poll."""

    def __init__(self, *, limit: int, scope: str, retry_after_ms: int) -> None:
        super().__init__(f"more than {limit} watches are open on this {scope}")
        self.limit = limit
        self.scope = scope
        self.retry_after_ms = retry_after_ms


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the wire says about an error."""

    code: StatusCode
    reason: str
    """A value of `ErrorReason` without its prefix."""
    text: str = ""
    """Replaces the error's own words where those are not the caller's business."""


INTERNAL: Final = Refusal(StatusCode.INTERNAL, "INTERNAL", "internal error")
_UNIMPLEMENTED: Final = Refusal(StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED")
_FIELD_INVALID: Final = Refusal(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
_MODEL_NOT_FOUND: Final = Refusal(StatusCode.NOT_FOUND, "MODEL_NOT_FOUND")
_PAGE_TOKEN_INVALID: Final = Refusal(
    StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID", "the page token is not valid"
)


def _precondition(reason: str) -> Refusal:
    return Refusal(StatusCode.FAILED_PRECONDITION, reason)


def _exhausted(reason: str) -> Refusal:
    return Refusal(StatusCode.RESOURCE_EXHAUSTED, reason)


def _away(reason: str, text: str) -> Refusal:
    return Refusal(StatusCode.UNAVAILABLE, reason, text)


REFUSALS: Final[dict[type[Exception], Refusal]] = {
    # Who calls.
    TokenMissingError: Refusal(StatusCode.UNAUTHENTICATED, "TOKEN_MISSING"),
    TokenInvalidError: Refusal(StatusCode.UNAUTHENTICATED, "TOKEN_INVALID"),
    ScopeMissingError: Refusal(StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
    ProjectNotFoundError: Refusal(StatusCode.NOT_FOUND, "SESSION_NOT_FOUND"),
    # The caller's request.
    FieldsInvalidError: _FIELD_INVALID,
    RequestUnreadableError: _FIELD_INVALID,
    session.FieldInvalidError: _FIELD_INVALID,
    session.FeedbackInvalidError: Refusal(
        StatusCode.INVALID_ARGUMENT, "FEEDBACK_INVALID"
    ),
    PageTokenInvalidError: _PAGE_TOKEN_INVALID,
    app.CursorInvalidError: _PAGE_TOKEN_INVALID,
    app.DocumentInvalidError: Refusal(StatusCode.INVALID_ARGUMENT, "DOCUMENT_INVALID"),
    MethodUnimplementedError: _UNIMPLEMENTED,
    app.ImageUrlsNotOfferedError: _UNIMPLEMENTED,
    # What it names.
    app.SessionNotFoundError: Refusal(StatusCode.NOT_FOUND, "SESSION_NOT_FOUND"),
    app.RoundNotFoundError: Refusal(StatusCode.NOT_FOUND, "ROUND_NOT_FOUND"),
    app.CandidateNotFoundError: Refusal(StatusCode.NOT_FOUND, "CANDIDATE_NOT_FOUND"),
    jobs.UnknownModelError: _MODEL_NOT_FOUND,
    jobs.UnknownWarpSpaceError: _MODEL_NOT_FOUND,
    app.SessionExistsError: Refusal(StatusCode.ALREADY_EXISTS, "SESSION_EXISTS"),
    app.RequestIdConflictError: Refusal(
        StatusCode.ALREADY_EXISTS, "REQUEST_ID_CONFLICT"
    ),
    # The state it meets.
    session.EtagMismatchError: Refusal(StatusCode.ABORTED, "ETAG_MISMATCH"),
    app.CommitContendedError: Refusal(StatusCode.ABORTED, "COMMIT_CONTENDED"),
    session.RoundNotOpenError: _precondition("ROUND_NOT_OPEN"),
    session.SessionFinishedError: _precondition("SESSION_FINISHED"),
    session.BudgetSpentError: _precondition("BUDGET_SPENT"),
    session.NothingToUndoError: _precondition("NOTHING_TO_UNDO"),
    session.NothingToRedoError: _precondition("NOTHING_TO_REDO"),
    session.NoFeedbackYetError: _precondition("NO_FEEDBACK_YET"),
    session.CandidateNotReadyError: _precondition("CANDIDATE_NOT_READY"),
    app.ImageTooLargeError: _precondition("IMAGE_TOO_LARGE"),
    app.ExportTooLargeError: _precondition("EXPORT_TOO_LARGE"),
    # Limits.
    RateLimitedError: _exhausted("RATE_LIMITED"),
    RateExceededError: _exhausted("RATE_LIMITED"),
    WatchLimitError: _exhausted("WATCH_LIMIT"),
    app.QuotaExceededError: _exhausted("QUOTA_EXCEEDED"),
    app.BacklogFullError: _exhausted("BACKLOG_FULL"),
    CallTooLongError: Refusal(StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"),
    # This deployment, for now.
    app.StoreUnavailableError: _away(
        "STORE_UNAVAILABLE", "the session store does not answer"
    ),
    blobs.BlobStoreUnavailableError: _away(
        "STORE_UNAVAILABLE", "the image store does not answer"
    ),
    app.DrainingError: _away("DRAINING", "this server is going away"),
    # Faults of ours: the caller can only report the request id.
    session.DocumentUnreadableError: INTERNAL,
    jobs.CatalogInvalidError: INTERNAL,
    jobs.JobDocumentError: INTERNAL,
    blobs.BlobMissingError: INTERNAL,
    blobs.BlobAddressError: INTERNAL,
    blobs.BlobExtraMissingError: INTERNAL,
    blobs.BlobUrlKeyError: INTERNAL,
    blobs.BlobUrlInvalidError: INTERNAL,
    blobs.BlobUrlExpiredError: INTERNAL,
    preference.InvalidRequestError: INTERNAL,
    preference.FitFailedError: INTERNAL,
    preference.OutOfTimeError: INTERNAL,
    telemetry.LogLevelError: INTERNAL,
    telemetry.MetricMisusedError: INTERNAL,
    telemetry.MetricsListenError: INTERNAL,
    warp.UnknownWarpFamilyError: INTERNAL,
    warp.WarpVectorError: INTERNAL,
    warp.UnsupportedAttentionError: INTERNAL,
    warp.WarpRemovedError: INTERNAL,
}
