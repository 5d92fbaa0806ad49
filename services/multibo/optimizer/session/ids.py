"""Resource names: the only place where one is parsed or written."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

from multibo.optimizer.session.errors import FieldInvalidError

_ID: Final = r"[a-z][a-z0-9-]{0,62}"
_SESSION_ID: Final = re.compile(r"[a-z][a-z0-9-]{3,62}")
_PROJECT: Final = re.compile(rf"projects/({_ID})")
_SESSION: Final = re.compile(rf"projects/({_ID})/sessions/({_ID})")
_ROUND: Final = re.compile(rf"projects/({_ID})/sessions/({_ID})/rounds/(\d{{1,6}})")
_CANDIDATE: Final = re.compile(
    rf"projects/({_ID})/sessions/({_ID})/rounds/(\d{{1,6}})/candidates/(\d)"
)
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True, order=True)
class SessionName:
    """`projects/{project}/sessions/{session}`."""

    project: str
    session: str

    @property
    def sid(self) -> str:
        """The store's key of this session."""
        return f"{self.project}/{self.session}"

    def __str__(self) -> str:
        return f"projects/{self.project}/sessions/{self.session}"


@dataclass(frozen=True, slots=True, order=True)
class RoundName:
    """`.../rounds/{round}`."""

    session: SessionName
    number: int

    def __str__(self) -> str:
        return f"{self.session}/rounds/{self.number}"


@dataclass(frozen=True, slots=True, order=True)
class CandidateName:
    """`.../candidates/{slot}`."""

    round: RoundName
    slot: int

    def __str__(self) -> str:
        return f"{self.round}/candidates/{self.slot}"


def parse_project(name: str, *, field: str = "parent") -> str:
    """Return the project of `projects/{project}`.

    Args:
        name: the resource name.
        field: the request's field, for the error.

    Raises:
        FieldInvalidError: if it is no project name.
    """
    return _match(_PROJECT, name, field, "projects/{project}")[0]


def parse_session(name: str, *, field: str = "name") -> SessionName:
    """Return the parsed session name.

    Args:
        name: the resource name.
        field: the request's field, for the error.

    Raises:
        FieldInvalidError: if it is no session name.
    """
    form = "projects/{project}/sessions/{session}"
    return SessionName(*_match(_SESSION, name, field, form))


def parse_round(name: str, *, field: str = "name") -> RoundName:
    """Return the parsed round name.

    Args:
        name: the resource name.
        field: the request's field, for the error.

    Raises:
        FieldInvalidError: if it is no round name.
    """
    form = "projects/{project}/sessions/{session}/rounds/{round}"
    project, session, number = _match(_ROUND, name, field, form)
    return RoundName(SessionName(project, session), int(number))


def parse_candidate(name: str, *, field: str = "name") -> CandidateName:
    """Return the parsed candidate name.

    Args:
        name: the resource name.
        field: the request's field, for the error.

    Raises:
        FieldInvalidError: if it is no candidate name.
    """
    form = "projects/{project}/sessions/{session}/rounds/{round}/candidates/{slot}"
    project, session, number, slot = _match(_CANDIDATE, name, field, form)
    round = RoundName(SessionName(project, session), int(number))
    return CandidateName(round, int(slot))


def checked_session_id(session_id: str) -> str:
    """Return a client's choice of session id, or a fresh one for "".

    Args:
        session_id: `[a-z][a-z0-9-]{3,62}` or "".

    Raises:
        FieldInvalidError: if it has another form.
    """
    if not session_id:
        return "s-" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
    if not _SESSION_ID.fullmatch(session_id):
        raise FieldInvalidError(
            "session_id", "must match [a-z][a-z0-9-]{3,62} or be empty"
        )
    return session_id


def _match(
    pattern: re.Pattern[str], name: str, field: str, form: str
) -> tuple[str, ...]:
    found = pattern.fullmatch(name)
    if not found:
        raise FieldInvalidError(field, f"must have the form {form}")
    return found.groups()
