"""Refusals that several methods share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support import scenes
from tests.support.driver import Driver
from tests.support.scenes import OTHER, Scene
from tests.support.wire import PROJECT, new_id

Fields = Callable[[Scene], dict[str, Any]]
NOBODY: Final = f"{PROJECT}/sessions/nobody"


@dataclass(frozen=True)
class Case:
    """One call that has to be refused."""

    method: str
    reason: str
    fields: Fields
    scene: Callable[[Driver], Awaitable[None]] = scenes.opened
    spec: dict[str, Any] = field(default_factory=dict)
    rationed: bool = False

    def __str__(self) -> str:
        return f"{self.method}-{self.reason}"


def creating(method: str, *reasons: str, **fields: Any) -> list[Case]:
    """The refusals that every method has that makes a session."""

    def of(scene: Scene) -> dict[str, Any]:
        own = {"name": scene.name} if method == "ForkSession" else {"parent": PROJECT}
        if method == "ImportSession":
            own["document"] = scene.document  # type: ignore[assignment]
        return {**own, **fields, "request_id": new_id()}

    bad_id = Case(method, "FIELD_INVALID", lambda s: {**of(s), "request_id": "1"})
    bad_name = Case(method, "FIELD_INVALID", lambda s: {**of(s), "session_id": "X"})
    return [
        bad_id,
        bad_name,
        Case(
            method, "SESSION_EXISTS", lambda s: {**of(s), "session_id": OTHER.session}
        ),
        Case(
            method, "REQUEST_ID_CONFLICT", lambda s: {**of(s), "request_id": s.created}
        ),
        Case(method, "QUOTA_EXCEEDED", of, rationed=True),
        *[Case(method, reason, of) for reason in reasons],
    ]


def leaving(method: str, **fields: Any) -> list[Case]:
    """The refusals of methods that close a round."""

    def of(number: int) -> Fields:
        return lambda s: {"name": s.round(number), "request_id": new_id(), **fields}

    return [
        Case(method, "FIELD_INVALID", lambda s: {"name": "rounds/1"}),
        Case(
            method,
            "SESSION_NOT_FOUND",
            lambda s: {**of(1)(s), "name": f"{NOBODY}/rounds/0"},
        ),
        Case(method, "ROUND_NOT_FOUND", of(9)),
        Case(method, "ROUND_NOT_OPEN", of(0)),
        Case(method, "ROUND_NOT_OPEN", of(1), scenes.undone),
        Case(method, "SESSION_FINISHED", of(0), scenes.finished),
    ]


def answering(method: str, **fields: Any) -> list[Case]:
    """The refusals of methods that close a round, once per request id."""

    def of(scene: Scene, request_id: str) -> dict[str, Any]:
        return {"name": scene.round(1), "request_id": request_id, **fields}

    return [
        *leaving(method, **fields),
        Case(method, "FIELD_INVALID", lambda s: of(s, "")),
        Case(method, "REQUEST_ID_CONFLICT", lambda s: of(s, s.used)),
    ]


def going(method: str, nothing: str) -> list[Case]:
    """The refusals of undo and redo."""

    def of(scene: Scene) -> dict[str, Any]:
        return {"name": scene.name, "request_id": new_id(), "etag": scene.etag}

    return [
        Case(method, "FIELD_INVALID", lambda s: {**of(s), "etag": ""}),
        Case(method, "FIELD_INVALID", lambda s: {**of(s), "request_id": ""}),
        Case(method, "SESSION_NOT_FOUND", lambda s: {**of(s), "name": NOBODY}),
        Case(method, "REQUEST_ID_CONFLICT", lambda s: {**of(s), "request_id": s.used}),
        Case(method, "ETAG_MISMATCH", lambda s: {**of(s), "etag": "r1"}),
        Case(method, nothing, of, scenes.new),
        Case(method, "SESSION_FINISHED", of, scenes.finished),
    ]


def reading(method: str, key: str = "name", *, missing: str = NOBODY) -> list[Case]:
    """The refusals of methods that only name something."""
    return [
        Case(method, "FIELD_INVALID", lambda s: {key: "nothing of ours"}),
        Case(method, "SESSION_NOT_FOUND", lambda s: {key: missing}),
    ]


def learning(method: str) -> list[Case]:
    """The refusals of methods that say what was learned."""
    return [
        *reading(method),
        Case(method, "NO_FEEDBACK_YET", lambda s: {"name": s.name}, scenes.new),
    ]


def picturing(method: str) -> list[Case]:
    """The refusals of methods that return an image."""

    def of(number: int, slot: int) -> Fields:
        return lambda s: {"name": s.candidate(number, slot)}

    return [
        *reading(method, missing=f"{NOBODY}/rounds/0/candidates/0"),
        Case(method, "FIELD_INVALID", lambda s: {**of(1, 1)(s), "size": 99}),
        Case(method, "ROUND_NOT_FOUND", of(9, 0)),
        Case(method, "CANDIDATE_NOT_FOUND", of(1, 7)),
        Case(method, "CANDIDATE_NOT_READY", of(1, 1), scenes.rendering),
    ]
