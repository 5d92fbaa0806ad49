"""Real optimizer replicas over a real Redis, and a fleet whose renders take no time."""

from __future__ import annotations

import asyncio
import io
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import grpc
from PIL import Image
from redis import Redis

from multibo.blobs.filesystem import open_blobs
from multibo.jobs import keys
from multibo.jobs.job import ImageRef
from multibo.local import probes, redis_binary
from multibo.local.tether import tethered
from multibo.pretrained import catalog_path
from multibo.render.leases import Leases

ECHO: Final = "/bench.Echo/Echo"
_STARTUP_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Rig:
    """What a benchmark talks to."""

    redis_url: str
    replicas: tuple[str, ...]
    """gRPC targets of the optimizers."""
    echo: str
    """gRPC target of a server that returns the bytes it gets: the floor."""
    pids: tuple[int, ...]
    """Process ids of the optimizers."""


@contextmanager
def a_rig(*, n_replicas: int = 1) -> Iterator[Rig]:
    """Start Redis, replicas, the echo floor and the stub fleet; stop them after.

    Args:
        n_replicas: optimizer processes.
    """
    with tempfile.TemporaryDirectory(prefix="multibo-bench-") as name:
        folder = Path(name)
        program = redis_binary.find_program()
        socket = redis_binary.socket_path(folder)
        url = redis_binary.socket_url(socket)
        command = redis_binary.server_command(
            program.path, folder=folder, socket=socket
        )
        processes = [_spawn(command, folder / "redis.log")]
        _until(lambda: probes.redis_answers(url))
        targets = [f"unix:{folder}/o{n}.sock" for n in range(n_replicas)]
        replicas = [_optimizer(target, url, folder) for target in targets]
        echo = f"unix:{folder}/echo.sock"
        processes += [*replicas, _spawn(_echo_command(echo), folder / "echo.log")]
        stop = threading.Event()
        fleet = threading.Thread(target=_stub_fleet, args=(url, folder, stop))
        try:
            for target in targets:
                _until(lambda target=target: probes.optimizer_serves(target))
            fleet.start()
            yield Rig(url, tuple(targets), echo, tuple(one.pid for one in replicas))
        finally:
            stop.set()
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait(30)
            if fleet.is_alive():
                fleet.join()


def _spawn(
    command: Sequence[str], log: Path, **environment: str
) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(
            tethered(tuple(command)),
            stdout=file,
            stderr=file,
            env={**os.environ, **environment},
        )


def _optimizer(target: str, redis_url: str, folder: Path) -> subprocess.Popen[bytes]:
    return _spawn(
        (sys.executable, "-m", "multibo.optimizer"),
        folder / "optimizer.log",
        MULTIBO_OPTIMIZER_LISTEN=target,
        MULTIBO_REDIS_URL=redis_url,
        MULTIBO_BLOB_URL=_images(folder),
        MULTIBO_CATALOG=str(catalog_path()),
    )


def _images(folder: Path) -> str:
    return (folder / "images").as_uri()


def _echo_command(target: str) -> tuple[str, ...]:
    return (sys.executable, str(Path(__file__).resolve()), "echo", target)


def _until(ready: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + _STARTUP_S
    while not ready():
        if time.monotonic() > ends_at:
            raise TimeoutError("a process of the rig did not come up")
        time.sleep(0.05)


def _stub_fleet(redis_url: str, folder: Path, stop: threading.Event) -> None:
    """Claim and finish every row at once, through the fleet's own scripts."""
    redis: Redis = Redis.from_url(redis_url)
    leases, blobs = Leases(redis, "stub"), open_blobs(_images(folder))
    data = _noise_png()
    while not stop.is_set():
        found: Any = redis.keys("mbo:rows:*")
        references = [
            reference
            for key in found
            for reference in leases.pop(key.decode().removeprefix(keys.rows("")), 64)
        ]
        for reference in references:
            claim = leases.claim(reference)
            if claim is not None:
                address = claim.job.spec.address("stub")
                blobs.put(address, data)
                image = ImageRef(address, "0" * 64, "image/png", 128, 128, len(data))
                leases.ready(claim, image, (), "")
        if not references:
            stop.wait(0.002)
    redis.close()


def _noise_png() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (128, 128), os.urandom(128 * 128 * 3)).save(file, "PNG")
    return file.getvalue()


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 in milliseconds.

    Args:
        seconds: two or more measurements.
    """
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "p50_ms": round(1000 * cuts[49], 3),
        "p95_ms": round(1000 * cuts[94], 3),
        "p99_ms": round(1000 * cuts[98], 3),
    }


async def timed(call: Callable[[], Awaitable[object]], n_calls: int) -> list[float]:
    """Return the seconds of each of `n_calls`, after a few that do not count.

    Args:
        call: what is measured, one at a time.
        n_calls: how often.
    """
    for _ in range(min(20, n_calls)):
        await call()
    seconds = []
    for _ in range(n_calls):
        began = time.perf_counter()
        await call()
        seconds.append(time.perf_counter() - began)
    return seconds


def origin() -> dict[str, Any]:
    """Return machine, commit and time of a measurement."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load_1_min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "grpcio": grpc.__version__,
        "commit": commit.stdout.strip(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


async def _serve_echo(target: str) -> None:
    async def echo(request: bytes, _context: Any) -> bytes:
        return request

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(echo)
    service = grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler})
    server.add_generic_rpc_handlers((service,))
    server.add_insecure_port(target)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve_echo(sys.argv[2]))
