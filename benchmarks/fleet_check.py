"""Whether the simulated fleet is the real one: both, with the same people.

    python benchmarks/fleet_check.py --workers 1,2,4 \
        --out benchmarks/results/fleet_check.json

Real workers render the embedded model; simulated people drive them through the
service. Service times are measured beforehand in as many processes at once as there
are workers, since they share the machine; what the service adds around a slate is
measured with one person alone. The exit status is 1 if the simulated rows per second
are off by more than a fifth.
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
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from fleet_model import Fleet, Outcome, People, Service
from rig import Wanted, a_rig

from multibo.client import connect
from multibo.evaluation.provenance import Provenance

TOLERANCE: Final = 0.2
ALONE_ROUNDS: Final = 6
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


def service_of(n_workers: int, n_batches: int) -> Service:
    """Return the service times of so many workers at once.

    Args:
        n_workers: processes that time batches at the same time.
        n_batches: of each size.
    """
    command = [sys.executable, str(Path(__file__).with_name("fleet_sim.py"))]
    command += ["--measure", "avatars", "--only-service", "--batches", str(n_batches)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(n_workers)
    ]
    found = [json.loads(one.communicate()[0].splitlines()[-1]) for one in running]
    means = np.mean([one["mean_s"] for one in found], axis=0)
    spread = float(np.mean([one["spread"] for one in found]))
    return Service(tuple(float(mean) for mean in means), spread)


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


def checked(n_workers: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return one line of the comparison.

    Args:
        n_workers: of the fleet.
        options: of the command line.
    """
    people = People(options.look, options.look_sigma)
    n_people = options.people_per_worker * n_workers
    service = service_of(n_workers, options.batches)
    with a_rig(Wanted(n_workers=n_workers)) as rig:
        target = rig.replicas[0]
        alone = played(target, 1, replace(people, look_median_s=0.2), 12)
        real = played(target, n_people, people, options.seconds)
    around_s = max(0.0, alone.wait_s(0.5) - service_of_one_s(people, options))
    service = replace(service, overhead_s=around_s)
    fleet = Fleet(n_people, n_workers, service, people, SEED)
    simulated = fleet.run(options.seconds, 20 * options.seconds)
    return {
        "workers": n_workers,
        "people": n_people,
        "service": asdict(service),
        "slates": len(real.waits_s),
        "rows_per_s": round(real.rows_per_s, 3),
        "simulated_rows_per_s": round(simulated.rows_per_s, 3),
        "error": round(simulated.rows_per_s / real.rows_per_s - 1, 3),
        "wait_p50_s": round(real.wait_s(0.5), 3),
        "simulated_wait_p50_s": round(simulated.wait_s(0.5), 3),
        "wait_p95_s": round(real.wait_s(0.95), 3),
        "simulated_wait_p95_s": round(simulated.wait_s(0.95), 3),
    }


_ONE: dict[int, Service] = {}


def service_of_one_s(people: People, options: argparse.Namespace) -> float:
    """Return what a slate takes a worker that has the machine for itself.

    Args:
        people: how many rows a slate has.
        options: of the command line.
    """
    if 1 not in _ONE:
        _ONE[1] = service_of(1, options.batches)
    return _ONE[1].mean_s[people.rows_per_slate - 1]


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
    rows = []
    for n_workers in map(int, options.workers.split(",")):
        rows.append(checked(n_workers, options))
        print(json.dumps(rows[-1]))
    if options.out:
        document = {"schema": 1, "seed": SEED, "rows": rows, **provenance}
        options.out.write_text(json.dumps(document, indent=1) + "\n")
    return int(any(abs(row["error"]) > TOLERANCE for row in rows))


if __name__ == "__main__":
    sys.exit(main())
