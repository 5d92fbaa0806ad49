from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from multibo.evaluation.calibration.arguments import CalibrateArguments
from multibo.evaluation.calibration.study import calibrate
from multibo.render.pipelines import load_pipeline
from tests.support.tiny_model import tiny_model


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibration of a model of random weights; its folder."""
    folder = tmp_path_factory.mktemp("tiny")
    given = CalibrateArguments(
        model="tiny",
        catalog=None,
        space="",
        metric="blurred-pixels",
        n_cases=1,
        n_vectors=4,
        steps=2,
        dtype="float32",
        out=folder / "results",
    )
    calibrate(given, load_pipeline(tiny_model(folder), threads=1))
    return folder


def test_every_axis_has_an_effect_at_each_factor(written: Path) -> None:
    found = json.loads((written / "results/calibration-flow-16-1.json").read_text())

    assert len(found["axes"]) == len(found["effects"]) == 16
    assert all(weak > 0 for weak, _ in found["effects"])
    assert found["plain"]["mean"]["agreement"] is None
    assert list(found["ratings"])[:2] == ["as in the catalog", "equal effects"]
    assert found["chosen"] in found["ratings"]
    assert found["settings"]["steps"] == 2
    assert found["provenance"]["machine"]


def test_the_table_beside_the_model_is_a_warp_space(written: Path) -> None:
    tables = tomllib.loads((written / "calibration-flow-16-1.toml").read_text())

    assert "equal_effects" in tables
    for table in tables.values():
        assert set(table) >= {"window", "blocks", "amplitudes"}
        assert len(table["amplitudes"]) == 16
        assert all(amplitude > 0 for amplitude in table["amplitudes"])


def test_the_sheet_has_a_line_per_axis(written: Path) -> None:
    with Image.open(written / "results/calibration-flow-16-1.webp") as sheet:
        assert sheet.size == (250 + 5 * 100, 24 + 16 * 100)
