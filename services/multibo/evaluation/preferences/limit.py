"""How near the leaderboard's bars are to what answers can tell at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from multibo.evaluation.preferences.arguments import PreferenceLimitArguments
from multibo.evaluation.preferences.bars import N_QUERIES, REGRET
from multibo.evaluation.preferences.people import PersonKind
from multibo.evaluation.preferences.play import play
from multibo.evaluation.preferences.rival import OpenRival
from multibo.evaluation.preferences.rivals import OURS, STOCK
from multibo.evaluation.preferences.runs import Cell, Run
from multibo.evaluation.preferences.summary import (
    Ratio,
    Spread,
    chosen,
    paired,
    ratio,
    spread,
)
from multibo.evaluation.problems import PROBLEM_NAMES, network_of
from multibo.evaluation.provenance import Provenance

KNOWING: Final = "knows-network"
PERSON: Final = PersonKind.NOISY
PROBLEMS: Final = tuple(name for name in PROBLEM_NAMES if name.startswith("warp"))


@dataclass(frozen=True, slots=True)
class Limit:
    """What a search told the network reaches on one problem."""

    problem: str
    regret: Spread
    """After all queries."""
    against_ours: Ratio | None
    against_stock: Ratio | None
    bar: float
    """For the median regret of ours."""


def measure_limits(
    given: PreferenceLimitArguments, runs: Sequence[Run], origin: Provenance
) -> None:
    """Write `preference-limit.json` and print its table.

    Args:
        given: the command line.
        runs: of ours and of stock BoTorch, to compare with.
        origin: of the figures.
    """
    told = [_told_run(problem, seed) for problem in PROBLEMS for seed in given.seeds]
    limits = [_limit(problem, [*runs, *told]) for problem in PROBLEMS]
    document = {
        "person": PERSON.value,
        "seeds": list(given.seeds),
        "limits": [asdict(limit) for limit in limits],
        "provenance": origin.to_json(),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1)
    (given.out / "preference-limit.json").write_text(f"{text}\n", encoding="utf-8")
    table = limit_table(limits)
    (given.out / "preference-limit.md").write_text(table, encoding="utf-8")
    print(table)


def limit_table(limits: Sequence[Limit]) -> str:
    """Return the limits as Markdown.

    Args:
        limits: one per problem.
    """
    lines = [
        "| noisy person | told the network: regret after 50 | bar for ours "
        "| told against ours | told against stock BoTorch |",
        "|---|---:|---:|---:|---:|",
    ]
    for limit in limits:
        found = limit.regret
        lines.append(
            f"| {limit.problem} | {found.median:.3f} [{found.lower_quartile:.3f}, "
            f"{found.upper_quartile:.3f}] ({found.n_seeds}) | {limit.bar:.2f} "
            f"| {_words(limit.against_ours)} | {_words(limit.against_stock)} |"
        )
    return "\n".join(lines) + "\n"


def _told_run(problem: str, seed: int) -> Run:
    # PyTorch is slow to import.
    from multibo.evaluation.preferences.known_network import KnownNetwork

    def told(dimension: int) -> KnownNetwork:
        del dimension  # the network has it
        return KnownNetwork(network_of(problem, seed))

    make: OpenRival = told
    return play(Cell(problem, PERSON.value, KNOWING, seed), make, origin={})


def _limit(problem: str, runs: Sequence[Run]) -> Limit:
    own, ours, stock = (
        chosen(runs, rival=rival, person=PERSON.value, problem=problem)
        for rival in (KNOWING, OURS, STOCK)
    )
    return Limit(
        problem=problem,
        regret=spread([run.after(N_QUERIES).predicted for run in own]),
        against_ours=ratio([paired(own, ours, N_QUERIES)]),
        against_stock=ratio([paired(own, stock, N_QUERIES)]),
        bar=REGRET[PERSON][problem],
    )


def _words(found: Ratio | None) -> str:
    if found is None:
        return ""
    interval = ""
    if found.low is not None:
        interval = f" [{found.low:.2f}, {found.high:.2f}]"
    return f"{found.ratio:.2f}{interval} ({found.n_runs})"
