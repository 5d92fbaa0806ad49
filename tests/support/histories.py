"""Histories of choices, made up."""

from __future__ import annotations

import numpy as np

from multibo.optimizer.preference.dataset import (
    Answer,
    AnswerKind,
    Choices,
    choice,
    choices_of,
)

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
        answers.append(choice(shown, chosen))
    return tuple(answers)


def a_hard_history(
    kind: str, dimension: int, n_rounds: int, *, seed: int = 0
) -> tuple[Answer, ...]:
    """Return a legal history that strains the arithmetic, one of `HISTORY_KINDS`."""
    generator = np.random.default_rng(seed)
    if kind == "contradictory":
        slate = tuple(a_warp(dimension, generator) for _ in range(4))
        return tuple(choice(slate, number % 4) for number in range(n_rounds))
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
        return choice(shown, int(generator.integers(k)))
    if kind == "corners":
        signs = generator.choice([-4096, 4096], (k, dimension))
        return choice(tuple(tuple(map(int, row)) for row in signs), 0)
    if kind == "near":
        offsets = generator.integers(-1, 2, (k, dimension))
        return choice(tuple(tuple(map(int, row)) for row in offsets), number % k)
    shown = tuple(a_warp(dimension, generator) for _ in range(k))
    return choice(shown, int(generator.integers(k)))


def some_choices(dimension: int, n_rounds: int, *, seed: int = 0) -> Choices:
    return choices_of(dimension, a_history(dimension, n_rounds, seed=seed))


def a_mixed_history(
    dimension: int, n_rounds: int, *, seed: int = 0, k: int = 4
) -> tuple[Answer, ...]:
    """Return rounds answered at random in every way there is."""
    generator = np.random.default_rng(seed)
    answers = []
    anchor: Warp = (0,) * dimension
    for _ in range(n_rounds):
        n_shown = int(generator.integers(2, k + 1))
        others = (a_warp(dimension, generator) for _ in range(n_shown - 1))
        answer = an_answer((anchor, *others), generator)
        anchor = (*answer.closest, anchor)[0]
        answers.append(answer)
    return tuple(answers)


def an_answer(shown: tuple[Warp, ...], generator: np.random.Generator) -> Answer:
    """Return a random answer of a random kind."""
    kind = list(AnswerKind)[int(generator.integers(4))]
    order = tuple(int(index) for index in generator.permutation(len(shown)))
    if kind is AnswerKind.CHOSEN:
        return Answer(shown, kind, order[:1])
    if kind is AnswerKind.NONE_OF_THESE:
        n_shown = int(generator.integers(1, len(shown) + 1))
        return Answer(shown[:n_shown], kind, ())
    return Answer(shown, kind, order[: int(generator.integers(2, len(shown) + 1))])


def toward(axis: int, n_rounds: int, *, dimension: int = 4) -> tuple[Answer, ...]:
    """Return rounds in which the largest value on one axis is always chosen."""
    generator = np.random.default_rng(5)
    history = []
    for _ in range(n_rounds):
        shown = tuple(a_warp(dimension, generator) for _ in range(4))
        slot = max(range(4), key=lambda slot: shown[slot][axis])
        history.append(choice(shown, slot))
    return tuple(history)
