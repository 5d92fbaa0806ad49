import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.reach.arguments import ReachReportArguments, ReachRunArguments
from multibo.evaluation.reach.rivals import CASTING_NOISE, COMPOSITE, LOTTERY
from multibo.evaluation.reach.study import report, run
from multibo.evaluation.targets import TargetKind
from multibo.jobs.catalog import Catalog, ModelSpec
from multibo.pretrained import catalog_path
from tests.support.tiny_model import tiny_model

AVATARS = Catalog.load(catalog_path()).default


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """A tiny model of random weights that offers what the avatars do."""
    tiny = tiny_model(tmp_path_factory.mktemp("model"))
    return replace(tiny, warp_spaces=AVATARS.warp_spaces, composites=AVATARS.composites)


def given(
    out: Path, *, seeds: tuple[int, ...], strategies: tuple[str, ...]
) -> ReachRunArguments:
    return ReachRunArguments(
        seeds=seeds,
        kinds=(TargetKind.SEED,),
        strategies=strategies,
        n_images=18,
        steps=1,
        dtype="float32",
        out=out,
    )


def test_a_study_in_two_parts_becomes_one_report(
    model: ModelSpec, tmp_path: Path
) -> None:
    parts = (tmp_path / "one", tmp_path / "two")

    run(given(parts[0], seeds=(1, 2), strategies=(LOTTERY, COMPOSITE)), model)
    run(given(parts[1], seeds=(1, 2), strategies=(CASTING_NOISE,)), model)
    report(ReachReportArguments(parts, tmp_path / "results", tmp_path / "images"))

    document = json.loads((tmp_path / "results/reach.json").read_text("utf-8"))
    tracks = document["tracks"]
    assert len(tracks) == 6
    for track in tracks:
        counts = [checkpoint["n_images"] for checkpoint in track["checkpoints"]]
        assert counts == [15, 18]
    assert len(document["parts"]) == 2
    assert LOTTERY in (tmp_path / "results/reach.md").read_text("utf-8")
    assert (tmp_path / "images/reach-curves.png").stat().st_size > 0
    with Image.open(tmp_path / "images/reach-seed.webp") as sheet:
        assert sheet.height > 2 * 96


def test_gains_never_fall_by_the_users_metric(model: ModelSpec, tmp_path: Path) -> None:
    run(given(tmp_path, seeds=(4,), strategies=(COMPOSITE,)), model)

    (track,) = json.loads((tmp_path / "tracks.json").read_text("utf-8"))["tracks"]
    gains = [entry["gains"]["blurred-pixels"] for entry in track["checkpoints"]]
    assert 0 <= gains[0] <= gains[1] < 1


def test_an_unknown_strategy_is_refused_before_anything_is_loaded(
    model: ModelSpec, tmp_path: Path
) -> None:
    with pytest.raises(ProtocolError, match="no strategies"):
        run(given(tmp_path, seeds=(1,), strategies=("luck",)), model)

    assert not list(tmp_path.iterdir())


def test_a_run_that_was_cut_off_goes_on_where_it_stood(
    model: ModelSpec, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    asked = given(whole, seeds=(5,), strategies=(COMPOSITE,))

    run(asked, model)
    run(replace(asked, out=cut, n_images=15), model)
    run(replace(asked, out=cut), model)

    first, second = (
        json.loads((out / "tracks.json").read_text("utf-8"))["tracks"][0]["checkpoints"]
        for out in (whole, cut)
    )
    for one, other in zip(first, second, strict=True):
        assert one["n_images"] == other["n_images"]
        # The anchor was rendered again, in a batch of another size.
        assert one["gains"] == pytest.approx(other["gains"], rel=1e-3, abs=1e-3)


def test_a_run_of_other_steps_is_not_gone_on_with(
    model: ModelSpec, tmp_path: Path
) -> None:
    asked = given(tmp_path, seeds=(5,), strategies=(COMPOSITE,))
    run(replace(asked, n_images=15), model)

    with pytest.raises(ProtocolError, match="other steps"):
        run(replace(asked, steps=asked.steps + 1), model)
