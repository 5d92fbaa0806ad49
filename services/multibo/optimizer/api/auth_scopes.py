"""What each method needs: its scope, and the fields that name a project.

A method that is not in `ACCESS` is refused, whoever calls. The project is looked at
before anything is read, so another project's session and a missing one are the same
refusal, to the byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import Message

from multibo.optimizer.api.auth_principals import PRINCIPAL, Principal, Scope
from multibo.optimizer.api.errors import (
    ProjectNotFoundError,
    ScopeMissingError,
    TokenMissingError,
)
from multibo.optimizer.app.errors import SessionNotFoundError
from multibo.optimizer.session import ids

_Named = tuple[str, str]
"""A project, and its session or ""."""


def _project(name: str, field: str) -> _Named:
    return ids.parse_project(name, field=field), ""


def _session(name: str, field: str) -> _Named:
    session = ids.parse_session(name, field=field)
    return session.project, str(session)


def _round(name: str, field: str) -> _Named:
    session = ids.parse_round(name, field=field).session
    return session.project, str(session)


def _candidate(name: str, field: str) -> _Named:
    session = ids.parse_candidate(name, field=field).round.session
    return session.project, str(session)


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller must have."""

    scope: Scope
    names: tuple[tuple[str, Callable[[str, str], _Named]], ...] = ()
    """Fields of the request that name a resource, and how each is read."""


def _access(scope: Scope, **names: Callable[[str, str], _Named]) -> Access:
    return Access(scope, tuple(names.items()))


_SESSION: Final = "/multibo.v1.SessionService/"
_ROUND: Final = "/multibo.v1.RoundService/"
_INSIGHT: Final = "/multibo.v1.InsightService/"
_IMAGE: Final = "/multibo.v1.ImageService/"
_MODEL: Final = "/multibo.v1.ModelService/"
_READ: Final = Scope.SESSIONS_READ
_WRITE: Final = Scope.SESSIONS_WRITE
_INSIGHT_OF_SESSION: Final = _access(Scope.INSIGHT_READ, name=_session)

ACCESS: Final[dict[str, Access]] = {
    _SESSION + "CreateSession": _access(_WRITE, parent=_project),
    _SESSION + "GetSession": _access(_READ, name=_session),
    _SESSION + "ListSessions": _access(_READ, parent=_project),
    _SESSION + "DeleteSession": _access(_WRITE, name=_session),
    _SESSION + "FinishSession": _access(
        _WRITE, name=_session, accepted_candidate=_candidate
    ),
    _SESSION + "ForkSession": _access(_WRITE, name=_session),
    _SESSION + "UndoFeedback": _access(_WRITE, name=_session),
    _SESSION + "RedoFeedback": _access(_WRITE, name=_session),
    # The document is the whole session, the person's answers among it.
    _SESSION + "ExportSession": _access(_READ, name=_session),
    _SESSION + "ImportSession": _access(_WRITE, parent=_project),
    _SESSION + "WatchSession": _access(_READ, name=_session),
    _ROUND + "ProposeRound": _access(_WRITE, parent=_session),
    _ROUND + "GetRound": _access(_READ, name=_round),
    _ROUND + "ListRounds": _access(_READ, parent=_session),
    _ROUND + "SubmitFeedback": _access(_WRITE, name=_round),
    _ROUND + "RequestVariety": _access(_WRITE, name=_round),
    _ROUND + "CancelRound": _access(_WRITE, name=_round),
    _ROUND + "RetryCandidate": _access(_WRITE, name=_candidate),
    _INSIGHT + "GetRecommendation": _INSIGHT_OF_SESSION,
    _INSIGHT + "GetStoppingAdvice": _INSIGHT_OF_SESSION,
    _INSIGHT + "PredictChoice": _access(Scope.INSIGHT_READ, name=_round),
    _INSIGHT + "GetPreferenceMap": _INSIGHT_OF_SESSION,
    _INSIGHT + "RenderFigure": _INSIGHT_OF_SESSION,
    _IMAGE + "GetImage": _access(Scope.IMAGES_READ, name=_candidate),
    _IMAGE + "GetImageUrl": _access(Scope.IMAGES_READ, name=_candidate),
    # The catalog is of no project.
    _MODEL + "ListModels": _access(_READ),
    _MODEL + "GetWarpSpace": _access(_READ),
}
"""By full method name."""


def check_scope(principal: Principal, method: str) -> None:
    """Refuse a method that the principal may not call.

    Args:
        principal: who calls.
        method: its full name, as in `ACCESS`.

    Raises:
        ScopeMissingError: if the scope is missing, or nobody declared one.
    """
    access = ACCESS.get(method)
    if access is None:
        raise ScopeMissingError(scope="")
    if access.scope not in principal.scopes:
        raise ScopeMissingError(scope=access.scope)


def check_projects(method: str, request: Message) -> None:
    """Refuse a request that names a project the caller has nothing to do with.

    Args:
        method: its full name, as in `ACCESS`.
        request: the message.

    Raises:
        SessionNotFoundError: if it names a session of such a project.
        ProjectNotFoundError: if it names such a project itself.
        FieldInvalidError: if a name has another form.
    """
    principal = PRINCIPAL.get()
    if principal is None:  # nobody asked who calls: a bug, and no way in
        raise TokenMissingError
    fields: Any = request
    for field, parse in ACCESS[method].names:
        name = getattr(fields, field)
        if not name and field not in ("name", "parent"):
            continue
        project, session = parse(name, field)
        if principal.reaches(project):
            continue
        if session:
            raise SessionNotFoundError(session)
        raise ProjectNotFoundError(f"projects/{project}")
