"""The optimizer process: its ports made once, served until asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import RedisError

from multibo.blobs.opening import image_urls, open_blobs
from multibo.blobs.port import BlobStore
from multibo.jobs.catalog import Catalog
from multibo.jobs.queues import broker_url
from multibo.optimizer import access
from multibo.optimizer.adapters.celery_fleet import CeleryFleet
from multibo.optimizer.adapters.engine_process import EngineProcess
from multibo.optimizer.adapters.fleet_state import FleetGauges
from multibo.optimizer.adapters.image_cache import CachedImages
from multibo.optimizer.adapters.metered import (
    RepublishingFleet,
    metered_engine,
    metered_store,
)
from multibo.optimizer.adapters.reconciler import Reconciler
from multibo.optimizer.adapters.redis_feed import RedisFeed
from multibo.optimizer.adapters.redis_load import RedisLoad
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.adapters.speculating import Speculator
from multibo.optimizer.adapters.sweeper import Sweeper
from multibo.optimizer.adapters.system import BlobImages, SystemClock
from multibo.optimizer.adapters.traced import (
    traced_engine,
    traced_fleet,
    traced_store,
)
from multibo.optimizer.api.endpoint import Capacity, Endpoint
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.quota import Quota, within_quota
from multibo.optimizer.app.values import Limits
from multibo.optimizer.background import running
from multibo.optimizer.figures.threaded import ThreadedFigures
from multibo.optimizer.settings import Settings
from multibo.optimizer.speculation import with_speculation, work_ahead
from multibo.telemetry.exposition import exposed
from multibo.telemetry.metrics import Meter
from multibo.telemetry.tracing import Tracing

logger = logging.getLogger(__name__)

_SOCKET_TIMEOUT_S: Final = 5.0
"""Longer than any command of ours blocks (a watch waits 1 s at a time)."""
_CONNECT_TIMEOUT_S: Final = 2.0


async def serve(settings: Settings, tracing: Tracing | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Args:
        settings: of this process.
        tracing: of this process; None traces nothing.

    Raises:
        ListenRefusedError: if strangers could reach the address.
        CredentialsUnreadableError: if a file of keys or certificates is of no use.
        MetricsListenError: if the metrics cannot be served where they should.
        CatalogInvalidError: if the catalog cannot be read.
        BlobAddressError: if the image store's address is of no known kind.
        RuntimeError: if the address cannot be bound.
    """
    listen = access.checked_listen(settings)
    authenticator = access.authenticator_of(settings)
    credentials = access.credentials_of(settings)
    catalog = Catalog.load(settings.catalog)
    stop = _stop_signals()
    meter = Meter()
    async with _parts(settings, catalog, meter, tracing) as parts:
        app, engine = parts.app, parts.engine
        endpoint = Endpoint(
            app,
            engine_ready=lambda: engine.ready,
            meter=meter,
            capacity=_capacity(settings),
            authenticator=authenticator,
            tracing=tracing,
        )
        port = await endpoint.start(listen, credentials)
        logger.info("optimizer listening", extra={"listen": listen, "port": port})
        try:
            async with (
                _metrics(meter, settings.metrics_listen, endpoint, parts.gauges),
                running(engine.start(), stop),
                running(parts.reconciler.run(), stop),
                running(parts.sweeper.run(), stop),
                running(parts.gauges.run(), stop),
                running(work_ahead(parts.speculator), stop),
                running(authenticator.run(), stop),
            ):
                await stop.wait()
                await endpoint.drain()
        finally:
            await engine.stop()
            with contextlib.suppress(RedisError, OSError):
                await parts.reconciler.resign()


@asynccontextmanager
async def _metrics(
    meter: Meter, listen: str, endpoint: Endpoint, gauges: FleetGauges
) -> AsyncIterator[None]:
    pages = {"/waits": gauges.page}
    with exposed(meter, listen, ready=lambda: endpoint.ready, pages=pages) as port:
        if port:
            logger.info("metrics listening", extra={"listen": listen, "port": port})
        yield


def _stop_signals() -> asyncio.Event:
    # grpc.aio needs its loop to go on while it drains: no KeyboardInterrupt.
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@dataclass(frozen=True, slots=True)
class _Parts:
    app: App
    speculator: Speculator | None
    engine: EngineProcess
    reconciler: Reconciler
    sweeper: Sweeper
    gauges: FleetGauges


@asynccontextmanager
async def _parts(
    settings: Settings, catalog: Catalog, meter: Meter, tracing: Tracing | None
) -> AsyncIterator[_Parts]:
    blobs = open_blobs(settings.blob_url)
    redis = _redis(settings)
    fleet = CeleryFleet(
        redis,
        broker_url(settings.redis_url),
        **({"traceparent": tracing.traceparent} if tracing else {}),
    )
    engine = EngineProcess()
    ttl_ms = settings.session_ttl_s * 1000
    quota = Quota(settings.max_project_sessions, settings.max_project_rows)
    store = within_quota(
        RedisStore(redis, session_ttl_ms=ttl_ms), RedisLoad(redis), fleet, quota
    )
    app = App(
        store=traced_store(metered_store(store, meter), tracing),
        feed=RedisFeed(redis),
        fleet=traced_fleet(fleet, tracing),
        engine=traced_engine(metered_engine(engine, meter), tracing),
        figures=ThreadedFigures(),
        images=CachedImages(_images(blobs, settings)),
        catalog=catalog,
        clock=SystemClock(),
        limits=Limits(session_ttl_ms=ttl_ms),
    )
    reconciler = Reconciler(redis, RepublishingFleet(fleet, meter))
    try:
        yield _Parts(
            *with_speculation(app, redis, fleet, engine, settings, meter),
            engine,
            reconciler,
            Sweeper(redis, blobs, meter, leads=reconciler.leads, session_ttl_ms=ttl_ms),
            FleetGauges(redis, tuple(catalog.models), meter),
        )
    finally:
        await fleet.close()
        await redis.aclose()


def _images(blobs: BlobStore, settings: Settings) -> BlobImages:
    urls = image_urls(blobs, settings.gateway_url, settings.blob_url_key)
    return BlobImages(blobs, urls, url_ttl_s=settings.image_url_ttl_s)


def _redis(settings: Settings) -> Redis:
    # Keepalive on a unix socket crashes the client.
    tcp = urlsplit(settings.redis_url).scheme != "unix"
    return Redis.from_url(
        settings.redis_url,
        # Every watch holds one while it waits.
        max_connections=settings.max_watches + settings.max_calls,
        socket_timeout=_SOCKET_TIMEOUT_S,
        socket_connect_timeout=_CONNECT_TIMEOUT_S,
        **({"socket_keepalive": True} if tcp else {}),
    )


def _capacity(settings: Settings) -> Capacity:
    return Capacity(
        n_calls=settings.max_calls,
        n_watches=settings.max_watches,
        n_project_watches=settings.max_project_watches,
        calls_per_s=settings.calls_per_s,
    )
