from pathlib import Path

import pytest

from multibo.evaluation.arguments import (
    DemoArguments,
    JudgesArguments,
    SeedsArguments,
    parse,
)
from multibo.evaluation.targets import TargetKind


def test_a_bare_demo_has_sensible_defaults() -> None:
    given = parse(["demo"])

    assert given == DemoArguments(
        auto=False,
        n_rounds=10,
        out=Path("out/demo"),
        seed=7,
        prompt=None,
        target=TargetKind.WARP,
        address=None,
        open=None,
    )


def test_a_demo_takes_everything_at_once(tmp_path: Path) -> None:
    words = "demo --auto --rounds 3 --seed 5 --target seed --no-open"
    more = ["--prompt", "voxel portrait", "--address", "127.0.0.1:50051"]

    given = parse([*words.split(), *more, "--out", str(tmp_path)])

    assert given == DemoArguments(
        auto=True,
        n_rounds=3,
        out=tmp_path,
        seed=5,
        prompt="voxel portrait",
        target=TargetKind.SEED,
        address="127.0.0.1:50051",
        open=False,
    )


def test_a_range_of_seeds_includes_both_ends() -> None:
    given = parse(["seeds", "--seeds", "1000-1003", "--in-process"])

    assert isinstance(given, SeedsArguments)
    assert given.seeds == (1000, 1001, 1002, 1003)
    assert given.in_process


def test_a_single_seed_is_a_range_too() -> None:
    given = parse(["judges", "--seeds", "7"])

    assert isinstance(given, JudgesArguments)
    assert given.seeds == (7,)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "dance",
        "demo --rounds 0",
        "demo --rounds 201",
        "demo --rounds many",
        "demo --seed -1",
        f"demo --seed {2**63}",
        "demo --prompt=",
        f"demo --prompt {'x' * 1001}",
        "demo --target photograph",
        "demo --address localhost",
        "demo --address localhost:0",
        "demo --address unix:",
        "demo --bogus",
        "seeds --seeds 9-3",
        "seeds --seeds 0-1000",
        "seeds --seeds a-b",
        "seeds --temperature -1",
        "seeds --temperature nan",
        "seeds --temperature hot",
        "seeds --lapse 1.5",
    ],
)
def test_a_mistake_is_named_and_exits_with_2(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        parse(words.split())

    assert exit_info.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_report_cannot_go_where_a_file_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report"
    file.write_text("taken")

    with pytest.raises(SystemExit) as exit_info:
        parse(["demo", "--out", str(file)])

    assert exit_info.value.code == 2
    assert "not a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["[::1]:50051", "optimizer:443", "unix:/run/m.sock"]
)
def test_every_form_of_a_grpc_target_is_an_address(address: str) -> None:
    given = parse(["demo", "--address", address])

    assert isinstance(given, DemoArguments)
    assert given.address == address
