"""What it costs a worker to show pictures before they are done.

    python benchmarks/previews.py --out benchmarks/results

One optimizer and one worker with the embedded model. Sessions of a few answers come in
pairs, in alternating order: one that somebody watches with previews, one that nobody
watches. Compared are the worker's own seconds per batch. The exit status is 1 if
the median ratio is above its bound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from circumstances import surroundings
from rig import Wanted, a_free_address, a_rig

from multibo.client import AsyncProject, connect_async
from multibo.client.events import Preview
from multibo.client.session import AsyncSession

BOUND: Final = 1.03
SEED: Final = 1000
PROMPT: Final = "comic portrait, brown long hair, light skin, blue background"
_RESAMPLES: Final = 2_000
_BATCHES: Final = re.compile(
    r"^multibo_batch_duration_seconds_(sum|count)\{.*\} (\S+)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sessions that differ in who watches."""

    seed: int
    """Of the one nobody watched; the other has the next one."""
    watched_s: float
    """Seconds a batch of the worker, on average."""
    alone_s: float
    n_previews: int
    """That the watch was shown."""


def batches(address: str) -> tuple[float, float]:
    """Return seconds and number of the worker's batches so far.

    Args:
        address: of its metrics.
    """
    with urllib.request.urlopen(f"http://{address}/metrics") as page:
        found = dict(_BATCHES.findall(page.read().decode()))
    return float(found.get("sum", 0.0)), float(found.get("count", 0.0))


async def looked_at(session: AsyncSession, seen: list[Preview]) -> None:
    """Watch a session until told to stop.

    Args:
        session: to watch.
        seen: takes the previews.
    """
    async for event in session.watch(include_previews=True):
        if isinstance(event, Preview):
            seen.append(event)


async def played(
    project: AsyncProject, seed: int, n_rounds: int, *, watched: bool
) -> int:
    """Play a session; return how many previews its watch was shown.

    Args:
        project: of the rig.
        seed: of the session.
        n_rounds: answered.
        watched: whether somebody watches.
    """
    seen: list[Preview] = []
    session = await project.create_session(PROMPT, rounds=50, seed=seed)
    watching = asyncio.create_task(looked_at(session, seen)) if watched else None
    for _ in range(n_rounds):
        round = await session.propose()
        await round.choose(1)
    await session.finish()
    if watching is not None:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return len(seen)


async def measured(
    target: str, metrics: str, n_pairs: int, n_rounds: int
) -> list[Pair]:
    """Return pairs of sessions, in alternating order.

    Args:
        target: gRPC target of the optimizer.
        metrics: address of the worker's metrics.
        n_pairs: counted, after one that is not.
        n_rounds: answers of a session.
    """
    pairs = []
    async with connect_async(target) as project:
        for turn in range(n_pairs + 1):
            per_batch, n_previews = {}, 0
            for watched in (True, False) if turn % 2 else (False, True):
                before = batches(metrics)
                # Seeds of their own: what is drawn once is never drawn again.
                seed = SEED + 2 * turn + watched
                n_previews += await played(project, seed, n_rounds, watched=watched)
                spent, n_batches = np.subtract(batches(metrics), before)
                per_batch[watched] = float(spent / n_batches)
            pairs.append(
                Pair(SEED + 2 * turn, per_batch[True], per_batch[False], n_previews)
            )
    return pairs[1:]


def summary(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the median ratio of the pairs and its 95 % bootstrap interval."""
    ratios = np.array([pair.watched_s / pair.alone_s for pair in pairs])
    again = np.random.default_rng(0).choice(ratios, (_RESAMPLES, len(ratios)))
    low, high = np.quantile(np.median(again, axis=1), (0.025, 0.975))
    return {
        "ratio": round(float(np.median(ratios)), 4),
        "interval_95": [round(float(low), 4), round(float(high), 4)],
        "bound": BOUND,
        "watched_s": round(float(np.median([one.watched_s for one in pairs])), 4),
        "alone_s": round(float(np.median([one.alone_s for one in pairs])), 4),
        "previews": sum(pair.n_previews for pair in pairs),
    }


def main() -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=4, help="answers of a session")
    options = parser.parse_args()
    metrics = a_free_address()
    circumstances = surroundings()  # before the work: the checkout may move on
    worker = {"MULTIBO_RENDER_METRICS_LISTEN": metrics}
    with a_rig(Wanted(n_workers=1, worker=worker)) as rig:
        pairs = asyncio.run(
            measured(rig.replicas[0], metrics, options.pairs, options.rounds)
        )
    found = {
        **circumstances,
        "benchmark": "previews",
        "prompt": PROMPT,
        "worker_threads": 1,
        **summary(pairs),
        "pairs": [asdict(pair) for pair in pairs],
    }
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (options.out / "previews.json").write_text(text, encoding="utf-8")
    print(json.dumps(summary(pairs)))
    return int(found["ratio"] > BOUND)


if __name__ == "__main__":
    sys.exit(main())
