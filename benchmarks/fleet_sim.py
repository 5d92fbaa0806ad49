r"""How many workers for how many people: a table per kind of worker.

    python benchmarks/fleet_sim.py --measure avatars
    python benchmarks/fleet_sim.py --measured benchmarks/results/fleet.json \
        --service "SDXL, 30 steps, H100, estimated=1.0,2.0,3.0,4.0" --wait 5 \
        --out benchmarks/results/fleet_sizes.json

The first times batches of a model of the catalog here; the second takes the times that
`fleet_check.py` measured, and times from elsewhere, say the metric
`multibo_batch_duration_seconds` of a GPU. A thousandth of the people who use a product
use it at the same time, or a hundredth; that is yours to say. Checked against real
workers by `fleet_check.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from fleet_model import Bound, People, Service, workers_needed

SEEDS: Final = (1000, 1001, 1002)
WARM_UPS: Final = 2
CELL: Final = 20_000
"""More people than this are counted as equal cells with a queue each: sharing one
queue would only help, and hardly."""


def measured(model: str, *, batch_rows: int, threads: int, n_batches: int) -> Service:
    """Return how long this machine takes for batches of a model.

    Args:
        model: its name in the catalog that ships with the product.
        batch_rows: of the largest batch.
        threads: of a worker's arithmetic.
        n_batches: of each size.
    """
    from multibo.evaluation.targets import TargetKind, Task, start_spec
    from multibo.jobs.catalog import Catalog
    from multibo.pretrained import catalog_path
    from multibo.render.pipelines import load_pipeline
    from multibo.render.precision import Precision

    spec = Catalog.load(catalog_path()).model(model)
    # The number format of a worker that is told none.
    loading = spec.loading
    precision = Precision.named(dtype=loading.dtype or "auto", device=loading.device)
    pipeline = load_pipeline(spec, threads=threads, precision=precision)
    start = start_spec(spec, Task.of_seed(1000, TargetKind.SEED))
    times: list[list[float]] = [[] for _ in range(batch_rows)]
    # In turns: a disturbance of the machine falls on all sizes alike.
    for _ in range(WARM_UPS + n_batches):
        for at, took_s in enumerate(times):
            began = time.perf_counter()
            pipeline.render([start] * (at + 1))
            took_s.append(time.perf_counter() - began)
    counted = [took_s[WARM_UPS:] for took_s in times]
    means = [statistics.fmean(one) for one in counted]
    logs = [
        math.log(took_s / mean)
        for one, mean in zip(counted, means, strict=True)
        for took_s in one
    ]
    return Service(tuple(means), statistics.pstdev(logs))


def row(
    n_people: int, bound: Bound, service: Service, people: People
) -> dict[str, Any]:
    """Return what so many people need: the largest answer over the seeds.

    Args:
        n_people: in a session at the same time.
        bound: what is to be held.
        service: of a worker.
        people: how they use it.
    """
    n_cells = math.ceil(n_people / CELL)
    found = [
        workers_needed(n_people // n_cells, bound, service, people, seed=seed)
        # The law of large numbers makes other seeds a waste of time.
        for seed in (SEEDS if n_people <= 1_000 else SEEDS[:1])
    ]
    n_workers, outcome = max(found, key=lambda one: one[0])
    return {
        "people": n_people,
        "workers": n_cells * n_workers,
        "workers_by_seed": [n_cells * n for n, _ in found],
        "people_per_worker": round(n_people / (n_cells * n_workers), 1),
        "wait_p50_s": round(outcome.wait_s(0.5), 3),
        "wait_p95_s": round(outcome.wait_s(0.95), 3),
        "utilization": round(outcome.utilization, 3),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as Markdown."""
    names = ["people", "workers", "people_per_worker", "wait_p50_s", "wait_p95_s"]
    names.append("utilization")
    lines = ["| " + " | ".join(names) + " |", "|" + "---:|" * len(names)]
    lines += [
        "| " + " | ".join(str(one[name]) for name in names) + " |" for one in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure or take service times, simulate, print and store the tables."""
    options = _arguments()
    services = dict(_services(options))
    if options.only_service:
        print(json.dumps(asdict(next(iter(services.values())))))
        return
    people = People(options.look, options.look_sigma, options.rows)
    bound = Bound(options.wait, options.utilization)
    tables = []
    for title, service in services.items():
        rows = []
        for n_people in map(int, options.people.split(",")):
            rows.append(row(n_people, bound, service, people))
            print(json.dumps(rows[-1]), flush=True)
        tables.append({"worker": title, "service": asdict(service), "rows": rows})
    text = "\n".join(f"{one['worker']}\n\n{table(one['rows'])}" for one in tables)
    print(text)
    if options.out:
        document = {
            "schema": 2,
            "people": asdict(people),
            "bound": asdict(bound),
            "seeds": SEEDS,
            "tables": tables,
            **_origin(),
        }
        options.out.write_text(json.dumps(document, indent=1) + "\n")
        options.out.with_suffix(".md").write_text(text)


def _services(options: argparse.Namespace) -> Iterator[tuple[str, Service]]:
    """Yield title and service times of each kind of worker asked for."""
    if options.measure:
        yield (
            f"{options.measure}, measured here",
            measured(
                options.measure,
                batch_rows=options.batch_rows,
                threads=options.threads,
                n_batches=options.batches,
            ),
        )
    if options.measured:
        found = json.loads(options.measured.read_text())["service"]
        # Workers of a fleet have cores of their own.
        service = Service(tuple(found["mean_s"]), found["spread"], found["overhead_s"])
        yield f"measured in {options.measured.name}", service
    for text in options.service:
        title, _, seconds = text.rpartition("=")
        means = tuple(float(one) for one in seconds.split(","))
        yield title or seconds, Service(means, options.spread, options.overhead)


def _origin() -> dict[str, Any]:
    from multibo.evaluation.provenance import Provenance

    return asdict(Provenance.collect())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--measure", metavar="MODEL", help="time this model here")
    parser.add_argument("--measured", type=Path, help="a result of fleet_check.py")
    parser.add_argument(
        "--service",
        action="append",
        default=[],
        metavar="[TITLE=]SECONDS",
        help="of a batch of 1,2,... rows; may be repeated",
    )
    parser.add_argument("--only-service", action="store_true", help="print it as JSON")
    parser.add_argument("--spread", type=float, default=0.05, help="with --service")
    parser.add_argument("--overhead", type=float, default=0.2, help="with --service, s")
    parser.add_argument("--batch-rows", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", type=int, default=8, help="timed per size")
    parser.add_argument("--look", type=float, default=8.0, help="median seconds")
    parser.add_argument("--look-sigma", type=float, default=0.6)
    parser.add_argument(
        "--rows", type=int, default=3, help="pictures of a slate to draw"
    )
    parser.add_argument("--wait", type=float, default=5.0, help="95th percentile, s")
    parser.add_argument("--utilization", type=float, default=0.85, help="at most")
    parser.add_argument("--people", default="10,100,1000,10000,100000,1000000")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if not (options.measure or options.measured or options.service):
        parser.error("whose service times? --measure, --measured or --service")
    return options


if __name__ == "__main__":
    main()
