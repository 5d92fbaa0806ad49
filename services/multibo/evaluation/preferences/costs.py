"""What the next slate costs after many answers: ours and stock BoTorch in one run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from multibo.evaluation.preferences.arguments import PreferenceCostsArguments
from multibo.evaluation.preferences.model_free import Evolution
from multibo.evaluation.preferences.people import PersonKind, person
from multibo.evaluation.preferences.play import N_RANDOM, random_slates, seed_of
from multibo.evaluation.preferences.rival import History
from multibo.evaluation.preferences.rivals import ENTRANTS, OURS, STOCK, open_rival
from multibo.evaluation.problems import problem
from multibo.evaluation.provenance import Provenance
from multibo.optimizer.preference.dataset import choice, unit_points

PROBLEM: Final = "warp12"
N_ANSWERS: Final = (50, 200)
FIRST_SEED: Final = 1000
_MIB: Final = 1024
"""In the unit of `ru_maxrss`, KiB."""
_TIMEOUT_S: Final = 1200


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one rival's slate after so many answers."""

    rival: str
    n_answers: int
    warm: bool
    """Whether it had made the slate before, and may keep what it learned for that."""
    processor_ms: list[float]
    """One per history."""
    wall_ms: list[float]
    memory_mib: float
    """Peak above what the process had with everything imported."""


def measure_costs(given: PreferenceCostsArguments, origin: Provenance) -> None:
    """Write `preference-costs.json` and print its table.

    Every figure comes from a process of its own; rivals take turns. Stock BoTorch
    fits anew after every answer, so the slate before does not help it.

    Args:
        given: the command line.
        origin: of the figures.
    """
    costs = [
        _in_own_process(rival, n_answers, given.n_repeats, warm=warm)
        for n_answers in N_ANSWERS
        for rival, warm in ((OURS, True), (OURS, False), (STOCK, False))
    ]
    document = {
        "problem": PROBLEM,
        "n_repeats": given.n_repeats,
        "threads": os.environ.get("OMP_NUM_THREADS", "unset"),
        "load_average": round(os.getloadavg()[0], 1),
        "origins": {name: ENTRANTS[name].origin() for name in (OURS, STOCK)},
        "costs": [asdict(cost) for cost in costs],
        "provenance": origin.to_json(),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1)
    (given.out / "preference-costs.json").write_text(f"{text}\n", encoding="utf-8")
    table = cost_table(costs)
    (given.out / "preference-costs.md").write_text(table, encoding="utf-8")
    print(table)


def cost_table(costs: Sequence[Cost]) -> str:
    """Return the costs as Markdown.

    Args:
        costs: of both rivals, after the same numbers of answers.
    """
    lines = [
        "| answers | rival | processor ms, median | largest | wall ms, median | MiB |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for cost in costs:
        median, wall = np.median(cost.processor_ms), np.median(cost.wall_ms)
        kept = ", the slate before known" if cost.warm else ""
        lines.append(
            f"| {cost.n_answers} | {ENTRANTS[cost.rival].title}{kept} | {median:.0f} "
            f"| {max(cost.processor_ms):.0f} | {wall:.0f} | {cost.memory_mib:.0f} |"
        )
    return "\n".join(lines) + "\n"


def history_of(n_answers: int, seed: int) -> History:
    """Return what an unsure person answered to an evolution strategy.

    Args:
        n_answers: how many.
        seed: of problem and person.
    """
    given = problem(PROBLEM, seed)
    somebody = person(PersonKind.NOISY, given, seed)
    mutating = Evolution(given.dimension)
    opening = random_slates(given.dimension, seed)
    history: History = ()
    for number in range(n_answers):
        slate = (
            opening[number]
            if number < N_RANDOM
            else mutating.propose(history, seed_of(seed, history))
        )
        history += (choice(slate, somebody.choose(unit_points(slate))),)
    return history


def cost_of(rival: str, n_answers: int, n_repeats: int, *, warm: bool) -> Cost:
    """Return what a rival's slates cost in this process.

    Args:
        rival: by name.
        n_answers: in each history.
        n_repeats: histories.
        warm: whether each rival makes the slate before first, unmeasured.
    """
    dimension = problem(PROBLEM, FIRST_SEED).dimension
    make = open_rival(rival)
    # What is imported late, and first-call tables, are not a proposal's cost.
    make(dimension).propose(history_of(N_RANDOM + 1, FIRST_SEED - 1), 0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    processor_ms, wall_ms = [], []
    for seed in range(FIRST_SEED, FIRST_SEED + n_repeats):
        history = history_of(n_answers, seed)
        mine = make(dimension)
        if warm:
            mine.propose(history[:-1], seed)
        processor, wall = time.process_time(), time.perf_counter()
        mine.propose(history, seed)
        wall_ms.append(round(1000 * (time.perf_counter() - wall), 2))
        processor_ms.append(round(1000 * (time.process_time() - processor), 2))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory_mib = round((after - before) / _MIB, 1)
    return Cost(rival, n_answers, warm, processor_ms, wall_ms, memory_mib)


def _in_own_process(rival: str, n_answers: int, n_repeats: int, *, warm: bool) -> Cost:
    code = (
        "import json; from dataclasses import asdict;"
        "from multibo.evaluation.preferences.costs import cost_of;"
        f"cost = cost_of({rival!r}, {n_answers}, {n_repeats}, warm={warm});"
        "print(json.dumps(asdict(cost)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,  # errors go where the reader sees them
        text=True,
        check=True,
        timeout=_TIMEOUT_S,
    )
    return Cost(**json.loads(answer.stdout.splitlines()[-1]))
