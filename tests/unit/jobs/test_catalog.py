from __future__ import annotations

from pathlib import Path

import pytest

from multibo.jobs.catalog import Catalog
from multibo.jobs.errors import (
    CatalogInvalidError,
    UnknownModelError,
    UnknownWarpSpaceError,
)

MODEL = """
[models.tiny]
title = "Tiny"
revision = "3"
path = "tiny/pipe"
architecture = "sd-unet"
width_px = 64
height_px = 64
steps = 4
guidance = 2
max_tokens = 16
default_warp_space = "flow-16@1"
[models.tiny.warp_spaces."flow-16@1"]
window = [0.0, 0.4]
blocks = ["down", "up"]
amplitudes = [0.25, 0.5]
"""


def catalog_of(tmp_path: Path, text: str) -> Catalog:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    return Catalog.load(path)


def test_a_model_is_read_with_its_folder_beside_the_catalog(tmp_path: Path) -> None:
    model = catalog_of(tmp_path, MODEL).model("tiny")

    assert model.path == tmp_path / "tiny" / "pipe"
    assert (model.revision, model.guidance, model.negative_prompt) == ("3", 2.0, "")
    space = model.warp_space("")
    assert (space.family, space.revision, space.dimension) == ("flow-16", 1, 2)


def test_no_name_means_the_first_model(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, MODEL)

    assert catalog.model("") == catalog.default == catalog.model("tiny")


def test_unknown_names_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, MODEL)

    with pytest.raises(UnknownModelError, match="known: tiny"):
        catalog.model("huge")
    with pytest.raises(UnknownWarpSpaceError, match="known: flow-16@1"):
        catalog.model("tiny").warp_space("flow-16@2")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "models = {}",
        "not toml",
        MODEL.replace('title = "Tiny"', ""),
        MODEL.replace('default_warp_space = "flow-16@1"', 'default_warp_space = "x@1"'),
        MODEL.replace("[0.0, 0.4]", "[0.4, 0.0]"),
        MODEL.replace('["down", "up"]', '["attic"]'),
        MODEL.replace('"flow-16@1"]', '"flow-16"]').replace(
            '= "flow-16@1"', '= "flow-16"'
        ),
    ],
)
def test_a_broken_catalog_stops_the_process(tmp_path: Path, text: str) -> None:
    with pytest.raises(CatalogInvalidError):
        catalog_of(tmp_path, text)


def test_a_missing_catalog_stops_the_process(tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalidError):
        Catalog.load(tmp_path / "nowhere.toml")
