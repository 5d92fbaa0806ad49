"""One worker process: load, prove, register, then drain until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from celery import Celery, signals
from redis import Redis

from multibo.blobs.opening import open_blobs
from multibo.jobs.catalog import Catalog
from multibo.jobs.spec import RenderSpec
from multibo.render import golden
from multibo.render.batching import Drain
from multibo.render.celery_app import (
    make_app,
    register_drain,
    senders_traceparent,
    wake_up,
)
from multibo.render.leases import Leases
from multibo.render.lookups import count_lookups
from multibo.render.metered import MeteredLeases
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.precision import Precision
from multibo.render.register import Register
from multibo.render.settings import Settings
from multibo.render.traced import traced_parts, traced_turn
from multibo.render.watchdog import Watchdog
from multibo.telemetry.exposition import exposed
from multibo.telemetry.metrics import BATCH_DURATION, WORKER_READY, Meter
from multibo.telemetry.tracing import Tracing

logger = logging.getLogger(__name__)

TURN_S: Final = 60.0
"""After this long a drain sends itself a new message, so that keys take turns."""


class Worker:
    """Everything one process of the fleet needs."""

    def __init__(self, settings: Settings, tracing: Tracing | None = None) -> None:
        self._settings = settings
        self._tracing = tracing
        self._redis: Redis = Redis.from_url(settings.redis_url, socket_timeout=30)
        self._watchdog = Watchdog()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._running: Sequence[RenderSpec] = ()
        self._meter = Meter()

    def run(self) -> int:
        """Serve until SIGTERM; return the exit status.

        Raises:
            RenderError: if a model cannot be loaded or draws other pictures than it
                should: the process claims nothing.
            MetricsListenError: if the metrics cannot be served where they should.
        """
        pipelines = self._load()
        register = Register(self._redis, self._settings.process, tuple(pipelines))
        app = make_app(self._settings.redis_url, pipelines)
        drain = self._drain(pipelines, register)
        turn: Callable[[str], None] = partial(self._turn, app, drain)
        if self._tracing is not None:
            turn = traced_turn(turn, senders_traceparent, self._tracing)
        register_drain(app, turn)
        signals.worker_shutting_down.connect(self._stop, weak=False)

        # Ready means consuming: announced earlier, a first row would wait for Celery.
        def ready(**_details: Any) -> None:
            register.announce()
            self._meter.set(WORKER_READY, 1)
            self._ready.set()
            logger.info("worker ready", extra={"models": list(pipelines)})
            for body in (self._watchdog.run, register.run):
                threading.Thread(target=body, daemon=True).start()

        signals.worker_ready.connect(ready, weak=False)
        try:
            with exposed(
                self._meter, self._settings.metrics_listen, ready=self._is_ready
            ):
                return self._serve(app)
        finally:
            register.leave()

    def _load(self) -> dict[str, Pipeline]:
        catalog = Catalog.load(self._settings.catalog)
        names = self._settings.models or tuple(catalog.models)
        pipelines = {}
        for name in names:
            model = catalog.model(name)
            precision = Precision.named(
                dtype=model.loading.dtype or self._settings.dtype,
                device=model.loading.device,
                offload=model.loading.offload,
            )
            pipeline = load_pipeline(
                model, threads=self._settings.threads, precision=precision
            )
            began = time.monotonic()
            psnr_db = golden.prove(pipeline)
            logger.info(
                "golden render passed",
                extra={
                    "model": name,
                    "psnr_db": round(psnr_db, 1),
                    "numerics": pipeline.numerics,
                    "seconds": round(time.monotonic() - began, 2),
                },
            )
            pipelines[name] = pipeline
        return pipelines

    def _drain(self, pipelines: dict[str, Pipeline], register: Register) -> Drain:
        loaded = dict(pipelines)

        def measured(n_rows: int, seconds: float) -> None:
            register.measured(n_rows, seconds)
            for model in {spec.model for spec in self._running}:
                self._meter.observe(BATCH_DURATION, seconds, model=model)
                count_lookups(self._meter, loaded[model])
            steps = sum(spec.steps for spec in self._running)
            self._watchdog.measured(steps or n_rows, seconds)

        def guard(specs: Sequence[RenderSpec] | None) -> None:
            if specs is not None:
                self._running = specs
            self._watchdog.guard(specs)

        leases: Leases = MeteredLeases(self._redis, self._settings.process, self._meter)
        if self._tracing is not None:
            leases, pipelines = traced_parts(leases, pipelines, self._tracing)
        return Drain(
            leases,
            open_blobs(self._settings.blob_url),
            pipelines,
            batch_rows=self._settings.batch_rows,
            stopping=self._stopping,
            on_batch=measured,
            guard=guard,
        )

    def _turn(self, app: Celery, drain: Drain, compat_key: str) -> None:
        if drain.run(compat_key, limit_s=TURN_S):
            traceparent = self._tracing.traceparent() if self._tracing else ""
            wake_up(app, compat_key, traceparent=traceparent)

    def _is_ready(self) -> bool:
        return self._ready.is_set() and not self._stopping.is_set()

    def _stop(self, **_details: Any) -> None:
        # Celery's warm shutdown waits for the running task; the task must end.
        self._stopping.set()

    def _serve(self, app: Celery) -> int:
        worker = app.Worker(
            hostname=f"render@{self._settings.process}",
            pool="threads",
            concurrency=1,
            without_gossip=True,
            without_mingle=True,
            quiet=True,
            loglevel=self._settings.log_level,
        )
        worker.start()
        return int(worker.exitcode or 0)
