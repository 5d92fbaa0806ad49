"""What a study says, as Markdown: gains per kind of task, and paired comparisons."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from multibo.evaluation.reach.paired import Comparison, compare, holm
from multibo.evaluation.reach.rivals import (
    CASTING_NOISE,
    COMPOSITE,
    FIRST_COMPOSITE,
    FIRST_WITHOUT_WARPS,
    LOTTERY,
    STEPWISE,
    STEPWISE_WITHOUT_WARPS,
    WITHOUT_WARPS,
)
from multibo.evaluation.reach.track import Track

USER: Final = "blurred-pixels"
JUDGE: Final = "avatars-patch"
BESIDE: Final = "avatars-clip"
N_IMAGES: Final = (90, 198)
"""Budgets that are reported: 30 and 66 rounds of three new images."""


@dataclass(frozen=True, slots=True)
class Question:
    """A comparison that was decided on before the measurement."""

    search: str
    rival: str
    kinds: tuple[str, ...]
    n_images: int


_PAIRS: Final = (
    (COMPOSITE, LOTTERY, ("seed", "drawing")),
    (COMPOSITE, CASTING_NOISE, ("seed", "drawing")),
    (COMPOSITE, STEPWISE, ("seed", "drawing")),
    (COMPOSITE, STEPWISE, ("warp", "attribute")),
    (COMPOSITE, WITHOUT_WARPS, ("warp", "attribute")),
    (STEPWISE, LOTTERY, ("seed", "drawing")),
    (STEPWISE, CASTING_NOISE, ("seed", "drawing")),
    (STEPWISE, FIRST_COMPOSITE, ("seed", "drawing")),
    (STEPWISE, STEPWISE_WITHOUT_WARPS, ("warp", "attribute")),
    (FIRST_COMPOSITE, LOTTERY, ("seed", "drawing")),
    (FIRST_COMPOSITE, CASTING_NOISE, ("seed", "drawing")),
    (FIRST_COMPOSITE, FIRST_WITHOUT_WARPS, ("warp", "attribute")),
)
QUESTIONS: Final = tuple(
    Question(search, rival, kinds, n_images)
    for search, rival, kinds in _PAIRS
    for n_images in N_IMAGES
)


def gain_tables(tracks: Sequence[Track]) -> str:
    """Return a table per kind of task: mean gains of every strategy.

    Args:
        tracks: of a study.
    """
    kinds = sorted({track.kind for track in tracks})
    return "\n".join(_gain_table(tracks, kind) for kind in kinds)


def question_table(tracks: Sequence[Track]) -> str:
    """Return what the composite spaces are against their rivals.

    Args:
        tracks: of a study.
    """
    tables = (_question_table(tracks, metric) for metric in (JUDGE, USER))
    return "\n".join(tables)


def _question_table(tracks: Sequence[Track], metric: str) -> str:
    answers = [(question, answer(tracks, question, metric)) for question in QUESTIONS]
    known = [(question, found) for question, found in answers if found is not None]
    corrected = holm([found.p for _, found in known])
    lines = [
        f"| gain by {metric}: search | rival | tasks | images | search | rival "
        "| ratio | difference [95 %] | p (Holm) |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for (question, found), p in zip(known, corrected, strict=True):
        kinds = " + ".join(question.kinds)
        lines.append(
            f"| {question.search} | {question.rival} | {kinds} ({found.n_tasks}) "
            f"| {question.n_images} | {found.mean:.3f} | {found.rival_mean:.3f} "
            f"| {found.ratio:.2f} | {found.difference:+.3f} "
            f"[{found.low:+.3f}, {found.high:+.3f}] | {p:.3f} |"
        )
    return "\n".join(lines) + "\n"


def answer(
    tracks: Sequence[Track], question: Question, metric: str
) -> Comparison | None:
    """Return a search's gains against a rival's; None without a common task.

    Args:
        tracks: of a study.
        question: which search and rival, tasks and budget.
        metric: of the gains.
    """
    mine = _gains(tracks, question.search, question, metric)
    theirs = _gains(tracks, question.rival, question, metric)
    common = sorted(mine.keys() & theirs.keys())
    if not common:
        return None
    return compare([mine[key] for key in common], [theirs[key] for key in common])


def _gains(
    tracks: Sequence[Track], strategy: str, question: Question, metric: str
) -> dict[tuple[str, int], float]:
    found = {}
    for track in tracks:
        if track.strategy == strategy and track.kind in question.kinds:
            gain = track.gain(metric, question.n_images)
            if gain is not None:
                found[track.kind, track.seed] = gain
    return found


def _gain_table(tracks: Sequence[Track], kind: str) -> str:
    chosen = [track for track in tracks if track.kind == kind]
    heads = " | ".join(f"{n} images" for n in N_IMAGES)
    lines = [
        f"| {kind} tasks, user / judge / cosine | tasks | {heads} |",
        f"|---|---:|{'---:|' * len(N_IMAGES)}",
    ]
    for strategy in dict.fromkeys(track.strategy for track in chosen):
        mine = [track for track in chosen if track.strategy == strategy]
        cells = " | ".join(_cell(mine, n_images) for n_images in N_IMAGES)
        lines.append(f"| {strategy} | {len(mine)} | {cells} |")
    return "\n".join(lines) + "\n"


def _cell(tracks: Sequence[Track], n_images: int) -> str:
    words = []
    for metric in (USER, JUDGE, BESIDE):
        gains = [track.gain(metric, n_images) for track in tracks]
        known = [gain for gain in gains if gain is not None]
        if not known:
            return ""
        words.append(f"{statistics.mean(known):.3f}")
    return " / ".join(words)
