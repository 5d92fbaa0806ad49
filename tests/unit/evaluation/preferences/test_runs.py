"""Records of searches, one a line."""

from pathlib import Path

import pytest

from multibo.evaluation.preferences.runs import (
    Cell,
    Run,
    Standing,
    append_run,
    read_runs,
)
from tests.support.leaderboards import a_run


def test_a_line_says_all_of_a_run() -> None:
    run = Run(
        Cell("levy4", "noisy", "multibo", 1003),
        (Standing(5, 0.5, 0.25, 0.75), Standing(10, 0.125, 0.0, None)),
        1.5,
        {"numpy": "2.4"},
    )

    assert Run.of_line(run.to_line()) == run


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "runs.jsonl"
    runs = [a_run(seed=seed) for seed in (1, 2, 3)]

    for run in runs:
        append_run(path, run)

    assert read_runs(path) == runs


def test_no_file_has_no_runs(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "runs.jsonl") == []


def test_a_line_cut_off_costs_that_run_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    append_run(path, a_run(seed=1))
    append_run(path, a_run(seed=2))
    path.write_bytes(path.read_bytes()[:-20])

    append_run(path, a_run(seed=3))

    assert [run.cell.seed for run in read_runs(path)] == [1, 3]


def test_a_number_of_queries_that_was_not_measured_is_refused() -> None:
    with pytest.raises(KeyError, match="17"):
        a_run().after(17)
