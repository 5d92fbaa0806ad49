from __future__ import annotations

from multibo.jobs.catalog import Catalog
from multibo.pretrained import catalog_path, judge_path
from multibo.render import golden
from multibo.warp.space import warp_space


def test_the_catalog_offers_the_embedded_model_and_its_files_exist() -> None:
    model = Catalog.load(catalog_path()).default

    assert model.name == "avatars"
    assert (model.path / "model_index.json").is_file()
    assert (judge_path() / "model.safetensors").is_file()
    assert model.examples


def test_every_warp_space_of_the_catalog_is_calibrated_on_every_axis() -> None:
    for model in Catalog.load(catalog_path()).models.values():
        for spec in model.warp_spaces.values():
            space = warp_space(spec.family, spec.revision)

            assert spec.name == space.name
            assert spec.dimension == space.dimension
            # The published baseline turns by 30 degrees.
            assert all(0 < amplitude <= 0.53 for amplitude in spec.amplitudes)


def test_every_model_of_the_catalog_has_a_golden_picture_of_its_size() -> None:
    for model in Catalog.load(catalog_path()).models.values():
        reference = golden.load_golden(model)

        assert reference.pixels.shape == (3, model.height_px, model.width_px)
        assert not any(reference.spec.warp)
