"""Runs of the leaderboard, made up."""

from collections.abc import Sequence

from multibo.evaluation.preferences.runs import Cell, Run, Standing


def a_run(
    problem: str = "levy4",
    person: str = "noisy",
    rival: str = "multibo",
    seed: int = 1000,
    regret: float = 0.5,
    bound: float | None = None,
) -> Run:
    """Return a run that ended at a regret, twice that after 20 queries."""
    standings = (
        Standing(20, 2 * regret, 2 * regret, bound),
        Standing(50, regret, regret, bound),
    )
    return Run(Cell(problem, person, rival, seed), standings, 1.0, {"numpy": "2"})


def some_runs(
    rival: str, regrets: Sequence[float], problem: str = "levy4"
) -> list[Run]:
    """Return a run per regret, of seeds from 1000 on."""
    return [
        a_run(problem=problem, rival=rival, seed=1000 + n, regret=regret)
        for n, regret in enumerate(regrets)
    ]
