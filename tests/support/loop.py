"""One session of the use cases, step by step."""

from __future__ import annotations

from dataclasses import replace

from multibo.optimizer.app import create, feedback
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import RequestKey, SessionView
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import (
    Round,
    Session,
)
from tests.support.builders import chosen

NAME = SessionName("local", "kind-face")
COMMAND = CreateSession("local", "kind-face", "comic portrait, brown long hair")


def key(request_id: str = "k", digest: str = "d") -> RequestKey:
    return RequestKey(request_id, digest)


def reply_of(view: SessionView) -> bytes:
    return f"{view.session.name} {view.session.etag}".encode()


async def started(app: App, **changes: object) -> Session:
    command = replace(COMMAND, **changes)  # type: ignore[arg-type]
    await create.create_session(app, command, key("create"), reply_of)
    return await app.store.read(NAME)


async def answer(app: App, round: Round, slot: int, request_id: str = "") -> bytes:
    return await feedback.submit_feedback(
        app,
        round.name,
        chosen(slot),
        key(request_id or f"answer-{round.slate.number}"),
        lambda accepted: str(accepted.round.state).encode(),
    )
