"""The parts of the optimizer that work ahead, put together from the settings."""

from __future__ import annotations

from dataclasses import replace

from redis.asyncio import Redis

from multibo.optimizer.adapters.celery_fleet import CeleryFleet
from multibo.optimizer.adapters.redis_lookahead import Bounds, RedisLookahead
from multibo.optimizer.adapters.speculating import (
    SpeculatingFleet,
    Speculator,
    speculating_engine,
    speculating_store,
)
from multibo.optimizer.app.ports import App, Engine
from multibo.optimizer.app.speculation import Ahead, Effort, Speculation
from multibo.optimizer.settings import Settings
from multibo.telemetry.metrics import Meter


def with_speculation(
    app: App,
    redis: Redis,
    fleet: CeleryFleet,
    engine: Engine,
    settings: Settings,
    meter: Meter,
) -> tuple[App, Speculator | None]:
    """Return the ports as they are where work is done ahead, and who does it.

    Args:
        app: the ports without it.
        redis: of the store.
        fleet: that renders.
        engine: that proposes; asked ahead, it is neither timed nor traced.
        settings: of this process.
        meter: of this process.

    Returns:
        The same ports and nobody if it is switched off.
    """
    effort = Effort(Speculation(settings.speculation), settings.speculation_wait_ms)
    if effort.speculation is Speculation.OFF:
        return app, None
    bounds = Bounds(settings.speculation_rows, settings.speculation_project_rows)
    lookahead = RedisLookahead(redis, fleet.wake_ahead, bounds)
    ahead = Ahead(app.store, fleet, engine, lookahead, effort)
    ports = replace(
        app,
        store=speculating_store(app.store, lookahead, meter),
        engine=speculating_engine(app.engine, lookahead, meter),
        fleet=SpeculatingFleet(app.fleet, lookahead, meter),
    )
    return ports, Speculator(ahead, lookahead)


async def work_ahead(speculator: Speculator | None) -> None:
    """Work until canceled; return at once if it is switched off.

    Args:
        speculator: that works, if anybody does.
    """
    if speculator is not None:
        await speculator.run()
