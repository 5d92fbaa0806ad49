"""`multibo doctor`: what it finds and what it says about it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from multibo.client.discovery import Endpoints
from multibo.local import cli
from multibo.v1 import (
    model_pb2,
    model_service_pb2,
)
from tests.support.scripted_optimizer import (
    ScriptedOptimizer,
    a_free_port,
)

pytestmark = pytest.mark.usefixtures("home")


def test_the_doctor_finds_this_installation_healthy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = cli.main(["doctor"])

    said = capsys.readouterr().out
    assert status == cli.OK, said
    assert "not running; `multibo up` starts it" in said


def test_the_doctor_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setenv("MULTIBO_REDIS_URL", f"redis://127.0.0.1:{a_free_port()}/0")
    monkeypatch.setenv("MULTIBO_CATALOG", "/no/such/catalog.toml")

    status = cli.main(["doctor"])

    said = capsys.readouterr().out.splitlines()
    failed = {line.split()[1] for line in said if line.startswith("FAIL")}
    assert status == cli.FAILED
    assert failed == {"gateway", "redis", "catalog"}


def test_the_doctor_asks_the_running_stack(
    home: Path, scripted: ScriptedOptimizer, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_pb2.Model(
        title="Avatars", readiness=model_pb2.MODEL_READINESS_STARTING
    )
    scripted.on("ListModels", model_service_pb2.ListModelsResponse(models=[model]))
    home.mkdir()
    here = Endpoints(grpc=scripted.address, page="http://127.0.0.1:1", redis="", pid=1)
    (home / "endpoints.json").write_text(here.to_json())

    assert cli.main(["doctor"]) == cli.OK
    assert "http://127.0.0.1:1 (Avatars STARTING)" in capsys.readouterr().out


def test_the_doctor_notices_a_stack_that_does_not_answer(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    gone = f"127.0.0.1:{a_free_port()}"
    here = Endpoints(grpc=gone, page="http://127.0.0.1:1", redis="", pid=1)
    (home / "endpoints.json").write_text(here.to_json())

    assert cli.main(["doctor"]) == cli.FAILED
    assert f"announced at {gone}" in capsys.readouterr().out
