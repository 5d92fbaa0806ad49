"""The `multibo` command: what it prints and how it exits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from multibo.local import cli
from multibo.local.state_dir import StateDir
from multibo.v1 import (
    model_pb2,
    model_service_pb2,
    round_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.scripted_optimizer import (
    Refusal,
    ScriptedOptimizer,
    a_candidate,
    a_free_port,
    a_round,
    a_session,
)

pytestmark = pytest.mark.usefixtures("home")
HEAVY = ("torch", "redis", "celery", "numpy", "multibo.jobs")


def test_until_a_subcommand_needs_more_only_the_client_is_imported() -> None:
    code = (
        "import sys, multibo.local.cli\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == ""


def test_without_a_command_the_usage_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([])

    assert left.value.code == cli.USAGE
    assert "usage: multibo" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "demo", "calibrate", "bench"])
def test_without_the_extra_the_install_line_is_printed(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "botorch", None)

    status = cli.main([command])

    said = capsys.readouterr().err
    assert status == cli.USAGE
    assert "pip install 'multibo[local]'" in said
    assert "botorch" in said


def test_the_demo_gets_every_argument_and_gives_the_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    became: list[list[str]] = []

    def become(_program: str, arguments: list[str]) -> None:
        became.append(arguments)
        raise SystemExit(7)

    monkeypatch.setattr(os, "execv", become)

    with pytest.raises(SystemExit) as left:
        cli.main(["demo", "--auto", "--rounds", "3", "--help"])

    assert left.value.code == 7
    (arguments,) = became
    assert arguments[1:] == [
        "-m",
        "multibo.evaluation",
        "demo",
        "--auto",
        "--rounds",
        "3",
        "--help",
    ]


def test_a_public_address_is_refused_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["up", "--listen", "0.0.0.0:80"]) == cli.FAILED
    assert "no API keys yet" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_a_number_of_workers_is_positive(number: str) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["up", "--workers", number])

    assert left.value.code == cli.USAGE


def test_a_second_stack_on_the_same_directory_has_its_own_status(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with StateDir(home):
        status = cli.main(["up", "--no-browser"])

    assert status == cli.ALREADY_RUNNING
    assert f"process {os.getpid()}" in capsys.readouterr().err


def test_without_a_stack_the_way_to_start_one_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["models"]) == cli.UNREACHABLE
    assert "start one with `multibo up`" in capsys.readouterr().err


def test_an_address_nobody_listens_on_is_unreachable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = f"127.0.0.1:{a_free_port()}"

    assert cli.main(["models", "--address", address]) == cli.UNREACHABLE
    assert capsys.readouterr().err.startswith("multibo: UNAVAILABLE")


def test_models_are_listed(
    scripted: ScriptedOptimizer, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_pb2.Model(
        name="models/avatars",
        title="Avatars",
        readiness=model_pb2.MODEL_READINESS_READY,
        width_px=128,
        height_px=128,
        steps=10,
        default_warp_space="models/avatars/warpSpaces/flow-16@1",
        warp_dimension=16,
    )
    scripted.on("ListModels", model_service_pb2.ListModelsResponse(models=[model]))

    assert cli.main(["models"]) == cli.OK

    header, row = capsys.readouterr().out.splitlines()
    assert header.split()[0] == "MODEL"
    assert row.split() == (
        ["avatars", "READY", "128x128", "10", "flow-16@1", "(16", "axes)", "Avatars"]
    )


def test_sessions_are_listed_by_state(
    scripted: ScriptedOptimizer, capsys: pytest.CaptureFixture[str]
) -> None:
    long = a_session(
        spec=session_pb2.SessionSpec(prompt="a\n" + "very " * 40, rounds=50)
    )
    scripted.on(
        "ListSessions",
        session_service_pb2.ListSessionsResponse(sessions=[a_session(), long]),
    )

    assert cli.main(["sessions", "list", "--state", "active"]) == cli.OK

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("faces    ACTIVE  0/50")
    assert lines[2].endswith("…")
    (request,) = scripted.requests["ListSessions"]
    assert request.states == [session_pb2.SESSION_STATE_ACTIVE]


def test_an_unknown_state_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["sessions", "list", "--state", "sleepy"])

    assert left.value.code == cli.USAGE


def test_a_session_is_shown_with_its_latest_round(
    scripted: ScriptedOptimizer, capsys: pytest.CaptureFixture[str]
) -> None:
    round = a_round(
        round_pb2.ROUND_STATE_JUDGED,
        ordinal=3,
        degraded="engine restarting",
        feedback=round_pb2.Feedback(chosen=1, shown=[0, 1]),
    )
    round.candidates[0].CopyFrom(
        a_candidate(0, utility_mean=0.5, utility_sd=0.25, win_probability=0.4)
    )
    scripted.on(
        "GetSession",
        session_service_pb2.GetSessionResponse(session=a_session(latest_round=round)),
    )

    assert cli.main(["sessions", "show", "faces"]) == cli.OK

    said = capsys.readouterr().out
    assert "prompt      comic portrait" in said
    assert "round 3 is JUDGED, slot 1 chosen, fallback: engine restarting" in said
    assert "+0.50 ± 0.25  40%" in said


def test_sessions_are_deleted(
    scripted: ScriptedOptimizer, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted.on("DeleteSession", session_service_pb2.DeleteSessionResponse())

    assert cli.main(["sessions", "delete", "faces", "other"]) == cli.OK

    assert capsys.readouterr().out == "deleted faces\ndeleted other\n"


def test_a_refusal_is_printed_and_fails(
    scripted: ScriptedOptimizer, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted.on(
        "GetSession",
        Refusal(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND", "no session faces"),
    )

    assert cli.main(["sessions", "show", "faces"]) == cli.FAILED
    assert capsys.readouterr().err == "multibo: SESSION_NOT_FOUND: no session faces\n"
