"""Playing the leaderboard, in any number of sittings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from multibo.evaluation.preferences.bars import N_QUERIES
from multibo.evaluation.preferences.play import play
from multibo.evaluation.preferences.rivals import ENTRANTS, open_rival
from multibo.evaluation.preferences.runs import Cell, append_run, read_runs


def run(
    cells: Sequence[Cell],
    path: Path,
    *,
    commit: str,
    processor: str,
    n_queries: int = N_QUERIES,
) -> int:
    """Play what a file does not have yet and add it, one run at a time.

    Args:
        cells: in the order in which to play.
        path: of the file.
        commit: of the source tree.
        processor: on which it is played.
        n_queries: answers given in each search.

    Returns:
        How many searches were played.
    """
    done = {run.cell for run in read_runs(path)}
    n_played = 0
    for cell in cells:
        if cell not in done:
            origin = ENTRANTS[cell.rival].origin()
            origin |= {"commit": commit, "processor": processor}
            make = open_rival(cell.rival)
            append_run(path, play(cell, make, origin=origin, n_queries=n_queries))
            n_played += 1
    return n_played


def cells(
    problems: Sequence[str],
    persons: Sequence[str],
    rivals: Sequence[str],
    seeds: Sequence[int],
) -> Iterator[Cell]:
    """Yield every combination, seed by seed: a study cut short is balanced.

    Args:
        problems: names.
        persons: kinds.
        rivals: names.
        seeds: of problem, person and opening.
    """
    for seed in seeds:
        for rival in rivals:
            for person in persons:
                for problem in problems:
                    yield Cell(problem, person, rival, seed)
