from pathlib import Path

import pytest

from multibo.evaluation.arguments import parse
from multibo.evaluation.reach.arguments import ReachReportArguments, ReachRunArguments
from multibo.evaluation.targets import TargetKind


def test_a_run_reports_on_seeds_that_no_tuning_has_used() -> None:
    given = parse(["reach", "run"])

    assert isinstance(given, ReachRunArguments)
    assert given.seeds == tuple(range(1000, 1010))
    assert set(given.kinds) == set(TargetKind)
    assert given.strategies == ()
    assert given.n_images == 198


def test_a_part_of_a_study_is_told_by_kinds_and_strategies() -> None:
    line = "reach run --kinds warp seed --strategies composite --out here --seeds 3-4"

    given = parse(line.split())

    assert isinstance(given, ReachRunArguments)
    assert list(given.kinds) == [TargetKind.WARP, TargetKind.SEED]
    assert given.strategies == ["composite"]
    assert (given.seeds, given.out) == ((3, 4), Path("here"))


def test_a_report_joins_parts() -> None:
    given = parse(["reach", "report", "one", "two"])

    assert isinstance(given, ReachReportArguments)
    assert given.parts == [Path("one"), Path("two")]
    assert given.out == Path("benchmarks/results")


@pytest.mark.parametrize("n_images", ["0", "-3", "many", "1000000"])
def test_a_senseless_number_of_images_is_refused(
    n_images: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["reach", "run", "--images", n_images])

    assert "is not in 1.." in capsys.readouterr().err
