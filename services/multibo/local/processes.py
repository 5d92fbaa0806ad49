"""The processes of the embedded stack: command, environment, readiness, patience."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from multibo.local import probes, redis_binary
from multibo.local.addresses import Address


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How one process is run."""

    name: str
    command: tuple[str, ...]
    """Absolute path of the program, then its arguments."""
    is_ready: Callable[[int], bool]
    """Asked with the process id, from its start on; returns soon, never raises."""
    ready_within_s: float
    stop_rank: int
    """The lowest rank is stopped first; equal ranks together."""
    stop_within_s: float
    """From SIGTERM to SIGKILL."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to what this process inherited."""


@dataclass(frozen=True, slots=True)
class RedisPlan:
    """A Redis server of our own."""

    program: Path
    folder: Path
    socket: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """What the descriptions need to know."""

    redis_url: str
    blob_url: str
    catalog: Path
    grpc_target: str
    """Where the optimizer listens, and what the gateway calls."""
    page: Address
    n_workers: int
    n_cores: int
    blob_url_key: str = field(default="", repr=False)
    """Signs the addresses of images; empty: what we inherited, if anything."""
    speculation: str = ""
    """What the optimizer does ahead of an answer; empty: what we inherited."""
    redis: RedisPlan | None = None
    """None: somebody else's server is used, and never stopped."""


# Redis gets the last word: everybody else writes to it while stopping.
# The four patiences add up to the 15 s in which a stack has to be down.
GATEWAY_STOP: Final = (0, 1.5)
OPTIMIZER_STOP: Final = (1, 3.5)
WORKER_STOP: Final = (2, 7.5)
"""Celery leaves after its current BRPOP, 1 s, and the batch it renders."""
REDIS_STOP: Final = (3, 2.5)


def describe(plan: Plan) -> tuple[tuple[ProcessSpec, ...], ...]:
    """Return the stages of the start; a stage waits for the one before.

    Args:
        plan: addresses and folders, all settled.
    """
    workers = tuple(_worker(plan, number) for number in range(1, plan.n_workers + 1))
    stages = ((_optimizer(plan),), workers, (_gateway(plan),))
    return stages if plan.redis is None else ((_redis(plan, plan.redis),), *stages)


def _redis(plan: Plan, redis: RedisPlan) -> ProcessSpec:
    rank, patience_s = REDIS_STOP
    return ProcessSpec(
        name="redis",
        command=redis_binary.server_command(
            redis.program, folder=redis.folder, socket=redis.socket
        ),
        is_ready=lambda _pid: probes.redis_answers(plan.redis_url),
        # An append-only file of a long life is read at about 100 MB/s.
        ready_within_s=30,
        stop_rank=rank,
        stop_within_s=patience_s,
    )


def _optimizer(plan: Plan) -> ProcessSpec:
    rank, patience_s = OPTIMIZER_STOP
    return ProcessSpec(
        name="optimizer",
        command=_module("multibo.optimizer"),
        environment={
            **_shared(plan),
            # Rendering is the slow part: it gets the cores, the engine one thread.
            **_threads(1),
            **_image_urls(plan),
            **_speculation(plan),
            "MULTIBO_OPTIMIZER_LISTEN": plan.grpc_target,
            "MULTIBO_OPTIMIZER_GATEWAY_URL": f"http://{plan.page}",
        },
        is_ready=lambda _pid: probes.optimizer_serves(plan.grpc_target),
        ready_within_s=120,
        stop_rank=rank,
        stop_within_s=patience_s,
    )


def _worker(plan: Plan, number: int) -> ProcessSpec:
    rank, patience_s = WORKER_STOP
    n_threads = max(1, plan.n_cores // plan.n_workers)
    return ProcessSpec(
        name="worker" if plan.n_workers == 1 else f"worker-{number}",
        command=_module("multibo.render"),
        environment={
            **_shared(plan),
            **_threads(n_threads),
            "MULTIBO_RENDER_THREADS": str(n_threads),
        },
        is_ready=lambda pid: probes.worker_is_ready(plan.redis_url, pid),
        ready_within_s=300,
        stop_rank=rank,
        stop_within_s=patience_s,
    )


def _gateway(plan: Plan) -> ProcessSpec:
    rank, patience_s = GATEWAY_STOP
    return ProcessSpec(
        name="gateway",
        command=_module("multibo.gateway"),
        environment={
            **_shared(plan),
            **_image_urls(plan),
            "MULTIBO_GATEWAY_LISTEN": str(plan.page),
            "MULTIBO_GATEWAY_OPTIMIZER": plan.grpc_target,
            # gRPC would send even a loopback call through http_proxy.
            "no_grpc_proxy": "localhost,127.0.0.1,::1",
        },
        is_ready=lambda _pid: probes.gateway_answers(plan.page.host, plan.page.port),
        ready_within_s=60,
        stop_rank=rank,
        stop_within_s=patience_s,
    )


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def _shared(plan: Plan) -> dict[str, str]:
    return {
        "MULTIBO_REDIS_URL": plan.redis_url,
        "MULTIBO_BLOB_URL": plan.blob_url,
        "MULTIBO_CATALOG": str(plan.catalog),
        "PYTHONUNBUFFERED": "1",
    }


def _speculation(plan: Plan) -> dict[str, str]:
    wanted = plan.speculation
    return {"MULTIBO_OPTIMIZER_SPECULATION": wanted} if wanted else {}


def _image_urls(plan: Plan) -> dict[str, str]:
    # The worker signs nothing: it need not know.
    return {"MULTIBO_BLOB_URL_KEY": plan.blob_url_key} if plan.blob_url_key else {}


def _threads(n_threads: int) -> dict[str, str]:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    # A thread that waits must not spin: on 2 cores that others use as well, the same
    # pictures took 3-6 s instead of 9-60 s. On idle cores it costs about 15 %.
    return {**dict.fromkeys(names, str(n_threads)), "OMP_WAIT_POLICY": "PASSIVE"}


def n_usable_cores() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
