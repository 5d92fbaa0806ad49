"""One worker process: load, prove, register, then drain until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from celery import Celery, signals
from celery.worker import state
from redis import Redis

from multibo.blobs.opening import open_blobs
from multibo.jobs import queues
from multibo.jobs.catalog import Catalog, ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render import golden
from multibo.render.batching import Drain
from multibo.render.celery_app import (
    make_app,
    register_drain,
    senders_traceparent,
    wake_up,
)
from multibo.render.delivery import Delivery
from multibo.render.errors import MemorySpentError, RenderError
from multibo.render.keeping import Keeper
from multibo.render.leases import Leases
from multibo.render.lookups import count_lookups
from multibo.render.metered import MeteredLeases
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.precision import Precision
from multibo.render.preview import Previews
from multibo.render.register import Register
from multibo.render.residency import MEGABYTE, Residency
from multibo.render.settings import Settings
from multibo.render.speculation import SpeculativeDrain, SpeculativeRows
from multibo.render.stopping import Stop
from multibo.render.traced import traced_parts, traced_turn
from multibo.render.watchdog import Watchdog
from multibo.telemetry.exposition import exposed
from multibo.telemetry.metrics import BATCH_DURATION, WORKER_READY, Meter
from multibo.telemetry.tracing import Tracing

logger = logging.getLogger(__name__)

TURN_S: Final = 60.0
"""After this long a drain sends itself a new message, so that keys take turns."""
EXIT_SETUP_FAILED: Final = 78
"""A model cannot be loaded, is too large, or draws other pictures: for the operator."""
EXIT_MEMORY_SPENT: Final = 76
"""Evicted models are still in memory: for the supervisor, who starts another."""


class Worker:
    """Everything one process of the fleet needs."""

    def __init__(self, settings: Settings, tracing: Tracing | None = None) -> None:
        self._settings = settings
        self._tracing = tracing
        self._redis: Redis = Redis.from_url(settings.redis_url, socket_timeout=30)
        self._watchdog = Watchdog()
        self._stop = Stop(settings.grace_s)
        self._ready = threading.Event()
        self._running: Sequence[RenderSpec] = ()
        self._meter = Meter()
        leases: Leases = MeteredLeases(self._redis, settings.process, self._meter)
        dress: Callable[[Pipeline], Pipeline] = lambda pipeline: pipeline  # noqa: E731
        if tracing is not None:
            leases, dress = traced_parts(leases, tracing)
        self._leases = leases
        self._keeper = Keeper(leases)
        self._previews = Previews(leases) if settings.previews else None
        self._models = Residency(
            self._served(),
            self._load,
            self._meter,
            budget_bytes=settings.memory_budget_mb * MEGABYTE,
            dress=dress,
        )

    def run(self) -> int:
        """Serve until SIGTERM; return the exit status.

        Raises:
            RenderError: if a model cannot be loaded or draws other pictures than it
                should: the process claims nothing.
            MetricsListenError: if the metrics cannot be served where they should.
        """
        self._models.preload()
        served = tuple(self._served())
        register = Register(self._redis, self._settings.process, served)
        app = make_app(self._settings.redis_url, served)
        delivery = Delivery(
            self._leases, open_blobs(self._settings.blob_url), self._keeper
        )
        drain = self._drain(delivery, register)
        turn: Callable[[str], None] = partial(self._turn, app, drain, self._ahead())
        if self._tracing is not None:
            turn = traced_turn(turn, senders_traceparent, self._tracing)
        register_drain(app, turn)
        signals.worker_shutting_down.connect(self._told_to_stop, weak=False)

        # Ready means consuming: announced earlier, a first row would wait for Celery.
        def ready(**_details: Any) -> None:
            for body in (self._watchdog.run, self._keeper.run, register.run):
                threading.Thread(target=body, daemon=True).start()
            self._meter.set(WORKER_READY, 1)
            self._ready.set()
            # Last: if Redis is away now, the thread announces it later.
            register.announce()
            logger.info("worker ready", extra={"models": list(served)})

        signals.worker_ready.connect(ready, weak=False)
        try:
            with exposed(
                self._meter, self._settings.metrics_listen, ready=self._is_ready
            ):
                return self._serve(app)
        finally:
            delivery.close()
            if self._previews is not None:
                self._previews.close()
            register.leave()

    def _served(self) -> dict[str, ModelSpec]:
        catalog = Catalog.load(self._settings.catalog)
        names = self._settings.models or tuple(catalog.models)
        return {name: catalog.model(name) for name in names}

    def _load(self, model: ModelSpec) -> Pipeline:
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
                "model": model.name,
                "psnr_db": round(psnr_db, 1),
                "numerics": pipeline.numerics,
                "seconds": round(time.monotonic() - began, 2),
            },
        )
        return pipeline

    def _drain(self, delivery: Delivery, register: Register) -> Drain:
        def measured(n_rows: int, seconds: float) -> None:
            register.measured(n_rows, seconds)
            for model in {spec.model for spec in self._running}:
                self._meter.observe(BATCH_DURATION, seconds, model=model)
                pipeline = self._models.get(model)
                if pipeline is not None:
                    count_lookups(self._meter, pipeline)
            self._watchdog.measured(self._running, seconds)

        def guard(specs: Sequence[RenderSpec] | None) -> None:
            if specs is not None:
                self._running = specs
            self._watchdog.guard(specs)

        return Drain(
            self._leases,
            self._keeper,
            delivery,
            self._models,
            batch_rows=self._settings.batch_rows,
            stop=self._stop,
            on_batch=measured,
            guard=guard,
            previews=self._previews,
        )

    def _ahead(self) -> SpeculativeDrain:
        return SpeculativeDrain(
            SpeculativeRows(self._redis, self._settings.process),
            self._leases,
            open_blobs(self._settings.blob_url),
            self._models,
            self._meter,
            loaded=lambda name: name in self._models.resident,
            batch_rows=self._settings.batch_rows,
            stopping=self._stop.is_set,
            guard=self._watchdog.guard,
        )

    def _turn(
        self, app: Celery, drain: Drain, ahead: SpeculativeDrain, compat_key: str
    ) -> None:
        traceparent = self._tracing.traceparent() if self._tracing else ""
        try:
            if not drain.run(compat_key, limit_s=TURN_S):
                # One batch, then whoever waits for another compat key has a turn.
                if ahead.run(compat_key):
                    wake_up(app, compat_key, priority=queues.SPECULATIVE)
                return
        except MemorySpentError as error:
            self._end(EXIT_MEMORY_SPENT, str(error))
        except RenderError as error:
            self._end(EXIT_SETUP_FAILED, str(error))
            return
        urgency = self._leases.urgency(compat_key)
        priority = queues.INTERACTIVE if urgency is None else urgency
        wake_up(app, compat_key, priority=priority, traceparent=traceparent)

    def _end(self, status: int, reason: str) -> None:
        logger.critical("the process ends", extra={"reason": reason, "status": status})
        self._stop.begin()
        state.should_stop = status

    def _is_ready(self) -> bool:
        return self._ready.is_set() and not self._stop.is_set()

    def _told_to_stop(self, **_details: Any) -> None:
        # Celery's warm shutdown waits for the running task; the task must end.
        self._stop.begin()

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
