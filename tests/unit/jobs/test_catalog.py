from __future__ import annotations

from pathlib import Path

import pytest

from multibo.jobs.catalog import Catalog, GuidanceDelta
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
amplitudes = [
    0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2]
"""
SEARCH = (
    MODEL
    + """
[models.tiny.search_spaces."search-16-4@2"]
warp = "flow-16@1"
n_noise = 4
noise_angle = 0.5
[models.tiny.search_spaces."search-0-6@1"]
n_noise = 6
noise_angle = 0.25
"""
)
DELTA = MODEL.replace(
    "[models.tiny.warp",
    'guidance_delta = "tiny/guidance.safetensors"\nguidance_delta_scale = 2.5\n'
    "[models.tiny.warp",
)


def catalog_of(tmp_path: Path, text: str) -> Catalog:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    return Catalog.load(path)


def test_a_model_is_read_with_its_folder_beside_the_catalog(tmp_path: Path) -> None:
    model = catalog_of(tmp_path, MODEL).model("tiny")

    assert model.path == tmp_path / "tiny" / "pipe"
    assert (model.revision, model.guidance, model.negative_prompt) == ("3", 2.0, "")
    space = model.warp_space("")
    assert (space.family, space.revision, space.dimension) == ("flow-16", 1, 16)


def test_no_name_means_the_first_model(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, MODEL)

    assert catalog.model("") == catalog.default == catalog.model("tiny")


def test_unknown_names_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, MODEL)

    with pytest.raises(UnknownModelError, match="known: tiny"):
        catalog.model("huge")
    with pytest.raises(UnknownWarpSpaceError, match="known: flow-16@1"):
        catalog.model("tiny").warp_space("flow-16@2")


def test_a_composite_space_joins_warp_and_noise_coordinates(tmp_path: Path) -> None:
    model = catalog_of(tmp_path, SEARCH).model("")

    found = model.search_space("search-16-4@2")

    assert found.dimension == found.space.dimension == 20
    assert found.space.name == "search-16-4@2"
    assert found.warp == model.warp_space("flow-16@1")
    warp, angles = found.space.split([4096] * 20)
    assert (warp, angles) == ((4096,) * 16, (2048,) * 4)


def test_a_space_of_noise_alone_has_the_plain_model_as_its_warp(
    tmp_path: Path,
) -> None:
    model = catalog_of(tmp_path, SEARCH).model("")

    found = model.search_space("search-0-6@1")

    assert (found.dimension, found.warp.name) == (6, "plain-0@1")
    assert model.warp_space("plain-0@1") == found.warp
    assert tuple(model.search_spaces) == ("flow-16@1", "search-16-4@2", "search-0-6@1")
    with pytest.raises(UnknownWarpSpaceError, match="known: flow-16@1, search-16-4@2"):
        model.search_space("plain-0@1")


def test_a_modulation_may_have_a_window_of_its_own(tmp_path: Path) -> None:
    text = MODEL.replace("amplitudes", "modulation_window = [0.2, 1.0]\namplitudes")

    assert catalog_of(tmp_path, text).default.warp_space("").modulation_window == (
        0.2,
        1.0,
    )
    assert catalog_of(tmp_path, MODEL).default.warp_space("").modulation_window is None


def test_the_default_may_be_a_composite_space(tmp_path: Path) -> None:
    text = SEARCH.replace(
        'default_warp_space = "flow-16@1"',
        'default_warp_space = "search-16-4@2"\ncasting_rounds = 5',
    )

    model = catalog_of(tmp_path, text).model("")

    assert model.search_space("").name == "search-16-4@2"
    assert model.warp_space("").name == "flow-16@1"
    assert model.casting_rounds == 5


def test_without_composites_the_warp_spaces_are_all_there_is(tmp_path: Path) -> None:
    model = catalog_of(tmp_path, MODEL).model("")

    assert model.search_space("").space.n_noise == 0
    assert tuple(model.search_spaces) == ("flow-16@1",)
    assert model.casting_rounds == 0


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
        MODEL.replace("flow-16@1", "flow-16@9"),
        MODEL.replace("0.1, 0.2]", "0.1]"),
        MODEL.replace("[0.0, 0.4]", "[0.0]"),
        MODEL.replace("amplitudes", "modulation_window = [0.5, 1.5]\namplitudes"),
        MODEL.replace("guidance = 2", 'guidance = "much"'),
        MODEL.replace("steps = 4", "steps = 4\ncasting_rounds = -1"),
        MODEL.replace("steps = 4", "steps = 4\ncasting_rounds = 1.5"),
        MODEL.replace('= "flow-16@1"', '= "plain-0@1"'),
        SEARCH.replace("search-16-4@2", "search-8-4@2"),
        SEARCH.replace("search-16-4@2", "search-16-4"),
        SEARCH.replace("search-0-6@1", "noise-6@1"),
        SEARCH.replace('warp = "flow-16@1"', 'warp = "flow-8@1"'),
        SEARCH.replace("n_noise = 4", "n_noise = 5"),
        SEARCH.replace("search-0-6@1", "search-0-0@1").replace("= 6", "= 0"),
        SEARCH.replace("noise_angle = 0.5", "noise_angle = 1.6"),
        SEARCH.replace("noise_angle = 0.5", "noise_angle = 0"),
        SEARCH.replace("noise_angle = 0.5", ""),
    ],
)
def test_a_broken_catalog_stops_the_process(tmp_path: Path, text: str) -> None:
    with pytest.raises(CatalogInvalidError):
        catalog_of(tmp_path, text)


def test_a_missing_catalog_stops_the_process(tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalidError):
        Catalog.load(tmp_path / "nowhere.toml")


def test_a_change_of_weights_that_stands_for_guidance_is_found(tmp_path: Path) -> None:
    delta = catalog_of(tmp_path, DELTA).model("tiny").guidance_delta

    assert delta == GuidanceDelta(tmp_path / "tiny" / "guidance.safetensors", 2.5)
    assert catalog_of(tmp_path, MODEL).model("tiny").guidance_delta is None


def test_no_change_of_weights_stands_for_no_guidance(tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalidError, match="guidance_delta_scale"):
        catalog_of(tmp_path, DELTA.replace("2.5", "1"))
