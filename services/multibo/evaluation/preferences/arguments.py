"""The command line of the leaderboard: `bench preferences` and its verbs."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multibo.evaluation.preferences.people import PersonKind
from multibo.evaluation.preferences.rivals import ENTRANTS, STOCK
from multibo.evaluation.problems import PROBLEM_NAMES

RESULTS: Final = Path("benchmarks/results")
OWN_RUNS: Final = RESULTS / "preference-runs.jsonl"
STOCK_RUNS: Final = RESULTS / "preference-botorch.jsonl"
PICTURE: Final = Path("docs/images/preference-curves.png")


@dataclass(frozen=True, slots=True)
class PreferenceRunArguments:
    """Play what a file does not have yet."""

    problems: Sequence[str]
    persons: Sequence[str]
    rivals: Sequence[str]
    seeds: tuple[int, ...]
    out: Path
    """File of JSON lines."""


@dataclass(frozen=True, slots=True)
class PreferenceTableArguments:
    """Join files of runs into a table."""

    runs: Sequence[Path]
    out: Path
    """Folder."""


@dataclass(frozen=True, slots=True)
class PreferencePlotArguments:
    """Join files of runs into a picture."""

    runs: Sequence[Path]
    out: Path
    """File; its ending decides the format."""


@dataclass(frozen=True, slots=True)
class PreferenceCostsArguments:
    """Measure what a proposal costs, ours and stock BoTorch's."""

    n_repeats: int
    out: Path
    """Folder."""


@dataclass(frozen=True, slots=True)
class PreferenceLimitArguments:
    """Measure what a search reaches that is told all but the target."""

    runs: Sequence[Path]
    seeds: tuple[int, ...]
    out: Path
    """Folder."""


PreferenceArguments = (
    PreferenceRunArguments
    | PreferenceTableArguments
    | PreferencePlotArguments
    | PreferenceCostsArguments
    | PreferenceLimitArguments
)


def add_preferences(
    parser: argparse.ArgumentParser, *, seeds: Callable[[str], tuple[int, ...]]
) -> None:
    """Add the verbs of the leaderboard.

    Args:
        parser: of the verb `preferences`.
        seeds: reads a range A-B.
    """
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_run(
        verbs.add_parser("run", help="play searches, on from where a file is"), seeds
    )
    table = verbs.add_parser("table", help="write the table of all runs")
    table.set_defaults(kind=PreferenceTableArguments)
    _add_runs(table)
    table.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")
    plot = verbs.add_parser("plot", help="draw the regrets over queries")
    plot.set_defaults(kind=PreferencePlotArguments)
    _add_runs(plot)
    plot.add_argument("--out", type=Path, default=PICTURE, metavar="FILE")
    costs = verbs.add_parser("costs", help="time and memory of a proposal")
    costs.set_defaults(kind=PreferenceCostsArguments)
    costs.add_argument("--repeats", dest="n_repeats", type=_count, default=5)
    costs.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")
    limit = verbs.add_parser("limit", help="what can be reached, all but told")
    limit.set_defaults(kind=PreferenceLimitArguments)
    _add_runs(limit)
    limit.add_argument("--seeds", type=seeds, default="1000-1009", metavar="A-B")
    limit.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")


def _add_run(
    run: argparse.ArgumentParser, seeds: Callable[[str], tuple[int, ...]]
) -> None:
    run.set_defaults(kind=PreferenceRunArguments)
    persons = [kind.value for kind in PersonKind]
    cheap = [name for name in ENTRANTS if name != STOCK]
    for name, known, default in (
        ("problems", PROBLEM_NAMES, PROBLEM_NAMES),
        ("persons", persons, persons),
        ("rivals", tuple(ENTRANTS), cheap),
    ):
        run.add_argument(
            f"--{name}", nargs="+", choices=known, default=default, metavar="NAME"
        )
    run.add_argument("--seeds", type=seeds, default="1000-1019", metavar="A-B")
    run.add_argument("--out", type=Path, default=OWN_RUNS, metavar="FILE")


def _add_runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs", type=Path, nargs="*", default=[OWN_RUNS, STOCK_RUNS], metavar="FILE"
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not in 1..100")
    return int(text)
