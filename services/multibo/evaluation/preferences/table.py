"""The leaderboard as Markdown and as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from multibo.evaluation.preferences import bars
from multibo.evaluation.preferences.people import PersonKind
from multibo.evaluation.preferences.rivals import ENTRANTS, OURS, STOCK
from multibo.evaluation.preferences.runs import Run
from multibo.evaluation.preferences.summary import (
    Ratio,
    Spread,
    chosen,
    coverage,
    paired,
    ratio,
    spread,
)
from multibo.evaluation.problems import PROBLEM_NAMES

MET: Final = "met"
MISSED: Final = "**missed**"
OPEN: Final = "(too few runs)"


def leaderboard(runs: Sequence[Run]) -> str:
    """Return every table of the leaderboard.

    Args:
        runs: of a study.
    """
    parts = []
    for person in PersonKind:
        parts += [regret_table(runs, person), ratio_table(runs, person)]
    return "\n".join([*filter(None, parts), coverage_table(runs)])


def regret_table(runs: Sequence[Run], person: PersonKind) -> str:
    """Return the regrets with one kind of person: a row per rival.

    Args:
        runs: of a study.
        person: kind.
    """
    head = " | ".join(PROBLEM_NAMES)
    lines = [
        f"| {person.value} person: regret after {bars.N_QUERIES}, median [quartiles] "
        f"90th percentile (seeds) | {head} |",
        f"|---|{'---|' * len(PROBLEM_NAMES)}",
    ]
    for name, entrant in ENTRANTS.items():
        spreads = [spread_of(runs, name, person, problem) for problem in PROBLEM_NAMES]
        if any(spreads):
            cells = " | ".join(map(_spread_words, spreads))
            lines.append(f"| {entrant.title} | {cells} |")
    if len(lines) == 2:
        return ""
    if person in bars.REGRET:
        lines.append(_bar_line(runs, person, bars.REGRET[person], bars.N_QUERIES))
    if person in bars.EARLY:
        lines.append(_bar_line(runs, person, bars.EARLY[person], bars.EARLY_QUERIES))
    return "\n".join(lines) + "\n"


def ratio_table(runs: Sequence[Run], person: PersonKind) -> str:
    """Return our regret against every rival's with one kind of person.

    Args:
        runs: of a study.
        person: kind.
    """
    head = " | ".join(PROBLEM_NAMES)
    lines = [
        f"| {person.value} person: ours against | all | won | {head} |",
        f"|---|---|---|{'---|' * len(PROBLEM_NAMES)}",
    ]
    for name, entrant in ENTRANTS.items():
        whole = ratio_of(runs, name, person, PROBLEM_NAMES)
        if name == OURS or whole is None:
            continue
        each = [ratio_of(runs, name, person, [problem]) for problem in PROBLEM_NAMES]
        cells = " | ".join(map(_ratio_words, each))
        won = f"{whole.n_won} of {whole.n_runs}"
        lines.append(f"| {entrant.title} | {_ratio_words(whole)} | {won} | {cells} |")
    if len(lines) == 2:
        return ""
    if person in bars.RATIO:
        lines.append(_ratio_bar_line(runs, person))
    return "\n".join(lines) + "\n"


def coverage_table(runs: Sequence[Run]) -> str:
    """Return how often our regret stayed within the bound given, per problem.

    Args:
        runs: of a study.
    """
    shares = {problem: coverage_of(runs, problem) for problem in PROBLEM_NAMES}
    if not any(share is not None for share in shares.values()):
        return ""
    cells = [
        "" if share is None else f"{100 * share:.0f} % {_verdict(met=_covers(share))}"
        for share in shares.values()
    ]
    return "\n".join(
        [
            f"| ours | {' | '.join(PROBLEM_NAMES)} |",
            f"|---|{'---|' * len(PROBLEM_NAMES)}",
            f"| runs within their 90 % bound | {' | '.join(cells)} |\n",
        ]
    )


def figures(runs: Sequence[Run]) -> dict[str, object]:
    """Return what the tables say, as plain values.

    Args:
        runs: of a study.
    """
    rows: list[dict[str, object]] = []
    for person in PersonKind:
        for name in ENTRANTS:
            whole = ratio_of(runs, name, person, PROBLEM_NAMES)
            for problem in PROBLEM_NAMES:
                regrets = spread_of(runs, name, person, problem)
                if regrets is not None:
                    rows.append(
                        {
                            "person": person.value,
                            "rival": name,
                            "problem": problem,
                            "seeds": _seeds(runs, name, person, problem),
                            "regret": _plain(regrets),
                            "ours_against_it": _plain(
                                ratio_of(runs, name, person, [problem])
                            ),
                            "ours_against_it_everywhere": _plain(whole),
                        }
                    )
    covered = {problem: coverage_of(runs, problem) for problem in PROBLEM_NAMES}
    return {"n_queries": bars.N_QUERIES, "rows": rows, "coverage": covered}


def spread_of(
    runs: Sequence[Run],
    rival: str,
    person: PersonKind,
    problem: str,
    n_queries: int = bars.N_QUERIES,
) -> Spread | None:
    """Return the spread of one place of the table; None if nothing was run.

    Args:
        runs: of a study.
        rival: by name.
        person: kind.
        problem: by name.
        n_queries: after how many.
    """
    mine = chosen(runs, rival=rival, person=person.value, problem=problem)
    if not mine:
        return None
    return spread([run.after(n_queries).predicted for run in mine])


def ratio_of(
    runs: Sequence[Run], rival: str, person: PersonKind, problems: Sequence[str]
) -> Ratio | None:
    """Return ours against a rival's; None without a common seed.

    Args:
        runs: of a study.
        rival: by name.
        person: kind.
        problems: each weighs the same.
    """
    pairs = [
        paired(
            chosen(runs, rival=OURS, person=person.value, problem=problem),
            chosen(runs, rival=rival, person=person.value, problem=problem),
            bars.N_QUERIES,
        )
        for problem in problems
    ]
    return ratio(pairs)


def coverage_of(runs: Sequence[Run], problem: str) -> float | None:
    """Return the share of our runs within their bound, all persons together.

    Args:
        runs: of a study.
        problem: by name.
    """
    mine = [
        run
        for person in PersonKind
        for run in chosen(runs, rival=OURS, person=person.value, problem=problem)
    ]
    return coverage(mine, bars.N_QUERIES)


def _bar_line(
    runs: Sequence[Run], person: PersonKind, limits: Mapping[str, float], n_queries: int
) -> str:
    cells = []
    for problem in PROBLEM_NAMES:
        bar = limits.get(problem)
        ours = spread_of(runs, OURS, person, problem, n_queries)
        words = "" if bar is None else _number(bar)
        if bar is not None and ours is not None:
            words = _judged(words, met=ours.median <= bar)
        cells.append(words)
    return f"| bar for ours after {n_queries} | {' | '.join(cells)} |"


def _ratio_bar_line(runs: Sequence[Run], person: PersonKind) -> str:
    each = [ratio_of(runs, STOCK, person, [problem]) for problem in PROBLEM_NAMES]
    # A mean over some of the problems is another mean.
    whole = ratio_of(runs, STOCK, person, PROBLEM_NAMES) if all(each) else None
    words = _ratio_judged(whole, bars.RATIO[person])
    cells = " | ".join(_ratio_judged(one, bars.WORST_RATIO) for one in each)
    return f"| bar against stock BoTorch | {words} | | {cells} |"


def _ratio_judged(found: Ratio | None, bar: float) -> str:
    """Return a bar and whether it is met, if there are runs enough to tell."""
    if found is None or found.low is None:
        return f"{_number(bar)} {OPEN}"
    return _judged(_number(bar), met=found.ratio <= bar)


def _judged(words: str, *, met: bool) -> str:
    return f"{words} {_verdict(met=met)}"


def _verdict(*, met: bool) -> str:
    return MET if met else MISSED


def _covers(share: float) -> bool:
    low, high = bars.COVERAGE
    return low <= share <= high


def _spread_words(found: Spread | None) -> str:
    if found is None:
        return ""
    quartiles = f"{_number(found.lower_quartile)}, {_number(found.upper_quartile)}"
    return (
        f"{_number(found.median)} [{quartiles}] {_number(found.high)} ({found.n_seeds})"
    )


def _ratio_words(found: Ratio | None) -> str:
    if found is None:
        return ""
    if found.low is None or found.high is None:
        return f"{found.ratio:.2f}"
    return f"{found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _number(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _plain(found: Spread | Ratio | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(found).items()
    }


def _seeds(
    runs: Sequence[Run], rival: str, person: PersonKind, problem: str
) -> list[int]:
    mine = chosen(runs, rival=rival, person=person.value, problem=problem)
    return [run.cell.seed for run in mine]
