"""A session as one document, and a session from such a document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app import fork
from multibo.optimizer.app.errors import DocumentInvalidError, ExportTooLargeError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import RequestKey, SessionView
from multibo.optimizer.preference.dataset import check_warps
from multibo.optimizer.preference.errors import PreferenceError
from multibo.optimizer.session import codec, ids
from multibo.optimizer.session.answers import check_answered
from multibo.optimizer.session.errors import SessionError
from multibo.optimizer.session.history import History, fold
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import SessionSpec, Slate

FORMAT: Final = "multibo.session"
SCHEMA: Final = 1
MAX_BYTES: Final = 1024 * 1024
_BROKEN: Final = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    RecursionError,
    SessionError,
    PreferenceError,
)


@dataclass(frozen=True, slots=True)
class Document:
    """An exported session."""

    data: bytes
    digest: str
    """SHA-256 of `data`."""
    schema: int = SCHEMA


async def export_session(app: App, name: SessionName) -> Document:
    """Return a session as one JSON document: spec, log, slates, image digests.

    Args:
        app: the ports.
        name: the session.

    Raises:
        SessionNotFoundError: if there is none.
        ExportTooLargeError: if the document passes 1 MiB.
    """
    session = await app.store.read(name)
    log, slates = await app.store.read_log(name)
    images = {}
    for number in sorted(slates):
        for job in (await app.store.read_round(name, number)).jobs:
            if job.image is not None:
                images[job.field] = job.image.digest
    document = {
        "format": FORMAT,
        "schema": SCHEMA,
        "name": str(name),
        "spec": asdict(session.spec),
        "prior": session.prior,
        "log": [json.loads(codec.entry_to_json(entry)) for entry in log],
        "slates": [json.loads(codec.slate_to_json(slates[n])) for n in sorted(slates)],
        "images": images,
    }
    data = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    if len(data) > MAX_BYTES:
        raise ExportTooLargeError(size_bytes=len(data), limit_bytes=MAX_BYTES)
    return Document(data, hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class ImportSession:
    """What a caller asks for."""

    project: str
    session_id: str
    document: bytes
    digest: str
    """SHA-256 of the document; "" if it need not be checked."""


async def import_session(
    app: App,
    command: ImportSession,
    key: RequestKey,
    encode: Callable[[SessionView], bytes],
) -> bytes:
    """Store a session made from a document and return the encoded reply.

    Pictures are not part of it: a round that undo reopens is rendered again.

    Args:
        app: the ports.
        command: validated fields.
        key: the command's id and digest.
        encode: makes the reply that is stored with the command.

    Raises:
        RequestIdConflictError: if the id came with other content.
        DocumentInvalidError: if the document is damaged, of another schema, or
            holds a history no session could have.
        UnknownModelError: if the catalog lacks its model.
        SessionExistsError: if the name is taken.
    """
    replayed = await app.store.replay_create(command.project, key)
    if replayed is not None:
        return replayed
    name = SessionName(command.project, ids.checked_session_id(command.session_id))
    spec, prior, past = _parsed(command)
    _check_catalog(app, spec)
    session = fork.session_of(app, name, spec, past, prior=prior)
    content = fork.content_of(past, _jobs(spec, past))
    return await fork.store_new(app, session, content, key, encode)


def _parsed(
    command: ImportSession,
) -> tuple[SessionSpec, tuple[float, ...], History]:
    found = hashlib.sha256(command.document).hexdigest()
    if command.digest and command.digest != found:
        raise DocumentInvalidError("the digest is of another document")
    try:
        document = json.loads(command.document)
        if (document["format"], document["schema"]) != (FORMAT, SCHEMA):
            raise DocumentInvalidError(f"schema {document['schema']!r} is unknown")
        return _content(document)
    except _BROKEN as error:
        raise DocumentInvalidError(f"{type(error).__name__}: {error}") from error


def _content(
    document: dict[str, Any],
) -> tuple[SessionSpec, tuple[float, ...], History]:
    slates = [codec.slate_from_json(json.dumps(one)) for one in document["slates"]]
    log = [codec.entry_from_json(json.dumps(one)) for one in document["log"]]
    spec = codec.spec_from(document["spec"])
    past = fold(log, {slate.number: slate for slate in slates})
    for slate in slates:
        _check_slate(spec, slate)
    for one in past.answered:
        check_answered(one.feedback, frozenset(range(spec.k)))
    prior = tuple(float(value) for value in document["prior"])
    if prior and len(prior) != spec.dimension + 1:
        raise ValueError("the prior has another dimension")
    return spec, prior, past


def _check_slate(spec: SessionSpec, slate: Slate) -> None:
    if [c.slot for c in slate.candidates] != list(range(spec.k)):
        raise ValueError(f"round {slate.number} has other slots than K = {spec.k}")
    check_warps(spec.dimension, tuple(c.warp for c in slate.candidates))


def _check_catalog(app: App, spec: SessionSpec) -> None:
    model = app.catalog.model(spec.model)
    space = model.warp_space(spec.warp_space)
    if model.revision != spec.revision or space.dimension != spec.dimension:
        raise DocumentInvalidError(
            f"{spec.model} is at revision {model.revision} here, the document's at "
            f"{spec.revision}"
        )


def _jobs(spec: SessionSpec, past: History) -> list[RenderJob]:
    # Image references of a document are not trusted: an address names a picture of
    # any project. The rows are made anew, as canceled.
    return [
        RenderJob(
            slate.number,
            candidate.slot,
            spec.render_spec(candidate.warp),
            state=JobState.CANCELLED,
        )
        for slate in past.slates
        for candidate in slate.candidates
    ]
