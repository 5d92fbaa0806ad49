"""Who makes a call, and what that one may do."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EVERY_PROJECT: Final = "*"
"""Among a principal's projects: all of them."""


class Scope(StrEnum):
    """A kind of access; none includes another."""

    SESSIONS_READ = "sessions.read"
    SESSIONS_WRITE = "sessions.write"
    INSIGHT_READ = "insight.read"
    IMAGES_READ = "images.read"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose credentials were accepted."""

    name: str
    """`key:<id>`, `jwt:<subject>`, `peer:<name>`, or empty: nobody had to say."""
    projects: frozenset[str]
    scopes: frozenset[str]
    expire_s: float | None = None
    """Seconds since the epoch after which the credentials are worth nothing."""

    def reaches(self, project: str) -> bool:
        """Say whether the project is one of this principal's.

        Args:
            project: the id, without `projects/`.
        """
        return project in self.projects or EVERY_PROJECT in self.projects


ANYBODY: Final = Principal("", frozenset({EVERY_PROJECT}), frozenset(Scope))
"""Who calls a process that asks for no credentials: whoever is on this machine."""

PRINCIPAL: ContextVar[Principal | None] = ContextVar("principal", default=None)
"""Of the call that this task answers; every call has a task of its own."""
