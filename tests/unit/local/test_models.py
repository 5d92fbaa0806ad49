from __future__ import annotations

from pathlib import Path

import pytest

from multibo import pretrained
from multibo.jobs.catalog import Catalog
from multibo.local import cli, model_files, models
from multibo.local.errors import ModelUnusableError, WeightsNotHereError
from multibo.render.loading import ADAPTERS
from multibo.render.pipelines import load_pipeline
from tests.support.tiny_architectures import KINDS, model_of
from tests.support.tiny_model import a_row

# Schedulers of diffusers hand tensors to numpy in a way that numpy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers.*")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SDXL-shaped pipeline on disk."""
    return model_of("SDXL", tmp_path_factory.mktemp("sdxl")).path


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MULTIBO_CATALOG", raising=False)
    return tmp_path / "state"


def test_every_kind_with_an_adapter_can_be_added() -> None:
    adapters = {
        stock.__name__: adapter.name  # type: ignore[attr-defined]
        for stock, adapter in ADAPTERS.items()
    }

    kinds = {name: kind.architecture for name, kind in model_files.KINDS.items()}

    assert kinds == adapters


@pytest.mark.parametrize("name", ["SD 1.5", "SDXL", "SD 3", "FLUX.1 dev", "PixArt"])
def test_the_files_tell_the_architecture_and_the_sizes(
    name: str, tmp_path: Path
) -> None:
    model = model_of(name, tmp_path)

    found = model_files.inspect(model.path)

    assert found.defaults.architecture == KINDS[name].architecture
    assert found.side_px == (1024 if name.startswith("FLUX") else 32)
    assert found.max_tokens == (found.defaults.max_tokens or 64)


def test_a_model_that_was_added_draws(
    folder: Path, state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["models", "add", "mine", "--path", str(folder), "--dtype", "float32"]
    settings = ["--device", "cpu", "--steps", "3", "--guidance", "2", "--size", "32x48"]

    status = cli.main(
        [*arguments, *settings, "--negative", 'a "hat"', "--state-dir", str(state_dir)]
    )

    assert status == 0
    assert "sdxl" in capsys.readouterr().out
    catalog = Catalog.load(state_dir / "catalog.toml")
    assert list(catalog.models) == [
        *Catalog.load(pretrained.catalog_path()).models,
        "mine",
    ]
    model = catalog.model("mine")
    assert (model.width_px, model.height_px, model.steps) == (32, 48, 3)
    assert (model.guidance, model.negative_prompt) == (2.0, 'a "hat"')
    assert not model.loading.has_golden
    spec = a_row(
        model="mine",
        revision="1",
        negative_prompt=model.negative_prompt,
        steps=3,
        guidance=2.0,
        height_px=48,
    )
    [image] = load_pipeline(model).render([spec])
    assert image is not None


def test_the_same_name_is_not_added_twice(folder: Path, state_dir: Path) -> None:
    catalog = state_dir / "catalog.toml"
    models.add(models.NewModel("mine", folder), catalog, {})
    before = catalog.read_text(encoding="utf-8")

    with pytest.raises(ModelUnusableError, match="it has a model mine"):
        models.add(models.NewModel("mine", folder), catalog, {})

    assert catalog.read_text(encoding="utf-8") == before
    models.add(models.NewModel("other", folder), catalog, {})
    assert {"mine", "other"} <= set(Catalog.load(catalog).models)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (models.NewModel("Mine!", Path("nowhere")), "a-z, 0-9"),
        (models.NewModel("mine", Path("nowhere")), "no model_index.json"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_written(
    new: models.NewModel, reason: str, state_dir: Path
) -> None:
    with pytest.raises(ModelUnusableError, match=reason):
        models.add(new, state_dir / "catalog.toml", {})

    assert not state_dir.exists()


def test_a_size_that_the_model_cannot_draw_is_refused(
    folder: Path, state_dir: Path
) -> None:
    new = models.NewModel("mine", folder, size=(33, 32))

    with pytest.raises(ModelUnusableError, match="multiples of 4 px"):
        models.add(new, state_dir / "catalog.toml", {})


def test_a_pipeline_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "WanPipeline"}')

    with pytest.raises(ModelUnusableError, match="WanPipeline is none of"):
        model_files.inspect(tmp_path)


def test_weights_that_are_not_here_name_the_command_that_fetches_them(
    state_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = {"HF_HUB_CACHE": str(tmp_path)}

    with pytest.raises(WeightsNotHereError) as refusal:
        models.hub_folder("owner/name", "v2", cache)

    assert refusal.value.command == "hf download owner/name --revision v2"


@pytest.mark.parametrize("revision", ["", "main", "c0ffee"])
def test_weights_in_the_cache_of_the_hub_are_found(
    folder: Path, tmp_path: Path, revision: str
) -> None:
    model = tmp_path / "hub" / "models--owner--name"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("c0ffee")
    (model / "snapshots").mkdir()
    (model / "snapshots" / "c0ffee").symlink_to(folder)

    found = models.hub_folder("owner/name", revision, {"HF_HOME": str(tmp_path)})

    assert found.resolve() == folder.resolve()


def test_the_catalog_of_the_environment_goes_first(
    folder: Path, state_dir: Path, tmp_path: Path
) -> None:
    assert models.catalog_of(state_dir, {}) is None
    models.add(models.NewModel("mine", folder), state_dir / "catalog.toml", {})

    assert models.catalog_of(state_dir, {}) == state_dir / "catalog.toml"
    named = {"MULTIBO_CATALOG": "/elsewhere.toml"}
    assert models.catalog_of(state_dir, named) == Path("/elsewhere.toml")
