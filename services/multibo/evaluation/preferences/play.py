"""One search: a rival, a problem, a person, fifty questions."""

from __future__ import annotations

import hashlib
import time
from typing import Final

import numpy as np

from multibo.evaluation.preferences.bars import N_QUERIES
from multibo.evaluation.preferences.people import K, PersonKind, person
from multibo.evaluation.preferences.rival import History, OpenRival, Rival, Slate
from multibo.evaluation.preferences.runs import Cell, Run, Standing
from multibo.evaluation.problems import Problem, problem
from multibo.optimizer.preference.dataset import choice, quantized_warp, unit_points

N_RANDOM: Final = 3
"""First slates, drawn uniformly and the same for every rival; they count."""
EVERY: Final = 5
"""Queries between measurements."""

_SLATE_STREAM: Final = 2


def play(
    cell: Cell,
    open_rival: OpenRival,
    *,
    origin: dict[str, str],
    n_queries: int = N_QUERIES,
) -> Run:
    """Return how far a rival came.

    Args:
        cell: problem, person, rival and seed.
        open_rival: makes the rival named.
        origin: versions the figures depend on.
        n_queries: answers given in all.
    """
    given = problem(cell.problem, cell.seed)
    somebody = person(PersonKind(cell.person), given, cell.seed)
    rival = open_rival(given.dimension)
    opening = random_slates(given.dimension, cell.seed)
    history: History = ()
    standings = []
    started = time.process_time()
    for number in range(n_queries):
        slate = (
            opening[number]
            if number < N_RANDOM
            else rival.propose(history, seed_of(cell.seed, history))
        )
        history += (choice(slate, somebody.choose(unit_points(slate))),)
        if len(history) % EVERY == 0 or len(history) == n_queries:
            standings.append(standing(given, rival, cell.seed, history))
    spent_s = time.process_time() - started
    return Run(cell, tuple(standings), round(spent_s, 2), origin)


def random_slates(dimension: int, seed: int) -> list[Slate]:
    """Return the first slates, uniform in the box.

    Args:
        dimension: of the box.
        seed: of the run.
    """
    generator = np.random.default_rng([seed, _SLATE_STREAM])
    points = generator.random((N_RANDOM, K, dimension))
    return [tuple(map(quantized_warp, slate)) for slate in points]


def seed_of(seed: int, history: History) -> int:
    """Return a seed for what is drawn after a history, below 2^63.

    Args:
        seed: of the run.
        history: judged slates so far.
    """
    digest = hashlib.sha256(repr((seed, history)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def standing(given: Problem, rival: Rival, seed: int, history: History) -> Standing:
    """Return the regret a rival has come to.

    Args:
        given: the problem.
        rival: asked for its recommendation.
        seed: of the run.
        history: judged slates so far; one or more.
    """
    said = rival.recommend(history, seed_of(seed, history))
    predicted, shown = given.regret(unit_points([said.predicted, said.shown]))
    return Standing(len(history), float(predicted), float(shown), said.bound)
