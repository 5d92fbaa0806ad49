"""Field checks by hand: every violation of a request, each with its path.

What needs the catalog or the session is checked by the use cases; what is checked
here needs the request alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from google.protobuf.duration_pb2 import Duration

from multibo.optimizer.api import validate_spec
from multibo.optimizer.api.findings import Findings
from multibo.optimizer.app.document import MAX_BYTES
from multibo.optimizer.session.bounds import MAX_ANSWER_MS, MAX_SLATE
from multibo.v1 import (
    image_pb2,
    insight_service_pb2,
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)

GoingBack = (
    session_service_pb2.UndoFeedbackRequest | session_service_pb2.RedoFeedbackRequest
)
_VIEWS: Final = frozenset(session_pb2.SessionView.values())
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def create_session(request: session_service_pb2.CreateSessionRequest) -> None:
    """Check a session's spec and request id.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if a field is out of range.
    """
    found = Findings()
    found.request_id(request.request_id)
    validate_spec.spec(found, request, required=True)
    found.refuse_any()


def view(view: int) -> None:
    """Check how much of a session is wanted.

    Args:
        view: number of a `SessionView`.

    Raises:
        FieldsInvalidError: if there is no such view.
    """
    found = Findings()
    known = view in _VIEWS
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
    validate_spec.labels(found, request.labels, "labels")
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
    """
    found = Findings()
    found.request_id(request.request_id)
    found.etag(request.etag)
    feedback = request.feedback
    found.expect(
        feedback.WhichOneof("judgment"),
        "feedback",
        "must say one of chosen, ranking, tie, none_of_these or skip",
    )
    for path, slots in (
        ("chosen", (feedback.chosen,)),
        ("ranking.slots", feedback.ranking.slots),
        ("tie.slots", feedback.tie.slots),
        ("shown", feedback.shown),
    ):
        _slots(found, slots, f"feedback.{path}")
    found.expect(
        feedback.skip.reason in round_pb2.SkipReason.values(),
        "feedback.skip.reason",
        "must be one of the known reasons",
    )
    if feedback.HasField("response_time"):
        found.expect(
            0 < _milliseconds(feedback.response_time) <= MAX_ANSWER_MS,
            "feedback.response_time",
            "must be more than 0 and at most 1 hour",
        )
    found.refuse_any()


def _slots(found: Findings, slots: Sequence[int], path: str) -> None:
    found.expect(len(slots) <= MAX_SLATE, path, f"must be at most {MAX_SLATE}")
    found.expect(
        all(0 <= slot < MAX_SLATE for slot in slots),
        path,
        f"must be 0 to {MAX_SLATE - 1}",
    )


def _milliseconds(duration: Duration) -> float:
    return duration.seconds * 1e3 + duration.nanos / 1e6


def etag(etag: str) -> None:
    """Check an optional etag.

    Args:
        etag: as received.

    Raises:
        FieldsInvalidError: if it is none of ours.
    """
    found = Findings()
    found.etag(etag)
    found.refuse_any()


def going_back(request: GoingBack) -> None:
    """Check an undo or redo.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if request id or etag is missing.
    """
    found = Findings()
    found.request_id(request.request_id)
    found.expect(request.etag, "etag", "is required")
    found.etag(request.etag)
    found.refuse_any()


def request_id(request_id: str) -> None:
    """Check the id of a command.

    Args:
        request_id: as received.

    Raises:
        FieldsInvalidError: if it is no UUID.
    """
    found = Findings()
    found.request_id(request_id)
    found.refuse_any()


def fork_session(request: session_service_pb2.ForkSessionRequest) -> None:
    """Check what a fork asks for.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if a field is out of range.
    """
    found = Findings()
    found.request_id(request.request_id)
    found.expect(request.through_round >= 0, "through_round", "must not be negative")
    known = request.mode in session_pb2.ForkMode.values()
    found.expect(known, "mode", "must be HISTORY or WARM_START")
    warm = request.mode == session_pb2.FORK_MODE_WARM_START
    unset = not request.HasField("spec")
    found.expect(warm or unset, "spec", "must be unset in mode HISTORY")
    validate_spec.spec(found, request, required=False)
    found.refuse_any()


def import_session(request: session_service_pb2.ImportSessionRequest) -> None:
    """Check the size of a document; what it says is checked where it is read.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if a field is out of range.
    """
    found = Findings()
    found.request_id(request.request_id)
    found.expect(
        0 < len(request.document) <= MAX_BYTES,
        "document",
        f"must have 1 to {MAX_BYTES:,} bytes",
    )
    found.expect(
        not request.digest or _SHA256.fullmatch(request.digest),
        "digest",
        "must be 64 lowercase hexadecimal digits, or empty",
    )
    found.refuse_any()


def image_size(size: int) -> None:
    """Check which rendition of an image is wanted.

    Args:
        size: number of an `ImageSize`.

    Raises:
        FieldsInvalidError: if there is no such size.
    """
    found = Findings()
    known = size in image_pb2.ImageSize.values()
    found.expect(known, "size", "must be FULL or THUMBNAIL")
    found.refuse_any()


def render_figure(request: insight_service_pb2.RenderFigureRequest) -> None:
    """Check which drawing is wanted.

    Args:
        request: as received.

    Raises:
        FieldsInvalidError: if there is no such kind or format.
    """
    found = Findings()
    kinds: Iterable[int] = insight_service_pb2.FigureKind.values()
    formats: Iterable[int] = insight_service_pb2.FigureFormat.values()
    found.expect(request.kind in kinds, "kind", "must be MAP, TRACE or SLATE")
    found.expect(request.format in formats, "format", "must be PNG or SVG")
    found.refuse_any()
