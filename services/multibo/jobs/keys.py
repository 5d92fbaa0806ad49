"""Every Redis key of ours; nobody else spells one.

A session's keys share the hash tag `{project/session}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PREFIX: Final = "mbo:"
DUE: Final = "mbo:due"
"""Sorted set: session key scored by its next deadline in ms."""
FLEET: Final = "mbo:fleet:"
PROCESSES: Final = "mbo:processes"
"""Set: the workers that announced themselves; those without an entry have left."""
COMPATS: Final = "mbo:compats"
"""Set: the compat keys under which rows may wait; `take.lua` takes off the others."""
OPENED: Final = "mbo:opened"
"""List: rounds that lately had all their pictures, `project/session/round`."""
OPENED_KEPT: Final = 1000
OPENED_TTL_MS: Final = 60_000
"""Where nobody speculates nobody reads them."""
UNNAMED: Final = "mbo:images:unnamed"
"""Sorted set: images to delete if still no session names them, by when none did."""
IMAGES_LISTED: Final = "mbo:images:listed"
"""String: the store was walked over for old images within the last day."""
IMAGES_SWEPT: Final = "mbo:images:swept"
"""String: noted images were deleted within the last hour."""
REUSED_MS: Final = 3600 * 1000
"""A stored image that a row took is not swept for this long."""
SECRET: Final = "mbo:secret"
"""String: 32 bytes that sign page tokens, the same for all replicas."""
EVENTS_KEPT: Final = 1000
PROGRESS_KEPT: Final = 64
PROGRESS_TTL_MS: Final = 60_000
PREVIEWED_MS: Final = 15_000


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The keys of one session."""

    sid: str
    """`project/session`."""

    @property
    def state(self) -> str:
        """Hash: rev, project, body."""
        return f"mbo:{{{self.sid}}}:state"

    @property
    def rounds(self) -> str:
        """Hash: round number -> JSON of the slate as proposed."""
        return f"mbo:{{{self.sid}}}:rounds"

    @property
    def log(self) -> str:
        """List, append-only: what the person said."""
        return f"mbo:{{{self.sid}}}:log"

    @property
    def jobs(self) -> str:
        """Hash: `round/slot` -> JSON of the job."""
        return f"mbo:{{{self.sid}}}:jobs"

    @property
    def pending(self) -> str:
        """Set: fields of the jobs that have not ended."""
        return f"mbo:{{{self.sid}}}:pending"

    @property
    def requests(self) -> str:
        """Hash: request id -> payload digest and stored reply."""
        return f"mbo:{{{self.sid}}}:requests"

    @property
    def events(self) -> str:
        """Stream of durable events; ids are Watch cursors."""
        return f"mbo:{{{self.sid}}}:events"

    @property
    def progress(self) -> str:
        """Stream of steps and previews, best effort, short-lived."""
        return f"mbo:{{{self.sid}}}:progress"

    @property
    def previewed(self) -> str:
        """String: somebody wants previews; short-lived, renewed while they do."""
        return f"mbo:{{{self.sid}}}:previewed"

    @property
    def speculation(self) -> str:
        """Hash: digest of a render spec -> JSON of a row rendered ahead."""
        return f"mbo:{{{self.sid}}}:speculation"

    def all(self) -> tuple[str, ...]:
        """Return every key of the session."""
        return (
            self.state,
            self.rounds,
            self.log,
            self.jobs,
            self.pending,
            self.requests,
            self.events,
            self.progress,
            self.previewed,
            self.speculation,
        )


def rows(compat_key: str) -> str:
    """Return the sorted set of the row references that wait under `compat_key`.

    Scored by class and time (`queues.row_rank`), by whoever pushes; `take.lua` alone
    changes scores and removes rows.
    """
    return f"mbo:rows:{compat_key}"


def lanes(compat_key: str) -> str:
    """Return the beginning of the keys that sort these rows by class and project."""
    return f"mbo:lanes:{compat_key}"


def speculative_rows(compat_key: str) -> str:
    """Return the key of the rows that may be rendered ahead under `compat_key`."""
    return f"mbo:speculative:{compat_key}"


def proposal(digest: str) -> str:
    """Return the key of a proposal made ahead, by the digest of its request."""
    return f"mbo:proposal:{digest}"


def project_speculation(project: str) -> str:
    """Return the sorted set of a project's speculative rows, by when they lapse."""
    return f"mbo:project:{project}:speculation"


def image_lease(address: str) -> str:
    """Return the key that says who renders an image now."""
    return f"mbo:img:{address}"


def image_taken(address: str) -> str:
    """Return the key that says that a row took a stored image lately."""
    return f"mbo:img:{address}:taken"


def image_doomed(address: str) -> str:
    """Return the key that says that an image is being deleted."""
    return f"mbo:img:{address}:doomed"


def fleet(process: str) -> str:
    """Return the key under which a worker process reports itself."""
    return f"{FLEET}{process}"


def project_sessions(project: str) -> str:
    """Return the sorted set of a project's sessions, by creation time."""
    return f"mbo:project:{project}:sessions"


def project_open(project: str) -> str:
    """Return the sorted set of a project's sessions that go on, by when they expire."""
    return f"mbo:project:{project}:open"


def project_request(project: str, request_id: str) -> str:
    """Return the hash of a creating request: digest and reply, kept 24 h."""
    return f"mbo:project:{project}:request:{request_id}"


def row_reference(sid: str, round: int, slot: int) -> str:
    """Return the reference of a row, `project/session/round/slot`."""
    return f"{sid}/{round}/{slot}"


def parse_row(reference: str) -> tuple[str, int, int]:
    """Return session key, round and slot of a row reference.

    Args:
        reference: what `row_reference` wrote.

    Raises:
        ValueError: if it is no row reference.
    """
    project, session, round, slot = reference.split("/")
    return f"{project}/{session}", int(round), int(slot)


def speculative_reference(sid: str, digest: str) -> str:
    """Return the reference of a speculative row, `project/session/digest`."""
    return f"{sid}/{digest}"


def parse_speculative(reference: str) -> tuple[str, str]:
    """Return session key and digest of a speculative row's reference.

    Args:
        reference: what `speculative_reference` wrote.

    Raises:
        ValueError: if it is no such reference.
    """
    project, session, digest = reference.split("/")
    return f"{project}/{session}", digest
