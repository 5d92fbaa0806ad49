"""Refusals of the use cases; each docstring says what the caller does."""

from __future__ import annotations


class AppError(Exception):
    """Base of every refusal of a use case."""


class SessionNotFoundError(AppError):
    """No such session: drop the reference (expired and foreign look the same)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no session {name}")
        self.name = name


class RoundNotFoundError(AppError):
    """No such round: drop the reference."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no round {name}")
        self.name = name


class CandidateNotFoundError(AppError):
    """No such candidate: drop the reference."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no candidate {name}")
        self.name = name


class SessionExistsError(AppError):
    """The session id is taken by another spec; choose another id, or get it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} exists with another spec")
        self.name = name


class RequestIdConflictError(AppError):
    """The request id came with other content before; a bug: make a new id."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"request id {request_id} was used for another request")
        self.request_id = request_id


class CommitContendedError(AppError):
    """Other commands kept winning; the same call again, with the same id."""

    def __init__(self, name: str, *, retry_after_ms: int = 200) -> None:
        super().__init__(f"{name} is under contention")
        self.name = name
        self.retry_after_ms = retry_after_ms


class StoreUnavailableError(AppError):
    """The session store cannot be reached; retried by the service config."""


class DrainingError(AppError):
    """This replica is shutting down; retried by the service config elsewhere."""


class QuotaExceededError(AppError):
    """The project has its share of sessions; finish or delete some."""

    def __init__(self, *, project: str, limit: int) -> None:
        super().__init__(f"projects/{project} has {limit} sessions that go on")
        self.project = project
        self.limit = limit


class BacklogFullError(AppError):
    """The project waits for too many images; wait that long."""

    def __init__(self, *, project: str, limit: int, retry_after_ms: int) -> None:
        super().__init__(f"projects/{project} waits for {limit} images or more")
        self.project = project
        self.limit = limit
        self.retry_after_ms = retry_after_ms


class CursorInvalidError(AppError):
    """The listing's cursor is not ours; restart the listing."""


class ImageTooLargeError(AppError):
    """The picture does not fit a message; use its URL."""

    def __init__(self, *, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"{size_bytes} bytes; at most {limit_bytes} travel inline: use GetImageUrl"
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class ImageUrlsNotOfferedError(AppError):
    """This deployment signs no image URLs; fetch the bytes with GetImage."""

    def __init__(self) -> None:
        super().__init__("this deployment has no image URLs: use GetImage")


class DocumentInvalidError(AppError):
    """The document is damaged or of another schema; report the schema number."""


class ExportTooLargeError(AppError):
    """The document does not fit a message; export fewer rounds by a fork."""

    def __init__(self, *, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{size_bytes} bytes; at most {limit_bytes} are exported")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
