"""Ranks preferential optimizers on problems without images, and times a proposal.

    OMP_NUM_THREADS=1 python benchmarks/preference.py

A simulated user picks one of four per round, exactly (clean) or with the noise that
lets 80 % of random slates be answered right (noisy). Regret is 0 at the optimum and
1 at a typical point; every optimizer is judged by the shown point it recommends.
Tuning used seeds 0-19; seeds reported start at 1000.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from multibo.evaluation import problems
from multibo.evaluation.problems import ComparingUser, Problem
from multibo.optimizer.preference import engine
from multibo.optimizer.preference.dataset import (
    Answer,
    choice,
    quantized_warp,
    unit_points,
)

FIRST_SEED: Final = 1000
K: Final = 4
ACCURACY: Final = 0.8
CHECKPOINTS: Final = (10, 20, 30, 50)
SOURCES: Final = (
    "services/multibo/optimizer/preference",
    "services/multibo/evaluation/problems.py",
)
"""What the figures depend on; the last commit that touched it is recorded."""
RESULTS: Final = Path(__file__).parent / "results" / "preference.json"

Warp = tuple[int, ...]
History = tuple[Answer, ...]
Slate = tuple[Warp, ...]


@dataclass(frozen=True, slots=True)
class Optimizer:
    """Something that proposes slates and recommends what was shown."""

    propose: Callable[[int, History, int], Slate]
    """Dimension, history and seed to the next slate."""
    recommend: Callable[[int, History], Warp]


def last_choice(dimension: int, history: History) -> Warp:
    """Return what was picked last, or the identity: the winner kept."""
    if not history:
        return (0,) * dimension
    return history[-1].closest[0]


def random_slate(dimension: int, history: History, seed: int) -> Slate:
    """Return the last choice and uniform points."""
    points = np.random.default_rng(seed).random((K - 1, dimension))
    return (last_choice(dimension, history), *map(quantized_warp, points))


def evolved_slate(dimension: int, history: History, seed: int) -> Slate:
    """Return the last choice and its mutants, of a success-ruled size."""
    log_size = np.log(0.25)
    for before, answer in enumerate(history):
        kept = answer.closest[0] == last_choice(dimension, history[:before])
        log_size = np.clip(log_size + (-0.2 if kept else 0.25), np.log(0.01), np.log(1))
    parent = last_choice(dimension, history)
    draws = np.random.default_rng(seed).standard_normal((K - 1, dimension))
    mutants = unit_points([parent]) + np.exp(log_size) * draws
    return (parent, *map(quantized_warp, mutants))


def modeled_slate(dimension: int, history: History, seed: int) -> Slate:
    """Return the preference engine's slate."""
    proposal = engine.propose(engine.ProposalRequest(dimension, K, seed, history))
    return tuple(candidate.warp for candidate in proposal.candidates)


def modeled_choice(dimension: int, history: History) -> Warp:
    """Return the incumbent of the preference model."""
    return engine.recommend(dimension, history).shown.warp


OPTIMIZERS: Final = {
    "multibo": Optimizer(modeled_slate, modeled_choice),
    "evolution": Optimizer(evolved_slate, last_choice),
    "random": Optimizer(random_slate, last_choice),
}


def search(
    problem: Problem, user: ComparingUser, optimizer: Optimizer, *, seed: int
) -> dict[int, float]:
    """Return the regret of the recommendation at every checkpoint."""
    history: History = ()
    regrets = {}
    for number in range(1, max(CHECKPOINTS) + 1):
        digest = hashlib.sha256(repr((seed, history)).encode()).digest()
        round_seed = int.from_bytes(digest[:8], "big")
        slate = optimizer.propose(problem.dimension, history, round_seed)
        history += (choice(slate, user.choose(unit_points(slate))),)
        if number in CHECKPOINTS:
            warp = optimizer.recommend(problem.dimension, history)
            regrets[number] = float(problem.regret(unit_points([warp]))[0])
    return regrets


def regrets_of(
    problem_name: str, optimizer: Optimizer, *, noisy: bool, seeds: range
) -> list[dict[int, float]]:
    """Return every seed's regrets; the user's noise is the same for all rivals."""
    runs = []
    for seed in seeds:
        problem = problems.problem(problem_name, seed)
        temperature = (
            problems.choice_temperature(problem, k=K, accuracy=ACCURACY)
            if noisy
            else 0.0
        )
        user = ComparingUser(problem, temperature, np.random.default_rng([seed, 1]))
        runs.append(search(problem, user, optimizer, seed=seed))
    return runs


def leaderboard(seeds: range) -> list[dict[str, object]]:
    """Return one row per problem, user and optimizer, printed as they come."""
    rows: list[dict[str, object]] = []
    for name in problems.PROBLEM_NAMES:
        for noisy in (False, True):
            finals: dict[str, np.ndarray] = {}
            for title, optimizer in OPTIMIZERS.items():
                runs = regrets_of(name, optimizer, noisy=noisy, seeds=seeds)
                finals[title] = np.array([run[max(CHECKPOINTS)] for run in runs])
                row: dict[str, object] = {
                    "problem": name,
                    "user": "noisy" if noisy else "clean",
                    "optimizer": title,
                    "regret": {n: quartiles(runs, n) for n in CHECKPOINTS},
                    "seeds_lost_to_multibo": int(
                        (finals["multibo"] < finals[title]).sum()
                    ),
                }
                rows.append(row)
                print(json.dumps(row))
    return rows


def quartiles(runs: list[dict[int, float]], n_rounds: int) -> dict[str, float]:
    """Return the spread of the regrets after so many rounds."""
    low, median, high = np.quantile([run[n_rounds] for run in runs], (0.25, 0.5, 0.75))
    return {
        "lower_quartile": round(float(low), 4),
        "median": round(float(median), 4),
        "upper_quartile": round(float(high), 4),
    }


def latency(dimension: int, n_rounds: int, n_histories: int) -> dict[str, object]:
    """Return how long one proposal takes, nothing cached, in ms.

    Processor time is what an idle machine would take; wall time depends on what
    else runs.
    """
    problem = problems.problem(f"warp{dimension}", FIRST_SEED)
    temperature = problems.choice_temperature(problem, k=K, accuracy=ACCURACY)
    wall_ms, processor_ms = [], []
    for number in range(n_histories):
        user = ComparingUser(problem, temperature, np.random.default_rng(number))
        history: History = ()
        for round_number in range(n_rounds):
            slate = evolved_slate(dimension, history, 1000 * number + round_number)
            history += (choice(slate, user.choose(unit_points(slate))),)
        wall, processor = time.perf_counter(), time.process_time()
        modeled_slate(dimension, history, number)
        wall_ms.append(1000 * (time.perf_counter() - wall))
        processor_ms.append(1000 * (time.process_time() - processor))
    return {
        "dimension": dimension,
        "n_rounds": n_rounds,
        "n_proposals": n_histories,
        "processor_ms": percentiles(processor_ms),
        "wall_ms": percentiles(wall_ms),
    }


def percentiles(values_ms: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    median, high = np.quantile(values_ms, (0.5, 0.95))
    return {"p50": round(float(median), 1), "p95": round(float(high), 1)}


def provenance() -> dict[str, object]:
    """Return where and from what the figures come."""
    root = Path(__file__).parents[1]
    commit = subprocess.run(
        ["git", "log", "-1", "--format=%h", "--", *SOURCES],
        check=True,
        capture_output=True,
        text=True,
        cwd=root,
    ).stdout.strip()
    return {
        "command": "OMP_NUM_THREADS=1 python benchmarks/preference.py",
        "commit": commit,
        "engine_version": engine.ENGINE_VERSION,
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "n_cores": os.cpu_count(),
            "system": platform.platform(),
            "load_average": round(os.getloadavg()[0], 1),
        },
        "threads": os.environ.get("OMP_NUM_THREADS", "unset"),
        "versions": {
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "scipy": version("scipy"),
        },
    }


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-seeds", type=int, default=12)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.n_seeds)
    started = time.process_time()
    document = {
        **provenance(),
        "k": K,
        "seeds": [seeds.start, seeds.stop - 1],
        "latency": [latency(d, n, 20) for d, n in ((12, 50), (16, 50), (12, 200))],
        "leaderboard": leaderboard(seeds),
    }
    document["processor_s"] = round(time.process_time() - started, 1)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
