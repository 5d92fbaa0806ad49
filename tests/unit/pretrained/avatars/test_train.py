"""The whole training at toy size: every stage runs, and what it exports renders."""

from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("dicebear", reason="needs the extra `train`")

from diffusers import StableDiffusionPipeline
from transformers import CLIPModel

from multibo.pretrained.avatars.train import main, train_avatars
from multibo.pretrained.avatars.train_clip import attended
from multibo.pretrained.avatars.train_data import make_data
from multibo.pretrained.avatars.train_export import checksums
from multibo.pretrained.avatars.train_loop import Averaged, learning_rate, train
from multibo.pretrained.avatars.train_plan import TOY, Recipe

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def exported(work: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    train_avatars(work, out, TOY)
    return out


def test_the_exported_folder_loads_as_a_pipeline_and_renders(exported: Path) -> None:
    pipeline = StableDiffusionPipeline.from_pretrained(
        exported / "pipe", dtype=torch.float32, safety_checker=None
    )
    pipeline.set_progress_bar_config(disable=True)

    image = pipeline(
        "comic portrait, blue background",
        num_inference_steps=2,
        height=128,
        width=128,
        generator=torch.Generator().manual_seed(0),
    ).images[0]

    assert image.size == (128, 128)
    assert np.asarray(image).std() > 0


def test_the_exported_judge_tells_two_pictures_apart(exported: Path) -> None:
    judge = CLIPModel.from_pretrained(exported / "judge", dtype=torch.float32).eval()
    pictures = torch.stack([torch.zeros(3, 128, 128), torch.ones(3, 128, 128)])

    with torch.no_grad():
        states = judge.vision_model(pixel_values=pictures).pooler_output

    assert not torch.allclose(states[0], states[1])


def test_weights_are_exported_in_half_precision_for_everybody_to_read(
    exported: Path,
) -> None:
    weights = list(exported.rglob("*.safetensors"))

    assert {path.stat().st_mode & 0o777 for path in weights} == {0o644}
    assert set(checksums(exported)) >= {"pipe/model_index.json", "judge/config.json"}


def test_the_data_stage_is_not_repeated(exported: Path, work: Path) -> None:
    before = (work / "pixels.npy").stat().st_mtime_ns

    make_data(work, TOY)

    assert (work / "pixels.npy").stat().st_mtime_ns == before


def test_training_lowers_a_loss_and_the_average_lags_behind() -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(4.0)
    averaged = Averaged.start(model, lambda step: 0.9)
    recipe = Recipe(1, 0.1, 0.99, 0.0, limit_s=60, n_steps=40)

    train("line", [model], lambda: model.weight.square().sum(), recipe, [averaged])

    assert abs(model.weight.item()) < abs(averaged.average.weight.item()) < 4


def test_a_stage_ends_when_its_time_is_spent() -> None:
    model = torch.nn.Linear(1, 1)
    recipe = Recipe(1, 0.1, 0.99, 0.0, limit_s=0.05)

    train("line", [model], lambda: model.weight.square().sum(), recipe)

    assert model.weight.isfinite().all()


def test_the_learning_rate_rises_to_its_peak_and_falls() -> None:
    rates = [learning_rate(done, 1.0) for done in (0, 0.015, 0.03, 0.5, 1)]

    assert rates[0] < rates[1] < rates[2] == 1.0
    assert rates[2] > rates[3] > rates[4] == pytest.approx(0.03)


def test_attention_covers_a_prompt_up_to_its_end_token() -> None:
    tokens = torch.tensor([[0, 7, 8, 1, 1, 1]])

    assert attended(tokens).tolist() == [[1, 1, 1, 1, 0, 0]]


def test_an_unknown_stage_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["--stages", "bake"])

    assert exit_info.value.code == 2
    assert "bake" in capsys.readouterr().err
