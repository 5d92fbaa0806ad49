"""The demo against an optimizer without a model: real gRPC, real files."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from multibo.client import connect
from multibo.evaluation import demo
from multibo.evaluation.arguments import parse
from multibo.evaluation.errors import StackError
from multibo.evaluation.service import ServiceSearch
from multibo.evaluation.settings import Settings
from tests.support.fake_optimizer import serving
from tests.support.searched_optimizer import SearchedOptimizer
from tests.support.searches import a_protocol, a_session, a_task


@pytest.fixture
def optimizer() -> SearchedOptimizer:
    return SearchedOptimizer(step_s=0.001, steps=1)


@pytest.fixture
def address(optimizer: SearchedOptimizer) -> Iterator[str]:
    with serving(optimizer) as target:
        yield target


def show(*words: str, **environment: str) -> None:
    given = parse(["demo", *words])
    assert given.__class__.__name__ == "DemoArguments"
    demo.show(given, Settings.read(environment))  # type: ignore[arg-type]


def test_a_simulated_session_leaves_three_files_and_prints_each_round(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show("--auto", "--rounds", "2", "--address", address, "--out", str(tmp_path))

    result = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert result["schema"] == 1
    assert len(result["rounds"]) == 2
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
    with Image.open(tmp_path / "contact_sheet.png") as sheet:
        assert sheet.width > 4 * 128
    printed = capsys.readouterr().out
    assert "round  1/2" in printed
    assert "round  2/2" in printed
    assert str(tmp_path / "report.html") in printed


def test_once_in_the_environment_plays_one_session_too(
    address: str, tmp_path: Path
) -> None:
    words = ["--rounds", "1", "--address", address, "--out", str(tmp_path)]

    show(*words, ONCE="1")

    assert (tmp_path / "result.json").is_file()


def test_the_session_asks_for_the_tasks_prompt_seed_and_budget(
    optimizer: SearchedOptimizer, address: str
) -> None:
    with connect(address) as project:
        ServiceSearch(project, a_task(seed=11, prompt="voxel"), n_rounds=3)

    (request,) = optimizer.requests("CreateSession")
    assert request.spec.prompt == "voxel"
    assert request.spec.seed == 11
    assert request.spec.rounds == 3


def test_the_recommendation_ends_the_session_as_accepted(
    optimizer: SearchedOptimizer, address: str
) -> None:
    with connect(address) as project:
        search = ServiceSearch(project, a_task(), n_rounds=3)
        shown = search.propose()
        search.choose(2)
        final = search.recommend()

    assert final == shown.candidates[2].png
    (request,) = optimizer.requests("FinishSession")
    assert request.accepted_candidate.endswith("/rounds/0/candidates/2")
    assert shown.candidates[0].role == "ANCHOR"
    assert shown.timing.total_s > 0


def test_a_picture_that_failed_ends_the_run_by_name(
    optimizer: SearchedOptimizer, address: str
) -> None:
    optimizer.failing = {(0, 3)}

    with connect(address) as project:
        search = ServiceSearch(project, a_task(), n_rounds=3)

        with pytest.raises(StackError, match=r"candidates/3 has no picture: out of"):
            search.propose()


def test_a_service_that_went_away_is_an_error_of_the_stack(tmp_path: Path) -> None:
    with serving(SearchedOptimizer()) as target:
        gone = target

    with pytest.raises(StackError, match="the service failed"):
        show("--auto", "--address", gone, "--out", str(tmp_path))


def test_a_round_is_one_line_with_gains_and_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = a_session([(0.5, 0.2)], degraded="engine restarting").record

    demo.print_round(record.rounds[0], a_protocol(1))

    line = capsys.readouterr().out
    assert line.startswith("round  1/1  [##########..........] blurred-pixels +50%")
    assert "slot 1 explore" in line
    assert "proposal 0.25, queue 0.50, render 1.00" in line
    assert "fallback: engine restarting" in line
    assert line.count("\n") == 1
