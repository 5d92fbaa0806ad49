"""Whether the simulated fleet is the real one: both, with the same people.

    python benchmarks/fleet_check.py --workers 1,2,4 --out benchmarks/results/fleet.json

Real workers render the embedded model; simulated people drive them through the
service. Nothing that the simulation is given comes from the run it is compared with:
batches are timed in a process of their own, how much slower they are beside others in
several such processes at once (workers of one machine share its cores), and what the
service adds around a slate with one person and one worker. The exit status is 1 if
rows per second or the 95th percentile of the waits are off by more than a fifth.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from fleet_model import Fleet, Outcome, People, Service
from rig import Wanted, a_rig

from multibo.client import connect
from multibo.evaluation.provenance import Provenance

TOLERANCE: Final = 0.2
BOUND: Final = ("rows_per_s", "wait_p95_s")
"""What the tolerance holds for."""
ALONE_S: Final = 12.0
SEED: Final = 1000
PROMPT: Final = "comic portrait, brown long hair, light skin, blue background"


class Person(threading.Thread):
    """Looks, answers and waits until told to stop."""

    def __init__(self, target: str, people: People, seed: int) -> None:
        """Take a place.

        Args:
            target: gRPC target of the optimizer.
            people: how long one looks.
            seed: of the choices and the times.
        """
        super().__init__(daemon=True)
        self.waits: list[tuple[float, float]] = []
        """When each slate was complete, and how long it took."""
        self.stopping = threading.Event()
        self._target = target
        self._people = people
        self._random = random.Random(seed)
        self._seed = seed

    def run(self) -> None:
        """Play one session."""
        with connect(self._target) as multibo:
            session = multibo.create_session(PROMPT, rounds=200, seed=self._seed)
            self.stopping.wait(self._look_s() * self._random.random())
            while not self.stopping.is_set():
                began = time.monotonic()
                round = session.propose()
                ended = time.monotonic()
                self.waits.append((ended, ended - began))
                self.stopping.wait(self._look_s())
                round.choose(self._random.randrange(len(round.candidates)))

    def _look_s(self) -> float:
        people = self._people
        noise = self._random.gauss(0.0, people.look_sigma)
        return people.look_median_s * math.exp(noise)


def service_of(n_processes: int, n_batches: int) -> Service:
    """Return the service times of so many processes at once.

    Args:
        n_processes: that time batches at the same time.
        n_batches: of each size.
    """
    command = [sys.executable, str(Path(__file__).with_name("fleet_sim.py"))]
    command += ["--measure", "avatars", "--only-service", "--batches", str(n_batches)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(n_processes)
    ]
    found = [json.loads(one.communicate()[0].splitlines()[-1]) for one in running]
    means = np.mean([one["mean_s"] for one in found], axis=0)
    spread = float(np.mean([one["spread"] for one in found]))
    return Service(tuple(float(mean) for mean in means), spread)


def calibrated(counts: Sequence[int], n_batches: int) -> Service:
    """Return the service of a worker alone, and how much others slow it down.

    Args:
        counts: numbers of workers that will be compared.
        n_batches: timed of each size.
    """
    measured = {n: service_of(n, n_batches) for n in sorted({1, *counts})}
    alone = np.array(measured[1].mean_s)
    factors = [float(np.mean(one.mean_s / alone)) for one in measured.values()]
    busy = range(1, max(measured) + 1)
    slowdown = np.maximum(1.0, np.interp(busy, list(measured), factors))
    return replace(measured[1], slowdown=tuple(slowdown.round(4).tolist()))


def played(target: str, n_people: int, people: People, seconds: float) -> Outcome:
    """Return what people go through.

    Args:
        target: gRPC target of the optimizer.
        n_people: in a session at the same time.
        people: how they use it.
        seconds: counted, after a third of it that is not.
    """
    crowd = [Person(target, people, SEED + number) for number in range(n_people)]
    for person in crowd:
        person.start()
    time.sleep(seconds / 3)
    began = time.monotonic()
    time.sleep(seconds)
    ended = time.monotonic()
    for person in crowd:
        person.stopping.set()
    for person in crowd:
        person.join(60)
    waits = [
        wait for person in crowd for at, wait in person.waits if began <= at < ended
    ]
    return Outcome(waits, 0.0, ended - began, 1, len(waits) * people.rows_per_slate)


def around_s(service: Service, people: People) -> float:
    """Return what the service adds to a slate, as one person with one worker sees it.

    Args:
        service: of a worker alone.
        people: how many rows a slate has.
    """
    with a_rig(Wanted(n_workers=1)) as rig:
        hasty = replace(people, look_median_s=0.2)
        alone = played(rig.replicas[0], 1, hasty, ALONE_S)
    return max(0.0, alone.wait_s(0.5) - service.mean_s[people.rows_per_slate - 1])


def checked(
    n_workers: int, service: Service, people: People, options: argparse.Namespace
) -> dict[str, Any]:
    """Return one line of the comparison.

    Args:
        n_workers: of the fleet.
        service: that the simulation is given.
        people: how they use it.
        options: of the command line.
    """
    n_people = options.people_per_worker * n_workers
    with a_rig(Wanted(n_workers=n_workers)) as rig:
        real = played(rig.replicas[0], n_people, people, options.seconds)
    fleet = Fleet(n_people, n_workers, service, people, SEED)
    simulated = fleet.run(options.seconds, 20 * options.seconds)
    return {
        "workers": n_workers,
        "people": n_people,
        "slates": len(real.waits_s),
        **_pair("rows_per_s", real.rows_per_s, simulated.rows_per_s),
        **_pair("wait_p50_s", real.wait_s(0.5), simulated.wait_s(0.5)),
        **_pair("wait_p95_s", real.wait_s(0.95), simulated.wait_s(0.95)),
    }


def _pair(name: str, real: float, simulated: float) -> dict[str, float]:
    return {
        name: round(real, 3),
        f"simulated_{name}": round(simulated, 3),
        f"{name}_error": round(simulated / real - 1, 3),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the comparison as Markdown."""
    lines = [
        "| workers | people | slates | rows/s | simulated | error | p95 wait, s "
        "| simulated | error |",
        "|" + "---:|" * 9,
    ]
    for row in rows:
        rate, wait = (_cells(row, name) for name in BOUND)
        head = f"| {row['workers']} | {row['people']} | {row['slates']} "
        lines.append(f"{head}| {rate} | {wait} |")
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any], name: str) -> str:
    real, simulated = row[name], row[f"simulated_{name}"]
    return f"{real:.2f} | {simulated:.2f} | {row[f'{name}_error']:+.0%}"


def main() -> int:
    """Compare, print, store; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--people-per-worker", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--look", type=float, default=1.0, help="median seconds")
    parser.add_argument("--look-sigma", type=float, default=0.6)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    provenance = asdict(Provenance.collect())
    counts = [int(count) for count in options.workers.split(",")]
    people = People(options.look, options.look_sigma)
    service = calibrated(counts, options.batches)
    service = replace(service, overhead_s=around_s(service, people))
    document = {"schema": 2, "seed": SEED, "service": asdict(service), **provenance}
    print(json.dumps(document["service"]), flush=True)
    rows: list[dict[str, Any]] = []
    for n_workers in counts:
        rows.append(checked(n_workers, service, people, options))
        print(json.dumps(rows[-1]), flush=True)
        if options.out:
            text = json.dumps({**document, "rows": rows}, indent=1)
            options.out.write_text(f"{text}\n")
            options.out.with_suffix(".md").write_text(table(rows))
    errors = [abs(row[f"{name}_error"]) for row in rows for name in BOUND]
    return int(max(errors) > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
