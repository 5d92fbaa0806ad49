from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("dicebear", reason="needs the extra `evaluation`")

from benchmarks import speed
from benchmarks.speed_quality import (
    Difference,
    Row,
    as_table,
    difference,
    is_equal,
)
from multibo.jobs.catalog import Catalog
from multibo.pretrained import catalog_path


def a_row(agreement: float, error: float, spread: float = 0.01) -> Row:
    return Row(
        0.2,
        Difference(agreement, agreement - spread, agreement + spread),
        Difference(error, error - spread, error + spread),
    )


def test_a_difference_is_a_mean_over_pairs_within_its_interval() -> None:
    found = difference([1.0, 2.0, 4.0], [0.0, 2.0, 3.0])

    assert found.mean == pytest.approx(2 / 3)
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert difference([5.0] * 3, [4.0] * 3) == Difference(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("agreement", "error", "expected"),
    [(0.05, -0.05, True), (-0.009, 0.009, True), (-0.02, 0, False), (0, 0.02, False)],
)
def test_equal_means_no_worse_than_the_spread_between_seeds(
    agreement: float, error: float, expected: bool
) -> None:
    assert is_equal(a_row(agreement, error), a_row(0.1, 0.1)) is expected


def test_the_table_has_a_line_per_side() -> None:
    lines = as_table({"auto": a_row(0.1, 0.0), "float32": a_row(0.0, 0.1)}).splitlines()

    assert lines[2].startswith("| auto | 0.200 | +0.1000 [+0.0900, +0.1100] |")
    assert len(lines) == 4


def test_the_benchmark_runs_and_writes_figures_text_and_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed.overhead, "WARM_UPS", 0)
    threads = torch.get_num_threads()
    arguments = ["--pairs", "1", "--prompts", "2", "--threads", "1"]

    hurried = replace(Catalog.load(catalog_path()).default, steps=1)

    speed.run(
        hurried,
        speed.parser().parse_args([*arguments, "--out", str(tmp_path / "speed.json")]),
    )

    torch.set_num_threads(threads)
    document = json.loads((tmp_path / "speed.json").read_text())
    assert set(document["speed"]) == set(document["equal"]) == {"auto", "float32"}
    assert set(document["quality"]) == {"auto", "float32", "stock, other seeds"}
    assert document["speed"]["auto"]["ratio"] > 0
    assert "| float32 |" in (tmp_path / "speed.md").read_text()
    assert (tmp_path / "speed.png").stat().st_size > 1000
