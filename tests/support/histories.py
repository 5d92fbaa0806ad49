"""Histories of choices, made up."""

from __future__ import annotations

import numpy as np

from multibo.optimizer.preference.dataset import Answer, Choices, choices_of

Warp = tuple[int, ...]

HISTORY_KINDS = ("random", "contradictory", "duplicates", "corners", "near")


def a_warp(dimension: int, generator: np.random.Generator) -> Warp:
    return tuple(int(q) for q in generator.integers(-4096, 4097, dimension))


def a_history(
    dimension: int, n_rounds: int, *, seed: int = 0, k: int = 4
) -> tuple[Answer, ...]:
    """Return rounds in which the anchor meets random warps and answers are random."""
    generator = np.random.default_rng(seed)
    anchor: Warp = (0,) * dimension
    answers = []
    for _ in range(n_rounds):
        shown = (anchor, *(a_warp(dimension, generator) for _ in range(k - 1)))
        chosen = int(generator.integers(k))
        anchor = shown[chosen]
        answers.append(Answer(shown, chosen))
    return tuple(answers)


def a_hard_history(
    kind: str, dimension: int, n_rounds: int, *, seed: int = 0
) -> tuple[Answer, ...]:
    """Return a legal history that strains the arithmetic, one of `HISTORY_KINDS`."""
    generator = np.random.default_rng(seed)
    if kind == "contradictory":
        slate = tuple(a_warp(dimension, generator) for _ in range(4))
        return tuple(Answer(slate, number % 4) for number in range(n_rounds))
    return tuple(
        _hard_answer(kind, dimension, generator, number) for number in range(n_rounds)
    )


def _hard_answer(
    kind: str, dimension: int, generator: np.random.Generator, number: int
) -> Answer:
    k = int(generator.integers(2, 7))
    if kind == "duplicates":
        few = [tuple([256 * value] * dimension) for value in range(3)]
        shown = tuple(few[int(generator.integers(3))] for _ in range(k))
        return Answer(shown, int(generator.integers(k)))
    if kind == "corners":
        signs = generator.choice([-4096, 4096], (k, dimension))
        return Answer(tuple(tuple(map(int, row)) for row in signs), 0)
    if kind == "near":
        offsets = generator.integers(-1, 2, (k, dimension))
        return Answer(tuple(tuple(map(int, row)) for row in offsets), number % k)
    shown = tuple(a_warp(dimension, generator) for _ in range(k))
    return Answer(shown, int(generator.integers(k)))


def some_choices(dimension: int, n_rounds: int, *, seed: int = 0) -> Choices:
    return choices_of(dimension, a_history(dimension, n_rounds, seed=seed))
