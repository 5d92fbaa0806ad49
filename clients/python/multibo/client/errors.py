"""What a caller of the client may have to deal with.

One class per reason of the wire (`multibo.v1.ErrorReason`), so that each is caught by
name; the docstring says what to do, the attributes carry the data. A refused call has
changed nothing on the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from multibo.client.local_errors import AddressUnknownError as AddressUnknownError
from multibo.client.local_errors import ClientError as ClientError
from multibo.client.local_errors import RoundClosedError as RoundClosedError
from multibo.client.local_errors import RoundFailedError as RoundFailedError
from multibo.client.local_errors import TokenUnusableError as TokenUnusableError
from multibo.client.local_errors import WaitTimedOutError as WaitTimedOutError
from multibo.client.refusal import Refusal


class CallFailedError(ClientError):
    """A call failed for a reason this client does not know; decide by `status`."""

    REASON: ClassVar[str] = ""

    def __init__(self, refusal: Refusal) -> None:
        label = refusal.reason or refusal.status.name
        super().__init__(f"{label}: {refusal.message}" if refusal.message else label)
        self.refusal = refusal
        self.status = refusal.status
        self.reason = refusal.reason
        self.message = refusal.message
        self.metadata = refusal.metadata
        self.retry_after_s = refusal.retry_after_s
        self.violations = refusal.violations
        self.resource = refusal.resource
        self.quota = refusal.quota


class ServerUnreachableError(CallFailedError):
    """Nobody answers at the address, or goes away; start the server or correct it."""


class TokenMissingError(CallFailedError):
    """The call carries no credentials; get a token."""

    REASON = "TOKEN_MISSING"


class TokenInvalidError(CallFailedError):
    """The credentials are wrong or have expired; refresh the token, once."""

    REASON = "TOKEN_INVALID"


class ScopeMissingError(CallFailedError):
    """The credentials do not cover the method; ask the operator."""

    REASON = "SCOPE_MISSING"


class SessionNotFoundError(CallFailedError):
    """No such session, or it has been forgotten; drop the reference."""

    REASON = "SESSION_NOT_FOUND"


class RoundNotFoundError(CallFailedError):
    """The session has no such round; drop the reference."""

    REASON = "ROUND_NOT_FOUND"


class CandidateNotFoundError(CallFailedError):
    """The round has no such slot; drop the reference."""

    REASON = "CANDIDATE_NOT_FOUND"


class ModelNotFoundError(CallFailedError):
    """The catalog has no such model, revision or warp space; list the models."""

    REASON = "MODEL_NOT_FOUND"


class FieldInvalidError(CallFailedError):
    """Fields are outside their range; fix those that `violations` names."""

    REASON = "FIELD_INVALID"


class FeedbackInvalidError(CallFailedError):
    """The feedback does not fit the round; fetch the round and show it again."""

    REASON = "FEEDBACK_INVALID"


class PageTokenInvalidError(CallFailedError):
    """The listing cannot go on from there; restart it."""

    REASON = "PAGE_TOKEN_INVALID"


class DocumentInvalidError(CallFailedError):
    """The document to import is damaged or of an unknown schema; report it."""

    REASON = "DOCUMENT_INVALID"


class SessionExistsError(CallFailedError):
    """The session id is taken; choose another, or get that session."""

    REASON = "SESSION_EXISTS"


class RequestIdConflictError(CallFailedError):
    """A request id was used for another content: a fault of the caller."""

    REASON = "REQUEST_ID_CONFLICT"


class EtagMismatchError(CallFailedError):
    """The session has changed since; fetch, show, let the person decide again."""

    REASON = "ETAG_MISMATCH"

    @property
    def current(self) -> str:
        """The session's etag now; empty if the server did not say."""
        return self.metadata.get("current", "")


class CommitContendedError(CallFailedError):
    """Too many writers at once, repeatedly; try again after `retry_after_s`."""

    REASON = "COMMIT_CONTENDED"


class RoundNotOpenError(CallFailedError):
    """The round takes no feedback now; refresh the session."""

    REASON = "ROUND_NOT_OPEN"

    @property
    def state(self) -> str:
        """State of the round; empty if the server did not say."""
        return self.metadata.get("state", "")

    @property
    def open_round(self) -> str:
        """The round that is open instead; empty if there is none."""
        return self.metadata.get("open_round", "")


class SessionFinishedError(CallFailedError):
    """The session is finished and read-only; offer to fork it."""

    REASON = "SESSION_FINISHED"


class BudgetSpentError(CallFailedError):
    """The rounds or images are spent; show the recommendation, finish or fork."""

    REASON = "BUDGET_SPENT"


class NothingToUndoError(CallFailedError):
    """There is no feedback to undo; disable the button."""

    REASON = "NOTHING_TO_UNDO"


class NothingToRedoError(CallFailedError):
    """There is no undone feedback to redo; disable the button."""

    REASON = "NOTHING_TO_REDO"


class NoFeedbackYetError(CallFailedError):
    """The question needs a first answer of the person; wait for it."""

    REASON = "NO_FEEDBACK_YET"


class CandidateNotReadyError(CallFailedError):
    """The candidate has no image yet; wait for its event."""

    REASON = "CANDIDATE_NOT_READY"


class ImageTooLargeError(CallFailedError):
    """The image does not fit into a message; use its URL."""

    REASON = "IMAGE_TOO_LARGE"


class ExportTooLargeError(CallFailedError):
    """The document does not fit into a message; fork earlier and export that."""

    REASON = "EXPORT_TOO_LARGE"


class QuotaExceededError(CallFailedError):
    """The project has its share, `quota` says of what; finish or delete sessions."""

    REASON = "QUOTA_EXCEEDED"


class RateLimitedError(CallFailedError):
    """Too many calls; wait `retry_after_s`."""

    REASON = "RATE_LIMITED"


class WatchLimitError(CallFailedError):
    """Too many open watches; poll meanwhile (the client does)."""

    REASON = "WATCH_LIMIT"


class BacklogFullError(CallFailedError):
    """Too many images are queued; wait `retry_after_s` and show the queue."""

    REASON = "BACKLOG_FULL"


class StoreUnavailableError(CallFailedError):
    """The session store does not answer, after several attempts; try later."""

    REASON = "STORE_UNAVAILABLE"


class DrainingError(CallFailedError):
    """The server is going away, after several attempts; try later."""

    REASON = "DRAINING"


class DeadlineExceededError(CallFailedError):
    """The call took too long; ask for the state before repeating it."""

    REASON = "DEADLINE_EXCEEDED"


class NotOfferedError(CallFailedError):
    """The server does not offer the method; hide the control."""

    REASON = "UNIMPLEMENTED"


class ServerFaultError(CallFailedError):
    """A fault of the server; report the time of the call."""

    REASON = "INTERNAL"


BY_REASON: Final[Mapping[str, type[CallFailedError]]] = {
    kind.REASON: kind for kind in CallFailedError.__subclasses__() if kind.REASON
}
"""The class of every reason; a test compares it with the proto."""
