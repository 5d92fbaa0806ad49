"""What the Redis store's scripts take and what its hashes hold, to and from values."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from multibo.jobs import codec as job_codec
from multibo.jobs import keys
from multibo.jobs.job import RenderJob, job_field
from multibo.optimizer.app.values import Change, Content
from multibo.optimizer.session import codec
from multibo.optimizer.session.bounds import MAX_SLATE
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import Round, Session, SessionState, Slate

_PATIENCE_MS: Final = 3_000
"""A row not claimed this long after its commit is pushed again."""
REMEMBERED: Final = 512
"""Slates and bodies whose values are kept: some 2 MB. Slates never change, yet every
poll, event and answer reads them."""
_JOBS_REMEMBERED: Final = 512
"""Jobs whose values are kept, ten kilobytes each: most of it features."""


def round_fields(number: int) -> list[str]:
    """Return the fields of a round in the hash of rounds: its slate, its end."""
    return [str(number), f"{number}/end"]


def job_fields(number: int) -> list[str]:
    """Return the fields of a round in the hash of jobs, more than it may have."""
    return [job_field(number, slot) for slot in range(MAX_SLATE)]


def round_of(
    name: SessionName, slate: bytes, end: bytes | None, jobs: list[bytes | None]
) -> Round:
    """Return a round as read.

    Args:
        name: the session.
        slate: the document of the slate.
        end: the document of its end, if it has one.
        jobs: documents by slot; None where there is no slot.
    """
    proposed = slate_of(slate)
    rows = tuple(_job_of(job) for job in jobs if job is not None)
    return Round(
        name=RoundName(name, proposed.number),
        slate=proposed,
        end=None if end is None else codec.end_from_json(end),
        jobs=rows,
    )


@lru_cache(REMEMBERED)
def slate_of(document: bytes) -> Slate:
    """Return the slate of a document."""
    return codec.slate_from_json(document)


@lru_cache(REMEMBERED)
def session_of(body: bytes, rev: bytes) -> Session:
    """Return the session of a body and the revision stored beside it."""
    return codec.session_from_json(body, rev=int(rev))


@lru_cache(_JOBS_REMEMBERED)
def _job_of(document: bytes) -> RenderJob:
    return job_codec.job_from_json(document)


def goes_on(session: Session) -> bool:
    """Say whether a session counts against its project's quota."""
    return session.state is not SessionState.FINISHED


def content_arguments(content: Content) -> list[str | int]:
    """Return the last arguments of `create.lua`: what the session starts with."""
    rounds = [(str(one.number), codec.slate_to_json(one)) for one in content.slates]
    rounds += [(f"{n}/end", codec.end_to_json(end)) for n, end in content.ends]
    jobs = [(job.field, job_codec.job_to_json(job)) for job in content.jobs]
    return [
        len(rounds),
        len(jobs),
        *[part for one in rounds for part in one],
        *[part for one in jobs for part in one],
        *[codec.entry_to_json(entry) for entry in content.log],
    ]


def commit_arguments(change: Change, ttl_ms: int) -> list[str | int | bytes]:
    """Return the arguments of `commit.lua`.

    Args:
        change: everything to write.
        ttl_ms: how long the session is kept from now on.
    """
    after, receipt = change.after, change.receipt
    ends = [(n, codec.end_to_json(end) if end else "") for n, end in change.ends]
    jobs = [(job.field, job_codec.job_to_json(job)) for job in change.jobs]
    return [
        after.rev - 1,
        codec.session_to_json(after),
        after.name.sid,
        ttl_ms,
        keys.EVENTS_KEPT,
        receipt.key.request_id if receipt else "",
        receipt.key.digest if receipt else "",
        receipt.reply if receipt else b"",
        "" if change.slate is None else change.slate.number,
        "" if change.slate is None else codec.slate_to_json(change.slate),
        _PATIENCE_MS,
        "" if change.entry is None else codec.entry_to_json(change.entry),
        len(ends),
        len(change.requeue),
        int(goes_on(after)),
        *[part for end in ends for part in end],
        *change.requeue,
        *[part for job in jobs for part in job],
    ]
