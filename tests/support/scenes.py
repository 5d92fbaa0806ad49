"""Sessions over Redis in the states a call can meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from multibo.optimizer.adapters.redis_load import RedisLoad
from multibo.optimizer.app import feedback, finish, transfer
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.quota import Quota, within_quota
from multibo.optimizer.session.ids import SessionName
from tests.support.driver import ANSWERS, Driver
from tests.support.fakes import RedisFakeFleet

OTHER = SessionName("local", "another-one")


@dataclass
class Scene:
    """A session, and what calls on it have to name."""

    app: App
    name: str
    etag: str = ""
    used: str = ""
    """Request id of an answer in this session."""
    created: str = ""
    """Request id with which the session was created."""
    document: bytes = b""
    token: str = "bm90IG91cnM"

    def round(self, number: int) -> str:
        return f"{self.name}/rounds/{number}"

    def candidate(self, number: int, slot: int) -> str:
        return f"{self.round(number)}/candidates/{slot}"


async def new(driver: Driver) -> None:
    """No round yet."""


async def opened(driver: Driver) -> None:
    """One answer, and an open round."""
    await driver.do("propose")


async def rendering(driver: Driver) -> None:
    """One answer, and a round without pictures."""
    _fleet(driver).renders = False
    await driver.do("propose")


async def large(driver: Driver) -> None:
    """One answer, and a round of images that fit no message."""
    _fleet(driver).image_bytes = 600 * 1024
    await driver.do("propose")


async def failed(driver: Driver) -> None:
    """One answer, and a round of failures."""
    _fleet(driver).fails = frozenset(range(4))
    await driver.do("propose")


async def undone(driver: Driver) -> None:
    """An answer taken back; round 1 is obsolete."""
    await driver.do("propose")
    await driver.do("undo")


async def finished(driver: Driver) -> None:
    """Read-only, with something undone before."""
    await driver.do("choose")
    await driver.do("undo")
    await finish.finish_session(driver.app, driver.name)


async def set_up(
    redis: Redis, app: App, kind: Callable[[Driver], Awaitable[None]], **spec: object
) -> Scene:
    """Return a scene whose session has come to `kind`."""
    driver = Driver(app)
    created = replace(driver).key()
    driver.ids = iter(range(1_000))
    await driver.create(**spec)
    scene = Scene(app, str(driver.name), created=created.request_id)
    if kind is not new:
        key = driver.key()
        round = await driver.propose()
        await feedback.submit_feedback(
            app, round.name, ANSWERS["choose"], key, lambda _: b""
        )
        scene.used = key.request_id
        await kind(driver)
    scene.document = (await transfer.export_session(app, driver.name)).data
    scene.etag = (await driver.session()).etag
    await replace(driver, name=OTHER).create(prompt="voxel portrait")
    await app.store.secret()
    return scene


def rationed(redis: Redis, app: App) -> App:
    """Return the app of a project that has had its share."""
    load = RedisLoad(redis)
    store = within_quota(app.store, load, app.fleet, Quota(sessions=1, rows=0))
    return replace(app, store=store)


def _fleet(driver: Driver) -> RedisFakeFleet:
    fleet = driver.app.fleet
    assert isinstance(fleet, RedisFakeFleet)
    return fleet


async def dump(redis: Redis) -> dict[bytes, tuple[bytes, int]]:
    """Every key with its bytes and its expiry."""
    return {
        key: (await redis.dump(key), await redis.pexpiretime(key))
        async for key in redis.scan_iter(count=1_000)
    }
