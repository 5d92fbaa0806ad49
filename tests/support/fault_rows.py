"""The faults the product is held to, how often each is made, and what came of it.

`in_short_and_full` runs a test twice: a few repeats with every test run, all of them
with `make faults`, which alone writes the report.
"""

from __future__ import annotations

import fcntl
import json
import os
import statistics
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Final

import pytest

from multibo.evaluation.provenance import Provenance
from tests.support.tree import ROOT

REPORT: Final = ROOT / "benchmarks" / "results" / "faults.json"
TABLE: Final = REPORT.with_suffix(".md")
OF_PROCESSES: Final = [
    pytest.mark.redis,
    pytest.mark.fault,
    pytest.mark.asyncio(loop_scope="session"),
]
"""Marks of tests whose processes are forked from the one parent of a run."""
ALL_REPEATS: Final = 20
"""`--fault-repeats` that stands for every repeat of every row."""


@dataclass(frozen=True)
class FaultRow:
    """One fault of the table."""

    fault: str
    n_repeats: int
    bound: str
    """What has to hold, in words."""
    recovery_s: float | None = None
    """How long a repeat may take to recover, where that is part of the bound."""


ROWS: Final = {
    1: FaultRow(
        "kill -9 before and after each of the 8 durable writes",
        320,
        "same replies, same history, no second event",
    ),
    2: FaultRow(
        "freeze an idle worker, propose, kill -9 it, start another",
        50,
        "0 lost, open <= 25 s after the new worker is ready",
        25,
    ),
    3: FaultRow(
        "kill -9 a worker every 2.4 s while rows are rendered",
        1_500,
        "0 lost, 0 FAILED, >= 18 kills, every image as without a kill",
    ),
    4: FaultRow(
        "2 replicas, 50 sessions, 200 answers sent twice and out of order",
        10,
        "one log entry per answer, one reply per request",
    ),
    5: FaultRow("2 replicas race ProposeRound", 500, "one round, both see it"),
    6: FaultRow(
        "a stale worker finishes after its lease was taken",
        100,
        "refused, state unchanged",
    ),
    7: FaultRow(
        "every message of a command is dropped", 20, "open <= 10 s, all of them", 10
    ),
    8: FaultRow(
        "every message arrives 5 times, 3 workers", 50, "one READY per candidate"
    ),
    9: FaultRow(
        "a poisoned row in a batch of 4",
        20,
        "it alone FAILED, after 3 attempts, with its reason; worker alive",
    ),
    10: FaultRow(
        "kill -9 of Redis and restart, 3 in a row, in the middle of a round",
        5,
        "UNAVAILABLE only, first success <= 5 s after PONG, no answer lost",
        5,
    ),
    11: FaultRow(
        "Redis frozen for 12 s",
        5,
        "0 FAILED, done <= 20 s after the thaw",
        20,
    ),
    12: FaultRow(
        "the engine's process killed in a fit",
        20,
        "degraded slate, engine back <= 10 s, next slate as before",
        10,
    ),
    13: FaultRow(
        "SIGTERM of the optimizer under 100 calls/s and 20 watches",
        5,
        "0 failed calls, every watch resumed, no event missing",
    ),
    14: FaultRow(
        "network of a watching client cut for 30 s",
        20,
        "same final state, events in order, none missing",
    ),
    15: FaultRow(
        "cancel one row of a batch, then its round",
        50,
        "it stops within one step, the other images as alone",
    ),
    16: FaultRow(
        "image store full or unwritable",
        5,
        "FAILED with the reason, RetryCandidate works after the repair",
    ),
    17: FaultRow(
        "kill -9 of `multibo up`",
        20,
        "no process left after 2 s, the next start resumes the sessions",
        2,
    ),
    18: FaultRow("every refused call, every reason", 1, "store unchanged"),
    19: FaultRow(
        "engine fits on random, contradictory and duplicate-heavy histories",
        10_000,
        "0 exceptions, 0 degraded",
    ),
    20: FaultRow(
        "undo x n and redo x n, none of these among them",
        100,
        "identical state and next slate",
    ),
}
"""By number; repeats are the full run's (18: once through all of them)."""


@dataclass
class Trial:
    """One row while it is tried."""

    number: int
    n: int
    """Repeats of this run."""
    recorded: bool
    """Whether this is a run of the report."""
    recoveries_s: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """`kills`, `lost` and `failed`, and what else is worth telling."""
    began: float = field(default_factory=time.monotonic)
    measured_on: Provenance = field(default_factory=lambda: _measured_on())

    def recovered(self, seconds: float) -> None:
        """Note how long a repeat took from the fault to health."""
        self.recoveries_s.append(seconds)

    def conclude(self, n_done: int | None = None) -> None:
        """Write down what came of it, then fail if anything was lost or failed."""
        done = self.n if n_done is None else n_done
        if self.recorded:
            merge({"rows": {str(self.number): self._entry(done)}})
        assert self.counts["lost"] == 0
        assert self.counts["failed"] == 0

    def _entry(self, done: int) -> dict[str, Any]:
        row = ROWS[self.number]
        told = dict(self.counts)
        longest = max(self.recoveries_s, default=None)
        held = not (self.counts["lost"] or self.counts["failed"])
        late = row.recovery_s is not None and (longest or 0) > row.recovery_s
        entry: dict[str, Any] = {
            "fault": row.fault,
            "bound": row.bound,
            "n_repeats": done,
            "n_repeats_full": row.n_repeats,
            **{f"n_{name}": told.pop(name, 0) for name in ("kills", "lost", "failed")},
            "verdict": "passed" if held and not late else "missed",
            "also": {name: told[name] for name in sorted(told)},
        }
        if self.recoveries_s:
            entry["recovery_s_p50"] = round(statistics.median(self.recoveries_s), 2)
            entry["recovery_s_max"] = round(max(self.recoveries_s), 2)
        entry["seconds"] = round(time.monotonic() - self.began, 1)
        entry["load_1_min"] = round(os.getloadavg()[0], 1)
        kept = ("time", "commit", "machine", "processor", "n_cores")
        there = asdict(self.measured_on)
        entry["provenance"] = {name: there[name] for name in kept}
        return entry


@cache
def _measured_on() -> Provenance:
    # Once, before the report is written, which would make the tree a changed one.
    return Provenance.collect()


def in_short_and_full(
    row: int, *, short: int | None, timeout_s: int = 3_600
) -> pytest.MarkDecorator:
    """Run a test with a few repeats, and with all of them where it is asked for.

    Args:
        row: number of the fault.
        short: repeats with every test run; None leaves the row to the full run.
        timeout_s: of the full run.
    """
    marks = [pytest.mark.slow, pytest.mark.timeout(timeout_s)]
    full_run = pytest.param((row, ROWS[row].n_repeats, True), marks=marks)
    runs = [full_run] if short is None else [(row, short, False), full_run]
    ids = ["full"] if short is None else ["short", "full"]
    return pytest.mark.parametrize("trial", runs, indirect=True, ids=ids)


def trial_of(asked: tuple[int, int, bool], repeats: int) -> Trial:
    """Return the trial of a run, scaled as `--fault-repeats` says."""
    row, n, recorded = asked
    return Trial(row, -(-n * repeats // ALL_REPEATS) if recorded else n, recorded)


def merge(news: dict[str, Any]) -> None:
    """Put news into the report and its table; what else is there stays.

    Args:
        news: parts of the report; of `rows`, those that were tried.
    """
    # Locked: rows may run side by side.
    with REPORT.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = json.loads(file.read())
        rows = {**before.get("rows", {}), **news.get("rows", {})}
        rows = {name: rows[name] for name in sorted(rows, key=int)}
        document = {**before, **news, "rows": rows}
        file.seek(0)
        file.truncate()
        file.write(json.dumps(document, indent=2) + "\n")
        file.flush()
        TABLE.write_text(table_of(document), encoding="utf-8")


def table_of(document: dict[str, Any]) -> str:
    """Return the report as a table, a line per fault that was made."""
    lines = [
        "# Faults",
        "",
        "Real Redis, real optimizer and worker processes; `make faults`. Recovery:",
        "from the fault, or from the repair, to what the bound asks for. `1 of 10`:",
        "the run on record made a part of the repeats.",
        "",
        "| # | Fault | Repeats | Kills | Lost | Failed | Bound | Recovery, longest "
        "| Verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rows = {**_first(document), **document["rows"]}
    for name in sorted(rows, key=int):
        row = rows[name]
        done, full = row["n_repeats"], row["n_repeats_full"]
        longest = row.get("recovery_s_max")
        cells = [
            name,
            row["fault"],
            f"{done:,}" if done >= full else f"{done:,} of {full:,}",
            *(f"{row[key]:,}" for key in ("n_kills", "n_lost", "n_failed")),
            row["bound"],
            "-" if longest is None else f"{longest:.1f} s",
            row["verdict"],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _first(document: dict[str, Any]) -> dict[str, Any]:
    """Return the row of the durable writes, whose points the report has in full."""
    points = document.get("points", {}).values()
    if not points:
        return {}
    row = ROWS[1]
    n_kills = document["n_kills"]
    return {
        "1": {
            "fault": row.fault,
            "bound": row.bound,
            "n_repeats": n_kills,
            "n_repeats_full": row.n_repeats,
            "n_kills": n_kills,
            "n_lost": 0,
            "n_failed": n_kills - sum(point["n_passed"] for point in points),
            "recovery_s_max": max(point["recovery_s_max"] for point in points),
            "verdict": "passed",
        }
    }
