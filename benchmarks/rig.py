"""Real processes to measure: Redis, optimizer replicas, gateway, a fleet, a floor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from multibo.local import probes, redis_binary
from multibo.local.tether import tethered
from multibo.pretrained import catalog_path

_STARTUP_S: Final = 120.0
_STOP_S: Final = 30.0


Start: TypeAlias = Callable[..., subprocess.Popen[bytes]]
"""Starts a process: its name, its command, its environment."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which processes a benchmark needs."""

    n_replicas: int = 1
    n_workers: int = 0
    """Real workers with the embedded model, a thread each; 0 is the stub fleet."""
    gateway: bool = False
    image_bytes: int = 20 * 1024
    """Size of every image the stub fleet delivers."""
    render_s: float = 0.0
    """How long the stub fleet takes for a batch."""
    pace_s: float = 0.0
    """How long it waits after each row, so that events come one by one."""
    optimizer: Mapping[str, str] = field(default_factory=dict)
    """Further settings of the optimizers."""
    worker: Mapping[str, str] = field(default_factory=dict)
    """Further settings of the real workers."""


@dataclass(frozen=True, slots=True)
class Rig:
    """What a benchmark talks to."""

    redis_url: str
    replicas: tuple[str, ...]
    """gRPC targets of the optimizers."""
    echo: str
    """gRPC target of a server that returns bytes: the floor."""
    gateway: Path | None
    """Unix socket of the gateway."""
    pids: tuple[int, ...]
    """Process ids of the optimizers."""
    echo_pid: int


@contextmanager
def a_rig(wanted: Wanted | None = None) -> Iterator[Rig]:
    """Start the processes; stop them after.

    Args:
        wanted: which; one replica without a gateway if not given.
    """
    wanted = wanted or Wanted()
    with (
        tempfile.TemporaryDirectory(prefix="multibo-bench-") as name,
        ExitStack() as stack,
    ):
        yield _started(Path(name), wanted, stack)


def _started(folder: Path, wanted: Wanted, stack: ExitStack) -> Rig:
    """Return the running rig; the stack stops its processes, the last one first."""
    socket = redis_binary.socket_path(folder)
    url = redis_binary.socket_url(socket)
    program = redis_binary.find_program()
    command = redis_binary.server_command(program.path, folder=folder, socket=socket)

    def start(name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        log = folder / f"{name}.log"
        return stack.enter_context(_running(command, log, environment))

    start("redis", *command)
    _until(lambda: probes.redis_answers(url), folder)
    echo, images = f"unix:{folder}/echo.sock", (folder / "images").as_uri()
    floor = start("echo", sys.executable, _beside("rig_echo.py"), echo)
    shared = {
        "MULTIBO_REDIS_URL": url,
        "MULTIBO_BLOB_URL": images,
        "MULTIBO_CATALOG": str(catalog_path()),
        # As `multibo up` starts them: the fleet gets the cores.
        "OMP_NUM_THREADS": "1",
    }
    targets = tuple(f"unix:{folder}/o{n}.sock" for n in range(wanted.n_replicas))
    optimizers = _optimizers(wanted, shared, targets, start)
    fleet = _fleet(wanted, shared, start)
    gateway = folder / "gateway.sock" if wanted.gateway else None
    if gateway is not None:
        start(
            "gateway",
            *(sys.executable, "-m", "multibo.gateway"),
            MULTIBO_GATEWAY_LISTEN=f"unix:{gateway}",
            MULTIBO_GATEWAY_OPTIMIZER=targets[0],
        )
        _until(gateway.exists, folder)
    for target in targets:
        _until(lambda target=target: probes.optimizer_serves(target), folder)
    for one in fleet:
        _until(lambda pid=one.pid: probes.worker_is_ready(url, pid), folder)
    return Rig(
        url, targets, echo, gateway, tuple(one.pid for one in optimizers), floor.pid
    )


def _optimizers(
    wanted: Wanted, shared: Mapping[str, str], targets: Sequence[str], start: Start
) -> list[subprocess.Popen[bytes]]:
    """Return the replicas, one per target."""
    return [
        start(
            f"optimizer-{number}",
            *(sys.executable, "-m", "multibo.optimizer"),
            **shared,
            **wanted.optimizer,
            MULTIBO_OPTIMIZER_LISTEN=target,
        )
        for number, target in enumerate(targets)
    ]


def _fleet(
    wanted: Wanted, shared: Mapping[str, str], start: Start
) -> list[subprocess.Popen[bytes]]:
    """Return the workers: real ones, or the stub that stands for a fleet."""
    if wanted.n_workers:
        return [
            start(
                f"worker-{number}",
                *(sys.executable, "-m", "multibo.render"),
                **shared,
                **wanted.worker,
                MULTIBO_RENDER_THREADS="1",
            )
            for number in range(wanted.n_workers)
        ]
    sizes = (wanted.image_bytes, wanted.render_s, wanted.pace_s)
    stub = (_beside("rig_fleet.py"), shared["MULTIBO_REDIS_URL"])
    images = shared["MULTIBO_BLOB_URL"]
    return [start("fleet", sys.executable, *stub, images, *map(str, sizes))]


def a_free_address() -> str:
    """Return an address of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def _beside(name: str) -> str:
    return str(Path(__file__).resolve().with_name(name))


@contextmanager
def _running(
    command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as file:
        process = subprocess.Popen(
            tethered(tuple(command)),
            stdout=file,
            stderr=file,
            env={**os.environ, **environment},
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(ready: Callable[[], bool], folder: Path) -> None:
    ends_at = time.monotonic() + _STARTUP_S
    while not ready():
        if time.monotonic() > ends_at:
            logs = "".join(log.read_text()[-2000:] for log in folder.glob("*.log"))
            raise TimeoutError(f"a process of the rig did not come up:\n{logs}")
        time.sleep(0.05)
