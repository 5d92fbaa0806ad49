"""Refusals that take more than a call: racing writers, large sessions, many watches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from multibo.optimizer.api.endpoint import Capacity
from multibo.optimizer.app import document
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Change, Committed
from multibo.v1 import round_service_pb2 as rounds_pb2
from multibo.v1 import session_service_pb2 as sessions_pb2
from tests.support import scenes
from tests.support.digest_engine import DigestEngine
from tests.support.driver import Driver
from tests.support.fakes import a_redis_app
from tests.support.refusal_cases import CHOSEN
from tests.support.scenes import Scene
from tests.support.wire import Wire, new_id, refused, serving

pytestmark = pytest.mark.redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty database."""
    async with Redis.from_url(redis_url) as redis:
        yield redis


@dataclass(frozen=True)
class Outrun:
    """A store whose session has always moved on by the time of the commit."""

    store: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def commit(self, change: Change) -> Committed:
        stale = replace(change.after, rev=change.after.rev - 1)
        outcome: Committed = await self.store.commit(replace(change, after=stale))
        return outcome


@dataclass(frozen=True)
class Writing:
    """One method that commits, and a call of it that would succeed."""

    method: str
    request: Callable[[Scene], Any]
    scene: Callable[[Driver], Awaitable[None]] = scenes.opened

    def __str__(self) -> str:
        return self.method

    def stub(self, wire: Wire) -> Any:
        return getattr(wire.rounds, self.method, None) or getattr(
            wire.sessions, self.method
        )


def _of_round(message: Callable[..., Any], **fields: Any) -> Callable[[Scene], Any]:
    return lambda s: message(name=s.round(1), request_id=new_id(), **fields)


def _back(message: Callable[..., Any]) -> Callable[[Scene], Any]:
    return lambda s: message(name=s.name, request_id=new_id(), etag=s.etag)


WRITING: Final = (
    Writing(
        "ProposeRound",
        lambda s: rounds_pb2.ProposeRoundRequest(parent=s.name),
        scenes.new,
    ),
    Writing(
        "SubmitFeedback",
        _of_round(rounds_pb2.SubmitFeedbackRequest, feedback=CHOSEN),
    ),
    Writing("RequestVariety", _of_round(rounds_pb2.RequestVarietyRequest)),
    Writing("CancelRound", lambda s: rounds_pb2.CancelRoundRequest(name=s.round(1))),
    Writing(
        "RetryCandidate",
        lambda s: rounds_pb2.RetryCandidateRequest(
            name=s.candidate(1, 1), request_id=new_id()
        ),
        scenes.failed,
    ),
    Writing("FinishSession", lambda s: sessions_pb2.FinishSessionRequest(name=s.name)),
    Writing("UndoFeedback", _back(sessions_pb2.UndoFeedbackRequest)),
    Writing("RedoFeedback", _back(sessions_pb2.RedoFeedbackRequest), scenes.undone),
)


async def told(
    redis: Redis, app: App, scene: Scene, call: Callable[[Wire], Any]
) -> str:
    """Make a refused call that changes nothing; return its reason."""
    capacity = Capacity(n_project_watches=0)
    async with serving(app, capacity=capacity) as wire:
        before = await scenes.dump(redis)
        answer = await refused(call(wire))
        assert await scenes.dump(redis) == before
        if answer.reason in ("COMMIT_CONTENDED", "WATCH_LIMIT"):
            assert answer.retry_after_ms
        return answer.reason


@pytest.mark.parametrize("writing", WRITING, ids=str)
async def test_a_command_that_always_comes_too_late_changes_nothing(
    redis: Redis, writing: Writing
) -> None:
    app = a_redis_app(redis, engine=DigestEngine())
    scene = await scenes.set_up(redis, app, writing.scene)
    outrun = replace(app, store=Outrun(app.store))
    request = writing.request(scene)

    reason = await told(redis, outrun, scene, lambda wire: writing.stub(wire)(request))

    assert reason == "COMMIT_CONTENDED"


async def test_a_session_too_large_for_a_message_is_not_exported(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = a_redis_app(redis, engine=DigestEngine())
    scene = await scenes.set_up(redis, app, scenes.opened)
    # The largest legal session fits: only a smaller message can be too small.
    monkeypatch.setattr(document, "MAX_BYTES", len(scene.document) - 1)
    request = sessions_pb2.ExportSessionRequest(name=scene.name)

    reason = await told(
        redis, app, scene, lambda wire: wire.sessions.ExportSession(request)
    )

    assert reason == "EXPORT_TOO_LARGE"


async def test_a_watch_too_many_is_refused(redis: Redis) -> None:
    app = a_redis_app(redis, engine=DigestEngine())
    scene = await scenes.set_up(redis, app, scenes.opened)
    request = sessions_pb2.WatchSessionRequest(name=scene.name)

    reason = await told(
        redis, app, scene, lambda wire: wire.sessions.WatchSession(request).read()
    )

    assert reason == "WATCH_LIMIT"


COVERED: Final = {
    *((writing.method, "COMMIT_CONTENDED") for writing in WRITING),
    ("ExportSession", "EXPORT_TOO_LARGE"),
    ("WatchSession", "WATCH_LIMIT"),
}
