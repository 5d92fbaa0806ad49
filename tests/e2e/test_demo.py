"""The demo as a person runs it: the whole stack, one session, three files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from multibo.local.errors import RedisServerNotFoundError
from multibo.local.redis_binary import find_program

N_ROUNDS = 2
LIMIT_S = 280


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The demo, run once for all tests."""
    try:
        find_program()
    except RedisServerNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    out = tmp_path_factory.mktemp("demo")
    words = f"demo --auto --no-open --rounds {N_ROUNDS} --seed 1000 --out {out}"
    run = subprocess.run(
        [sys.executable, "-m", "multibo.evaluation", *words.split()],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return run, out


def test_the_demo_plays_every_round_and_exits_with_0(
    outcome: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    run, _ = outcome

    assert run.returncode == 0, run.stderr
    rounds = [line for line in run.stdout.splitlines() if line.startswith("round ")]
    assert len(rounds) == N_ROUNDS


def test_the_result_holds_gains_by_two_metrics_and_where_the_time_went(
    outcome: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    _, out = outcome

    result = json.loads((out / "result.json").read_text("utf-8"))

    assert result["seed"] == 1000
    assert len(result["final_gains"]) >= 2
    # A clean user never leaves the anchor for something farther away.
    assert result["final_gains"][result["user_metric"]] >= 0
    for entry in result["rounds"]:
        timing = entry["timing"]
        assert entry["roles"][0] == "ANCHOR"
        assert 0 < timing["render_s"] <= timing["total_s"]
        assert 0 <= timing["proposal_s"] <= timing["total_s"]
    assert result["provenance"]["packages"]["multibo"]


def test_the_page_and_the_sheet_can_be_opened(
    outcome: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    _, out = outcome

    page = (out / "report.html").read_text("utf-8")
    with Image.open(out / "contact_sheet.png") as sheet:
        sheet.load()

    assert page.count("data:image/png;base64,") == 3 + 4 * N_ROUNDS
    assert sheet.height > N_ROUNDS * 128
