"""The command line of the leaderboard."""

import pytest

from multibo.evaluation.arguments import parse
from multibo.evaluation.preferences.arguments import (
    OWN_RUNS,
    STOCK_RUNS,
    PreferenceCostsArguments,
    PreferenceLimitArguments,
    PreferencePlotArguments,
    PreferenceRunArguments,
    PreferenceTableArguments,
)
from multibo.evaluation.problems import PROBLEM_NAMES


def test_a_run_is_of_reported_seeds_and_leaves_stock_botorch_out() -> None:
    given = parse(["bench", "preferences", "run"])

    assert isinstance(given, PreferenceRunArguments)
    assert given.seeds == tuple(range(1000, 1020))
    assert "botorch-qeubo" not in given.rivals
    assert tuple(given.problems) == PROBLEM_NAMES
    assert given.out == OWN_RUNS


def test_a_run_takes_names_and_a_range() -> None:
    what = ["--problems", "levy4", "--persons", "weber", "--rivals", "random"]

    given = parse(["bench", "preferences", "run", *what, "--seeds", "3-5"])

    assert isinstance(given, PreferenceRunArguments)
    assert (given.problems, given.persons) == (["levy4"], ["weber"])
    assert (given.rivals, given.seeds) == (["random"], (3, 4, 5))


@pytest.mark.parametrize(
    "words",
    ["--problems levy", "--persons sure", "--rivals nobody", "--seeds 5-3"],
)
def test_what_does_not_exist_is_refused(words: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["bench", "preferences", "run", *words.split()])


def test_table_and_picture_are_of_both_files() -> None:
    table = parse(["bench", "preferences", "table"])
    plot = parse(["bench", "preferences", "plot"])

    assert isinstance(table, PreferenceTableArguments)
    assert isinstance(plot, PreferencePlotArguments)
    assert list(table.runs) == list(plot.runs) == [OWN_RUNS, STOCK_RUNS]


def test_costs_are_repeated() -> None:
    given = parse(["bench", "preferences", "costs", "--repeats", "7"])

    assert isinstance(given, PreferenceCostsArguments)
    assert given.n_repeats == 7


def test_the_limit_is_measured_on_ten_reported_seeds() -> None:
    given = parse(["bench", "preferences", "limit"])

    assert isinstance(given, PreferenceLimitArguments)
    assert given.seeds == tuple(range(1000, 1010))
    assert list(given.runs) == [OWN_RUNS, STOCK_RUNS]
