"""Sessions, slates and log entries to and from JSON, with a schema number."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from multibo.jobs.spec import WHOLE, Turn
from multibo.optimizer.session.errors import DocumentUnreadableError
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName
from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    FeedbackKind,
    LogEntry,
    RoundEnd,
    RoundState,
    Session,
    SessionSpec,
    SessionState,
    SkipReason,
    Slate,
    Undone,
)

SCHEMA: Final = 3
"""2 knows every kind of feedback, and undo; 3 knows start noises other than the
session's. All are still read."""
_BROKEN: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def session_to_json(session: Session) -> str:
    """Return the stored body of a session; `rev` is stored beside it."""
    document = _fields(session)
    del document["rev"]
    return _dump(document)


def session_from_json(data: bytes | str, *, rev: int) -> Session:
    """Return the session of a stored body.

    Args:
        data: what `session_to_json` wrote.
        rev: the revision stored beside it.

    Raises:
        DocumentUnreadableError: if it is damaged or of another schema.
    """
    document = _load(data)
    try:
        accepted = document.pop("accepted")
        source = document.pop("forked_from", None)
        return Session(
            name=SessionName(**document.pop("name")),
            spec=spec_from(document.pop("spec")),
            state=SessionState(document.pop("state")),
            effective=tuple(document.pop("effective")),
            prior=tuple(document.pop("prior", ())),
            undone=tuple(Undone(**one) for one in document.pop("undone", ())),
            accepted=_candidate_name(accepted) if accepted else None,
            forked_from=SessionName(**source) if source else None,
            rev=rev,
            **document,
        )
    except _BROKEN as error:
        raise DocumentUnreadableError(f"unreadable session: {error!r}") from error


def spec_from(document: dict[str, Any]) -> SessionSpec:
    """Return the spec of a session's document.

    Args:
        document: as `session_to_json` nests it.

    Raises:
        DocumentUnreadableError: if a field is missing or unknown.
    """
    fields = dict(document)
    try:
        fields["labels"] = tuple((key, value) for key, value in fields["labels"])
        return SessionSpec(**fields)
    except _BROKEN as error:
        raise DocumentUnreadableError(f"unreadable spec: {error!r}") from error


def slate_to_json(slate: Slate) -> str:
    """Return the stored document of a slate; what candidates share is written once."""
    document = asdict(slate)
    shared = list(dict.fromkeys(c.directions for c in slate.candidates if c.directions))
    if shared:
        document["directions"] = shared
    for body, candidate in zip(document["candidates"], slate.candidates, strict=True):
        if not body["turns"]:
            del body["turns"]
        del body["directions"]
        if candidate.directions:
            body["directions"] = shared.index(candidate.directions)
    return _dump(document)


def slate_from_json(data: bytes | str) -> Slate:
    """Return the slate of a stored document.

    Args:
        data: what `slate_to_json` wrote.

    Raises:
        DocumentUnreadableError: if it is damaged or of another schema.
    """
    document = _load(data)
    try:
        shared = [tuple(seeds) for seeds in document.pop("directions", ())]
        candidates = tuple(
            _candidate(body, shared) for body in document.pop("candidates")
        )
        return Slate(candidates=candidates, **document)
    except _BROKEN as error:
        raise DocumentUnreadableError(f"unreadable slate: {error!r}") from error


def _candidate(body: dict[str, Any], shared: list[tuple[int, ...]]) -> Candidate:
    fields = {**body, "warp": tuple(body["warp"])}
    fields["turns"] = tuple(
        Turn(
            tuple(turn["seeds"]), tuple(turn["angles"]), tuple(turn.get("parts", WHOLE))
        )
        for turn in body.get("turns", ())
    )
    if "directions" in body:
        fields["directions"] = shared[body["directions"]]
    return Candidate(**fields)


def end_to_json(end: RoundEnd) -> str:
    """Return the stored document of a round's end."""
    return _dump(_fields(end))


def end_from_json(data: bytes | str) -> RoundEnd:
    """Return the round's end of a stored document.

    Args:
        data: what `end_to_json` wrote.

    Raises:
        DocumentUnreadableError: if it is damaged or of another schema.
    """
    document = _load(data)
    try:
        return RoundEnd(
            state=RoundState(document["state"]),
            time_ms=document["time_ms"],
            feedback=_feedback(document["feedback"]),
        )
    except _BROKEN as error:
        raise DocumentUnreadableError(f"unreadable end: {error!r}") from error


def entry_to_json(entry: LogEntry) -> str:
    """Return the stored line of the log."""
    return _dump(_fields(entry))


def entry_from_json(data: bytes | str) -> LogEntry:
    """Return the log entry of a stored line.

    Args:
        data: what `entry_to_json` wrote.

    Raises:
        DocumentUnreadableError: if it is damaged or of another schema.
    """
    document = _load(data)
    try:
        return LogEntry(
            kind=document["kind"],
            time_ms=document["time_ms"],
            round=document["round"],
            feedback=_feedback(document["feedback"]),
        )
    except _BROKEN as error:
        raise DocumentUnreadableError(f"unreadable log: {error!r}") from error


def _feedback(document: dict[str, Any] | None) -> Feedback | None:
    if document is None:
        return None
    if "chosen" in document:  # schema 1
        chosen = (document.pop("chosen"),)
        return Feedback(
            FeedbackKind.CHOSEN,
            chosen,
            **{**document, "shown": tuple(document["shown"])},
        )
    return Feedback(
        kind=FeedbackKind(document["kind"]),
        slots=tuple(document["slots"]),
        shown=tuple(document["shown"]),
        request_id=document["request_id"],
        response_time_ms=document["response_time_ms"],
        skip_reason=SkipReason(document["skip_reason"]),
    )


def _candidate_name(document: dict[str, Any]) -> CandidateName:
    round = document["round"]
    return CandidateName(
        RoundName(SessionName(**round["session"]), round["number"]), document["slot"]
    )


def _fields(value: object) -> dict[str, Any]:
    # One level: the encoder asks for the next. `asdict` copies every number of it.
    names: tuple[str, ...] = getattr(type(value), "__slots__", ())
    return {name: getattr(value, name) for name in names}


_ENCODER: Final = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, default=_fields
)


def _dump(document: dict[str, Any]) -> str:
    return _ENCODER.encode({"schema": SCHEMA, **document})


def _load(data: bytes | str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(data)
        schema = document.pop("schema")
    except _BROKEN as error:
        raise DocumentUnreadableError(f"unreadable document: {error!r}") from error
    if schema not in range(1, SCHEMA + 1):
        raise DocumentUnreadableError(f"schema {schema} is unknown")
    return document
