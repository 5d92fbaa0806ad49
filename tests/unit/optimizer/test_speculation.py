"""Work ahead is put together only where it is switched on."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from redis.asyncio import Redis

from multibo.optimizer.adapters.celery_fleet import CeleryFleet
from multibo.optimizer.speculation import with_speculation, work_ahead
from multibo.telemetry.metrics import Meter
from tests.support.fakes import an_app
from tests.unit.optimizer.test_server import SETTINGS


async def test_switched_off_it_leaves_every_port_as_it_is() -> None:
    app = an_app()
    nothing = cast("Redis", None), cast("CeleryFleet", None)

    ports, speculator = with_speculation(app, *nothing, app.engine, SETTINGS, Meter())

    assert ports is app
    assert speculator is None
    await work_ahead(speculator)


@pytest.mark.parametrize("speculation", ["slates", "images"])
def test_switched_on_it_stands_before_store_fleet_and_engine(speculation: str) -> None:
    app, redis = an_app(), Redis()
    fleet = cast("CeleryFleet", _Fleet())
    settings = replace(SETTINGS, speculation=speculation)

    ports, speculator = with_speculation(
        app, redis, fleet, app.engine, settings, Meter()
    )

    assert speculator is not None
    changed = replace(app, store=ports.store, fleet=ports.fleet, engine=ports.engine)
    assert ports == changed
    assert ports.store is not app.store
    assert ports.fleet is not app.fleet
    assert ports.engine is not app.engine


class _Fleet:
    async def wake_ahead(self, _model: str, _compat_key: str) -> None:
        return None
