"""A session as one document, and a session from such a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app import create, document, fork
from multibo.optimizer.app.document import Document, Parsed
from multibo.optimizer.app.errors import DocumentInvalidError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import RequestKey, SessionView
from multibo.optimizer.session import ids
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import SessionSpec


async def export_session(app: App, name: SessionName) -> Document:
    """Return a session as one JSON document: spec, log, slates, image digests.

    Rounds that were never answered nor left for variety are not part of it: they
    say nothing about the person.

    Args:
        app: the ports.
        name: the session.

    Raises:
        SessionNotFoundError: if there is none.
        ExportTooLargeError: if the document does not fit into a message.
    """
    session = await app.store.read(name)
    log, slates = await app.store.read_log(name)
    named = {entry.round for entry in log if entry.round is not None}
    n_rounds = max(named, default=-1) + 1
    rounds = await app.store.read_rounds(name, after=-1, limit=n_rounds)
    images = {
        job.field: job.image.digest
        for round in rounds
        if round.slate.number in named
        for job in round.jobs
        if job.image is not None
    }
    return document.written(session, log, [slates[n] for n in sorted(named)], images)


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
    given = document.parsed(command.document, command.digest)
    _check_catalog(app, given.spec)
    session = fork.session_of(app, name, given.spec, given.past, prior=given.prior)
    content = fork.content_of(given.past, _jobs(given))
    return await fork.store_new(app, session, content, key, encode)


def _check_catalog(app: App, spec: SessionSpec) -> None:
    model = app.catalog.model(spec.model)
    space = model.search_space(spec.warp_space)
    if model.revision != spec.revision:
        raise DocumentInvalidError("the document is of another revision of the model")
    here = (space.dimension, model.width_px, model.height_px)
    if (spec.dimension, spec.width_px, spec.height_px) != here or (
        spec.warp_family,
        spec.n_noise,
        spec.noise_angle,
    ) != create.noise_part(space):
        raise DocumentInvalidError("the model has another size or warp space here")


def _jobs(given: Parsed) -> list[RenderJob]:
    # Image references of a document are not trusted: an address names a picture of
    # any project. The rows are made anew, as canceled.
    return [
        RenderJob(
            slate.number,
            candidate.slot,
            given.spec.render_spec(candidate),
            state=JobState.CANCELLED,
        )
        for slate in given.past.slates
        for candidate in slate.candidates
    ]
