from __future__ import annotations

from pathlib import Path

import pytest

from multibo.jobs.catalog import Catalog
from multibo.jobs.errors import CatalogInvalidError
from multibo.jobs.loading import LoadingSpec, loading_from_table
from multibo.pretrained import catalog_path


def test_what_is_left_out_has_a_default() -> None:
    assert loading_from_table("mine", {}) == LoadingSpec()
    assert LoadingSpec().fetch_command == ""


def test_what_is_named_is_taken() -> None:
    table = {
        "dtype": "bfloat16",
        "device": "cuda:1",
        "offload": "model",
        "golden": False,
    }

    spec = loading_from_table("mine", {**table, "hub": "owner/name"})

    assert (spec.dtype, spec.device, spec.offload) == ("bfloat16", "cuda:1", "model")
    assert not spec.has_golden
    assert spec.fetch_command == "hf download owner/name"


@pytest.mark.parametrize("wrong", [{"dtype": "int3"}, {"offload": "everything"}])
def test_a_word_that_means_nothing_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(CatalogInvalidError, match="mine: "):
        loading_from_table("mine", wrong)


def test_the_models_of_an_included_catalog_come_first(tmp_path: Path) -> None:
    text = (
        catalog_path().read_text(encoding="utf-8").replace("models.avatars", "models.z")
    )
    own = tmp_path / "catalog.toml"
    own.write_text(f'include = ["{catalog_path()}"]\n{text}', encoding="utf-8")

    models = Catalog.load(own).models

    assert list(models) == [*Catalog.load(catalog_path()).models, "z"]
    assert Catalog.load(own).default.path == Catalog.load(catalog_path()).default.path
