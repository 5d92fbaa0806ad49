import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from multibo.evaluation.arguments import JudgesArguments, SeedsArguments
from multibo.evaluation.benchmark import measure_judges, measure_seeds
from multibo.evaluation.metrics import METRICS
from multibo.evaluation.settings import Settings
from multibo.evaluation.targets import TargetKind
from multibo.jobs.catalog import Catalog
from multibo.pretrained import catalog_path
from multibo.render.pipelines import load_pipeline
from tests.support.searches import on_the_way


def test_seeds_leave_figures_a_table_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hurried = replace(Catalog.load(catalog_path()).default, steps=2)
    given = SeedsArguments(
        seeds=(3, 5),
        n_rounds=1,
        out=tmp_path / "results",
        target=TargetKind.WARP,
        address=None,
        in_process=True,
        temperature=0.0,
        lapse=0.0,
    )

    measure_seeds(given, Settings({}), load_pipeline(hurried))

    document = json.loads((given.out / "demo.json").read_text("utf-8"))
    assert [session["seed"] for session in document["sessions"]] == [3, 5]
    assert document["system"] == "in process"
    assert document["protocol"]["n_rounds"] == 1
    for name, summary in document["summary"].items():
        gains = [session["final_gains"][name] for session in document["sessions"]]
        assert summary["n_sessions"] == 2
        assert summary["n_closer"] == sum(gain > 0 for gain in gains)
    assert "| 5 |" in (given.out / "demo.md").read_text("utf-8")
    with Image.open(given.out / "demo.png") as sheet:
        assert sheet.height > 2 * 128
    assert "seed 3" in capsys.readouterr().out


def test_judges_leave_figures_and_a_table(tmp_path: Path) -> None:
    path = torch.stack([on_the_way(place / 10) for place in range(11)])
    given = JudgesArguments(seeds=(4,), out=tmp_path)

    measure_judges(given, [path])

    document = json.loads((tmp_path / "judges.json").read_text("utf-8"))
    table = (tmp_path / "judges.md").read_text("utf-8")
    assert document["seeds"] == [4]
    assert set(document["paths"]) == set(METRICS)
    assert "| blurred-pixels | 1.00 | 1.00 | 0.50 |" in table
