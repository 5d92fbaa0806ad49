"""Clocks, quantiles and ratios: how the benchmarks count."""

from __future__ import annotations

import os
import platform
import random
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import grpc

Probe = Callable[[], Awaitable[float]]
"""Does something once and returns the seconds of the part that counts."""
SEED: Final = 20261123
"""Of everything that is drawn at random."""
_WARM_UP: Final = 20
_BLOCKS: Final = 5


def timed(call: Callable[[], Awaitable[object]]) -> Probe:
    """Return the probe of a call that counts as a whole.

    Args:
        call: what is measured.
    """

    async def probe() -> float:
        began = time.perf_counter()
        await call()
        return time.perf_counter() - began

    return probe


async def interleaved(probes: Mapping[str, Probe], n: int) -> dict[str, list[float]]:
    """Return the seconds of each probe, taken in an order that always changes.

    What else the machine does, and what the probe before leaves behind, then meets
    all of them alike.

    Args:
        probes: by name.
        n: how often each is taken, after some that do not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in probes}
    order, numbers = list(probes), random.Random(SEED)
    for turn in range(-min(_WARM_UP, n), n):
        numbers.shuffle(order)
        for name in order:
            spent_s = await probes[name]()
            if turn >= 0:
                seconds[name].append(spent_s)
    return seconds


async def cpu_per_call(
    probes: Mapping[str, tuple[int, Probe]], n: int
) -> dict[str, float]:
    """Return the CPU seconds that processes spend on calls.

    Each in five stretches, in turn with the others; the median of them, as anything
    a process does beside its calls falls into one or two.

    Args:
        probes: by name, the process id and what makes the call.
        n: how often each is made.
    """
    spent: dict[str, list[float]] = {name: [] for name in probes}
    n_each = max(1, n // _BLOCKS)
    for turn in range(-1, _BLOCKS):
        for name, (pid, probe) in probes.items():
            before = cpu_s(pid)
            for _ in range(n_each):
                await probe()
            if turn >= 0:
                spent[name].append((cpu_s(pid) - before) / n_each)
    return {name: statistics.median(values) for name, values in spent.items()}


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has spent, its ended threads left out.

    Args:
        pid: of the process.
    """
    # /proc/PID/stat counts ticks of 10 ms, schedstat nanoseconds.
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def memory_bytes(pid: int) -> int:
    """Return the resident memory of a process.

    Args:
        pid: of the process.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return count, p50, p95 and p99 in milliseconds.

    Args:
        seconds: two or more measurements.
    """
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "n": len(seconds),
        "p50_ms": round(1000 * cuts[49], 3),
        "p95_ms": round(1000 * cuts[94], 3),
        "p99_ms": round(1000 * cuts[98], 3),
    }


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the ratio of two medians.

    Args:
        over: measurements of what is looked at.
        under: measurements of the floor.
    """
    return statistics.median(over) / statistics.median(under)


def spread(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the least and the greatest ratio among five stretches of the run.

    Args:
        over: measurements of what is looked at, in the order they were taken.
        under: measurements of the floor, likewise.
    """
    ratios = [
        ratio(one, other)
        for one, other in zip(_blocks(over), _blocks(under), strict=True)
    ]
    return [round(min(ratios), 3), round(max(ratios), 3)]


def _blocks(values: Sequence[float]) -> list[Sequence[float]]:
    n = max(1, len(values) // _BLOCKS)
    return [values[start * n : (start + 1) * n] or values for start in range(_BLOCKS)]


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
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "load_1_min": round(os.getloadavg()[0], 2),
        },
        "python": platform.python_version(),
        "grpcio": grpc.__version__,
        "commit": commit.stdout.strip(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
