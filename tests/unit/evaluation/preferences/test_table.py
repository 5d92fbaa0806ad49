"""The table: spreads, paired ratios, bars met and missed, coverage."""

import json
from pathlib import Path

import pytest

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.preferences.arguments import (
    PreferencePlotArguments,
    PreferenceTableArguments,
)
from multibo.evaluation.preferences.commands import perform
from multibo.evaluation.preferences.runs import append_run
from multibo.evaluation.preferences.summary import (
    coverage,
    paired,
    ratio,
    spread,
)
from multibo.evaluation.preferences.table import leaderboard
from tests.support.leaderboards import a_run, some_runs


def test_a_spread_has_median_quartiles_and_the_ninetieth_percentile() -> None:
    found = spread([0.0, 0.1, 0.2, 0.3, 0.4])

    assert (found.lower_quartile, found.median, found.upper_quartile) == (0.1, 0.2, 0.3)
    assert found.high == pytest.approx(0.36)
    assert found.n_seeds == 5


def test_half_the_regret_everywhere_is_a_ratio_of_a_half() -> None:
    found = ratio([[(0.1, 0.2), (0.3, 0.6)] * 2, [(0.25, 0.5)]])

    assert found is not None
    assert (found.ratio, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert (found.n_won, found.n_runs) == (5, 5)


def test_a_few_seeds_have_a_ratio_without_an_interval() -> None:
    found = ratio([[(0.1, 0.2), (0.3, 0.6)]])

    assert found is not None
    assert (found.low, found.high) == (None, None)


def test_an_interval_holds_the_ratio() -> None:
    found = ratio([[(0.1, 0.2), (0.3, 0.3), (0.2, 0.3), (0.2, 0.5)]] * 2)

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.ratio < found.high < 1.0


def test_every_problem_weighs_the_same_in_a_ratio() -> None:
    found = ratio([[(0.1, 0.1)] * 9, [(0.1, 0.4)]])

    assert found is not None
    assert found.ratio == pytest.approx(0.5)


def test_what_nobody_can_see_does_not_count_in_a_ratio() -> None:
    found = ratio([[(1e-9, 1e-4)]])

    assert found is not None
    assert found.ratio == 1.0


def test_nothing_in_common_has_no_ratio() -> None:
    assert ratio([[]]) is None


def test_pairs_are_of_the_same_seed() -> None:
    ours = some_runs("multibo", [0.1, 0.2, 0.3])
    theirs = some_runs("random", [0.4, 0.5])

    assert paired(ours, theirs[::-1], 50) == [(0.1, 0.4), (0.2, 0.5)]


def test_coverage_is_the_share_within_the_bound() -> None:
    runs = [
        a_run(seed=n, regret=0.2, bound=bound) for n, bound in enumerate([0.1, 0.3])
    ]

    assert coverage(runs, 50) == 0.5
    assert coverage([a_run()], 50) is None


def test_the_table_says_which_bars_are_met() -> None:
    runs = [
        *some_runs("multibo", [0.04] * 5, "levy4"),
        *some_runs("multibo", [0.5] * 5, "warp8"),
        *some_runs("botorch-qeubo", [0.1] * 5, "levy4"),
    ]

    lines = leaderboard(runs).splitlines()

    bar = next(line for line in lines if line.startswith("| bar for ours"))
    assert ".050 met" in bar
    assert ".170 **missed**" in bar
    against = next(line for line in lines if line.startswith("| bar against"))
    assert "1.100 met" in against
    assert any(line.startswith("| stock BoTorch") and ".100" in line for line in lines)


def test_no_bar_against_stock_botorch_is_met_by_some_problems_or_a_few_seeds() -> None:
    runs = [
        run
        for rival, regret in (("multibo", 0.01), ("botorch-qeubo", 0.1))
        for problem, n_seeds in (("levy4", 5), ("warp8", 4))
        for run in some_runs(rival, [regret] * n_seeds, problem)
    ]

    lines = leaderboard(runs).splitlines()

    against = next(line for line in lines if line.startswith("| bar against"))
    assert ".500 (too few runs)" in against
    assert against.count("1.100 met") == 1
    assert against.count("1.100 (too few runs)") == 7


def test_coverage_below_its_bar_is_marked() -> None:
    runs = [a_run(seed=n, regret=0.2, bound=0.1) for n in range(3)]

    assert "| 0 % **missed** |" in leaderboard(runs)


def test_files_of_runs_become_a_table_and_a_picture(tmp_path: Path) -> None:
    parts = [tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"]
    for path, rival in zip(parts, ("multibo", "random"), strict=True):
        for run in some_runs(rival, [0.1, 0.2]):
            append_run(path, run)

    perform(PreferenceTableArguments(parts, tmp_path))
    perform(PreferencePlotArguments(parts, tmp_path / "images" / "curves.png"))

    document = json.loads((tmp_path / "preference.json").read_text())
    assert [row["rival"] for row in document["rows"]] == ["multibo", "random"]
    assert document["rows"][1]["ours_against_it"]["ratio"] == 1.0
    assert document["provenance"]["machine"]
    assert "| random slates" in (tmp_path / "preference.md").read_text()
    assert (tmp_path / "images" / "curves.png").stat().st_size > 1000


def test_a_table_of_nothing_is_refused(tmp_path: Path) -> None:
    given = PreferenceTableArguments([tmp_path / "none.jsonl"], tmp_path)

    with pytest.raises(ProtocolError, match="no runs"):
        perform(given)
