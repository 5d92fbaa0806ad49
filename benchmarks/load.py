"""Many sessions, many people, two replicas: rates, latencies, exactness, memory.

    python benchmarks/load.py --out benchmarks/results
    python benchmarks/load.py --flat-memory --out benchmarks/results

The first plays sessions through two replicas in turn and a fleet that only waits as
long as a render takes; a share of the answers is sent twice at the same time, once to
each replica. Afterwards the log of every session is compared with what was answered.
The second makes 10^5 calls to one replica and looks at its memory. Both write a part
of load.json; the exit status is 1 if an answer was lost or doubled, or memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from load_drivers import Load, Tally, drive
from load_memory import flat
from redis import Redis
from rig import Wanted, a_rig
from rig_measure import origin, quantiles

from multibo.jobs.keys import SessionKeys

RENDER_S: Final = 0.1
_OPEN: Final = {
    # A thousand sessions and a hundred people are one project here.
    "MULTIBO_OPTIMIZER_MAX_PROJECT_SESSIONS": "100000",
    "MULTIBO_OPTIMIZER_MAX_PROJECT_ROWS": "4096",
    "MULTIBO_OPTIMIZER_LOG_LEVEL": "WARNING",
}


def played(load: Load, *, n_replicas: int) -> dict[str, Any]:
    """Return the document of one load run.

    Args:
        load: how many of everything.
        n_replicas: optimizers.
    """
    wanted = Wanted(n_replicas=n_replicas, render_s=RENDER_S, optimizer=_OPEN)
    with a_rig(wanted) as rig:
        began = time.perf_counter()
        tally = asyncio.run(drive(rig.replicas, rig.echo, load))
        spent_s = time.perf_counter() - began
        exactness = compared(tally, rig.redis_url)
    return {
        "sessions": load.sessions,
        "drivers": load.drivers,
        "rounds": load.rounds,
        "replicas": n_replicas,
        "render_s": RENDER_S,
        "seed": load.seed,
        "seconds": round(spent_s, 1),
        "calls": tally.n_calls,
        "calls_per_s": round(tally.n_calls / spent_s, 1),
        "answers_sent_twice": tally.n_twice,
        "refused_and_repeated": dict(tally.refused),
        "slates_degraded": tally.n_degraded,
        **exactness,
        "latency": ratios(tally),
    }


def compared(tally: Tally, redis_url: str) -> dict[str, int]:
    """Return how the logs differ from what was answered.

    Args:
        tally: with the request ids of every answer.
        redis_url: where the logs are.
    """
    redis: Redis = Redis.from_url(redis_url)
    n_lost = n_doubled = n_strange = n_answers = 0
    for session in tally.sessions:
        _, project, _, name = session.name.split("/")
        lines: Any = redis.lrange(SessionKeys(f"{project}/{name}").log, 0, -1)
        feedback = [json.loads(line).get("feedback") for line in lines]
        logged = Counter(one["request_id"] for one in feedback if one)
        given = set(session.request_ids)
        n_answers += len(given)
        n_lost += len(given - set(logged))
        n_strange += len(set(logged) - given)
        n_doubled += sum(n - 1 for n in logged.values())
    redis.close()
    return {
        "answers": n_answers,
        "answers_lost": n_lost,
        "answers_doubled": n_doubled,
        "answers_nobody_gave": n_strange,
        "repeats_with_another_reply": tally.n_unequal,
    }


def ratios(tally: Tally) -> dict[str, dict[str, float]]:
    """Return quantiles per method, and the ratios of the medians to the floor.

    Args:
        tally: of the run.
    """
    floor = statistics.median(tally.seconds["echo"])
    return {
        name: {
            **quantiles(seconds),
            "p50_to_echo": round(statistics.median(seconds) / floor, 2),
        }
        for name, seconds in sorted(tally.seconds.items())
        if len(seconds) > 1
    }


def status_of(document: dict[str, Any]) -> int:
    """Return 1 if an answer was lost or doubled, or memory grew; else 0.

    Args:
        document: the result file, with one part or both.
    """
    load = document.get("load", {})
    wrong = sum(
        load.get(name, 0)
        for name in (
            "answers_lost",
            "answers_doubled",
            "answers_nobody_gave",
            "repeats_with_another_reply",
        )
    )
    return 1 if wrong or not document.get("memory", {}).get("holds", True) else 0


def table_of(document: dict[str, Any]) -> str:
    """Return the result as Markdown.

    Args:
        document: the result file.
    """
    lines = []
    load, memory = document.get("load"), document.get("memory")
    if load:
        lines += [
            f"{load['sessions']:,} sessions, {load['drivers']} people at a time, "
            f"{load['replicas']} replicas: {load['calls']:,} calls at "
            f"{load['calls_per_s']:,} a second. {load['answers']:,} answers, "
            f"{load['answers_sent_twice']:,} of them sent twice: "
            f"{load['answers_lost']} lost, {load['answers_doubled']} doubled. "
            f"{load['slates_degraded']} slates degraded.",
            "",
            "| Method | n | p50 ms | p95 ms | p99 ms | p50 to the echo's |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for name, cuts in load["latency"].items():
            cells = [cuts[key] for key in ("n", "p50_ms", "p95_ms", "p99_ms")]
            cells.append(f"{cuts['p50_to_echo']}x")
            lines.append(f"| `{name}` | {' | '.join(map(str, cells))} |")
    if memory:
        first, last = (memory["memory_bytes"][place] / 2**20 for place in (0, -1))
        lines += [
            "",
            f"{memory['calls']:,} calls to one replica: {first:.1f} MiB after "
            f"{memory['calls_of_warm_up']:,} calls of warm-up, {last:.1f} MiB at the "
            f"end ({memory['growth']:+.1%}, bound {memory['bound']:.0%}).",
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Drive, write, and return 1 if something is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--drivers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flat-memory", action="store_true")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="folder of load.json and load.md")
    given = parser.parse_args()
    if given.flat_memory:
        part = flat(given.calls, drivers=1, settings=_OPEN)
    else:
        load = Load(given.sessions, given.drivers, given.rounds, seed=given.seed)
        part = played(load, n_replicas=given.replicas)
    name = "memory" if given.flat_memory else "load"
    document = merged(given.out, name, {**origin(), **part})
    print(table_of(document))
    return status_of(document)


def merged(folder: Path | None, name: str, part: dict[str, Any]) -> dict[str, Any]:
    """Return the result file with one part renewed; write it where it lies.

    Args:
        folder: of the file; None writes nothing.
        name: of the part.
        part: what was measured.
    """
    file = folder / "load.json" if folder else None
    old = json.loads(file.read_text()) if file and file.exists() else {}
    document = {"benchmark": "load", **old, name: part}
    if file and folder:
        file.write_text(json.dumps(document, indent=2) + "\n")
        (folder / "load.md").write_text(table_of(document))
    return document


if __name__ == "__main__":
    sys.exit(main())
