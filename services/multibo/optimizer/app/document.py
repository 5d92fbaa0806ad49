"""The JSON document of a session: written from one, read as a stranger's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from multibo.jobs.spec import SEED_LIMIT
from multibo.optimizer.app.errors import DocumentInvalidError, ExportTooLargeError
from multibo.optimizer.preference.dataset import check_warps
from multibo.optimizer.preference.errors import PreferenceError
from multibo.optimizer.preference.slate import Role
from multibo.optimizer.session import bounds, codec
from multibo.optimizer.session.answers import check_answered
from multibo.optimizer.session.casting import CAST, CONTROL
from multibo.optimizer.session.errors import SessionError
from multibo.optimizer.session.history import History, fold
from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    LogEntry,
    Session,
    SessionSpec,
    Slate,
)
from multibo.optimizer.session.probes import PROBE
from multibo.optimizer.session.typed import check_types

FORMAT: Final = "multibo.session"
SCHEMA: Final = 1
MAX_BYTES: Final = (1 << 20) - 1024
"""A message takes 1 MiB: the rest is for names, digest and request id."""
MAX_NUMBER: Final = 999_999
"""A round's number has six digits in its name."""
MAX_TIME_MS: Final = 253_402_300_799_999
"""The end of the year 9999, where timestamps end."""
MAX_PRIOR: Final = 1e6
_BROKEN: Final = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    SessionError,
    PreferenceError,
)
_ROLES: Final = frozenset({*(role.value for role in Role), CAST, CONTROL, PROBE})


@dataclass(frozen=True, slots=True)
class Document:
    """An exported session."""

    data: bytes
    digest: str
    """SHA-256 of `data`."""
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a document says."""

    spec: SessionSpec
    prior: tuple[float, ...]
    past: History


def written(
    session: Session,
    log: Iterable[LogEntry],
    slates: Iterable[Slate],
    images: Mapping[str, str],
) -> Document:
    """Return a session as a document.

    Args:
        session: whose.
        log: all of it.
        slates: those the log names.
        images: digests by `round/slot`.

    Raises:
        ExportTooLargeError: if it does not fit into a message.
    """
    document = {
        "format": FORMAT,
        "schema": SCHEMA,
        "name": str(session.name),
        "spec": asdict(session.spec),
        "prior": session.prior,
        "log": [json.loads(codec.entry_to_json(entry)) for entry in log],
        "slates": [json.loads(codec.slate_to_json(slate)) for slate in slates],
        "images": dict(images),
    }
    data = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    if len(data) > MAX_BYTES:
        raise ExportTooLargeError(size_bytes=len(data), limit_bytes=MAX_BYTES)
    return Document(data, hashlib.sha256(data).hexdigest())


def parsed(data: bytes, digest: str) -> Parsed:
    """Return what a document says, if a session could have come to it.

    Args:
        data: the document.
        digest: SHA-256 of `data`; "" if it need not be checked.

    Raises:
        DocumentInvalidError: if it is damaged, of another schema, or impossible.
    """
    if digest and digest != hashlib.sha256(data).hexdigest():
        raise DocumentInvalidError("the digest is of another document")
    try:
        document = json.loads(data)
        if (document["format"], document["schema"]) != (FORMAT, SCHEMA):
            raise DocumentInvalidError(f"the schema is not {SCHEMA}")
        return _parsed(document)
    except _BROKEN as error:
        # The cause may quote the document: its kind is all that is told.
        raise DocumentInvalidError(
            f"the document is damaged: {type(error).__name__}"
        ) from error


def _parsed(document: dict[str, Any]) -> Parsed:
    spec = codec.spec_from(document["spec"])
    check_types(spec)
    bounds.check_spec(spec)
    slates = [codec.slate_from_json(json.dumps(one)) for one in document["slates"]]
    for slate in slates:
        _check_slate(spec, slate)
    log = [codec.entry_from_json(json.dumps(one)) for one in document["log"]]
    for entry in log:
        _check_entry(entry)
    past = fold(log, {slate.number: slate for slate in slates})
    _check_history(spec, past)
    return Parsed(spec, _checked_prior(spec, document["prior"]), past)


def _check_slate(spec: SessionSpec, slate: Slate) -> None:
    check_types(slate)
    _expect(0 <= slate.number <= MAX_NUMBER and 0 <= slate.ordinal <= MAX_NUMBER)
    _expect(0 <= slate.propose_ms <= MAX_TIME_MS)
    _expect(0 <= slate.create_time_ms <= MAX_TIME_MS)
    _expect([c.slot for c in slate.candidates] == list(range(spec.k)))
    _expect(all(c.role in _ROLES for c in slate.candidates))
    _expect(all(_has_base(spec, c) for c in slate.candidates))
    _expect(all(0 <= c.win_probability <= 1 for c in slate.candidates))
    _expect(all(c.utility_sd >= 0 for c in slate.candidates))
    check_warps(spec.dimension, tuple(c.warp for c in slate.candidates))


def _has_base(spec: SessionSpec, candidate: Candidate) -> bool:
    """Say whether a candidate could be of a session, as far as its noise goes."""
    seeds = (candidate.base_seed, *candidate.directions)
    is_alone = not spec.casting_rounds and not spec.control_share
    return (
        (candidate.base_seed == spec.base_seed or not is_alone)
        and all(0 <= seed < SEED_LIMIT for seed in seeds)
        and len(set(seeds)) == len(seeds)
        and len(seeds) in (1, 1 + spec.n_noise)
        # What shows a start noise as it is needs no directions.
        and (len(seeds) == 1 + spec.n_noise or not any(candidate.warp))
        and not candidate.turns
    )


def _check_entry(entry: LogEntry) -> None:
    check_types(entry)
    _expect(0 <= entry.time_ms <= MAX_TIME_MS)


def _check_history(spec: SessionSpec, past: History) -> None:
    numbers = [slate.number for slate in past.slates]
    _expect(numbers == sorted(set(numbers)))
    _expect(len(past.judged) <= spec.rounds)
    for one in past.answered:
        check_answered(one.feedback, frozenset(range(spec.k)))
        _check_time(one.feedback)


def _check_time(feedback: Feedback) -> None:
    span_ms = feedback.response_time_ms
    _expect(span_ms is None or 0 < span_ms <= bounds.MAX_ANSWER_MS)


def _checked_prior(spec: SessionSpec, values: Any) -> tuple[float, ...]:
    prior = tuple(float(value) for value in values)
    _expect(len(prior) in (0, spec.dimension + 1))
    _expect(all(abs(value) <= MAX_PRIOR for value in prior))  # false for NaN as well
    return prior


def _expect(holds: object) -> None:
    if not holds:
        raise ValueError("out of range")
