"""Field checks by hand: every violation of a request, each with its path.

What needs the catalog or the session is checked by the use cases; what is checked
here needs the request alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

from google.protobuf.duration_pb2 import Duration

from multibo.optimizer.api.errors import FieldsInvalidError, MethodUnimplementedError
from multibo.v1 import image_pb2, round_service_pb2, session_pb2, session_service_pb2

PROMPT_CHARACTERS: Final = 1_000
MAX_STEPS: Final = 200
MAX_GUIDANCE: Final = 30.0
MIN_SLATE: Final = 2
MAX_SLATE: Final = 8
MAX_ROUNDS: Final = 200
MAX_IMAGES: Final = 10_000
MAX_LABELS: Final = 16
LABEL_CHARACTERS: Final = 64
MAX_RESPONSE_S: Final = 3_600.0

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_LABEL_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class Findings:
    """The violations found so far."""

    def __init__(self) -> None:
        self._violations: list[tuple[str, str]] = []

    def expect(self, holds: object, path: str, text: str) -> None:
        """Note a violation unless `holds`.

        Args:
            holds: what has to be true.
            path: the field, dotted from the request on.
            text: what the field has to be.
        """
        if not holds:
            self._violations.append((path, text))

    def refuse_any(self) -> None:
        """Refuse the request if anything was found.

        Raises:
            FieldsInvalidError: with every violation.
        """
        if self._violations:
            raise FieldsInvalidError(tuple(self._violations))


def create_session(request: session_service_pb2.CreateSessionRequest) -> None:
    """Check a session's spec and request id.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if a field is out of range.
        MethodUnimplementedError: if it asks for control or probe slots.
    """
    found = Findings()
    _request_id(found, request.request_id)
    found.expect(request.HasField("spec"), "spec", "is required")
    if request.HasField("spec"):
        _words(found, request.spec)
        _numbers(found, request.spec)
        _shares(found, request.spec)
        _labels(found, request.spec.labels, "spec.labels")
    found.refuse_any()
    for share in ("control_share", "probe_share"):
        if getattr(request.spec, share):
            raise MethodUnimplementedError(f"spec.{share}")


def _words(found: Findings, spec: session_pb2.SessionSpec) -> None:
    limit = f"must have at most {PROMPT_CHARACTERS:,} characters"
    found.expect(spec.prompt.strip(), "spec.prompt", "must not be empty")
    found.expect(len(spec.prompt) <= PROMPT_CHARACTERS, "spec.prompt", limit)
    found.expect(
        len(spec.negative_prompt) <= PROMPT_CHARACTERS, "spec.negative_prompt", limit
    )


def _numbers(found: Findings, spec: session_pb2.SessionSpec) -> None:
    found.expect(spec.seed >= 0, "spec.seed", "must be 0 to 2^63 - 1")
    found.expect(
        0 <= spec.steps <= MAX_STEPS, "spec.steps", f"must be 1 to {MAX_STEPS}, or 0"
    )
    found.expect(
        0 <= spec.guidance <= MAX_GUIDANCE,  # false for NaN as well
        "spec.guidance",
        f"must be 0 to {MAX_GUIDANCE:g}",
    )
    found.expect(
        not spec.slate_size or MIN_SLATE <= spec.slate_size <= MAX_SLATE,
        "spec.slate_size",
        f"must be {MIN_SLATE} to {MAX_SLATE}, or 0",
    )
    found.expect(
        0 <= spec.rounds <= MAX_ROUNDS,
        "spec.rounds",
        f"must be 1 to {MAX_ROUNDS}, or 0",
    )
    least = spec.slate_size or MIN_SLATE
    found.expect(
        not spec.images or least <= spec.images <= MAX_IMAGES,
        "spec.images",
        f"must be {least} to {MAX_IMAGES:,}, or 0",
    )


def _shares(found: Findings, spec: session_pb2.SessionSpec) -> None:
    for path, share in (
        ("spec.control_share", spec.control_share),
        ("spec.probe_share", spec.probe_share),
    ):
        found.expect(math.isfinite(share) and 0 <= share <= 1, path, "must be 0 to 1")


def _labels(found: Findings, labels: Mapping[str, str], path: str) -> None:
    found.expect(len(labels) <= MAX_LABELS, path, f"must be at most {MAX_LABELS}")
    found.expect(
        all(_LABEL_KEY.fullmatch(key) for key in labels),
        path,
        "keys must match [a-z][a-z0-9_-]{0,63}",
    )
    found.expect(
        all(len(value) <= LABEL_CHARACTERS for value in labels.values()),
        path,
        f"values must have at most {LABEL_CHARACTERS} characters",
    )


def _request_id(found: Findings, request_id: str) -> None:
    found.expect(
        _UUID.fullmatch(request_id.lower()),
        "request_id",
        "must be a UUID, new for every command and the same in its repeats",
    )


def view(view: int) -> None:
    """Check how much of a session is wanted.

    Args:
        view: number of a `SessionView`.

    Raises:
        FieldsInvalidError: if there is no such view.
    """
    found = Findings()
    known = view in session_pb2.SessionView.values()
    found.expect(known, "view", "must be BASIC or FULL")
    found.refuse_any()


def page(page_size: int) -> None:
    """Check the size of a page.

    Args:
        page_size: as received.

    Raises:
        FieldsInvalidError: if it is negative.
    """
    found = Findings()
    found.expect(page_size >= 0, "page_size", "must not be negative")
    found.refuse_any()


def list_sessions(request: session_service_pb2.ListSessionsRequest) -> None:
    """Check page size and filter.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if a field is out of range.
    """
    found = Findings()
    found.expect(request.page_size >= 0, "page_size", "must not be negative")
    known: Iterable[int] = session_pb2.SessionState.values()
    found.expect(
        all(state and state in known for state in request.states),
        "states",
        "must be ACTIVE, EXHAUSTED or FINISHED",
    )
    _labels(found, request.labels, "labels")
    found.refuse_any()


def list_rounds(request: round_service_pb2.ListRoundsRequest) -> None:
    """Check page size and start.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if a field is negative.
    """
    found = Findings()
    found.expect(request.page_size >= 0, "page_size", "must not be negative")
    found.expect(request.after_round >= 0, "after_round", "must not be negative")
    found.refuse_any()


def submit_feedback(request: round_service_pb2.SubmitFeedbackRequest) -> None:
    """Check an answer's form; whether it fits the round is the session's rule.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if a field is out of range.
        MethodUnimplementedError: if the kind of feedback is not built yet.
    """
    found = Findings()
    _request_id(found, request.request_id)
    feedback = request.feedback
    kind = feedback.WhichOneof("judgment")
    found.expect(
        kind is not None,
        "feedback",
        "must say one of chosen, ranking, tie, none_of_these or skip",
    )
    if feedback.HasField("response_time"):
        found.expect(
            0 < _seconds(feedback.response_time) <= MAX_RESPONSE_S,
            "feedback.response_time",
            "must be more than 0 and at most 1 hour",
        )
    found.refuse_any()
    if kind != "chosen":
        raise MethodUnimplementedError(f"feedback.{kind}")


def _seconds(duration: Duration) -> float:
    return duration.seconds + duration.nanos / 1e9


def image_size(size: int) -> None:
    """Check which rendition of an image is wanted.

    Args:
        size: number of an `ImageSize`.

    Raises:
        FieldsInvalidError: if there is no such size.
        MethodUnimplementedError: for thumbnails, which are not made yet.
    """
    found = Findings()
    known = size in image_pb2.ImageSize.values()
    found.expect(known, "size", "must be FULL or THUMBNAIL")
    found.refuse_any()
    if size == image_pb2.IMAGE_SIZE_THUMBNAIL:
        raise MethodUnimplementedError("thumbnails")
