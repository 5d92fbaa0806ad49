import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from multibo.evaluation.__main__ import main
from multibo.evaluation.provenance import Provenance
from multibo.evaluation.settings import Settings


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "multibo.evaluation", *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_come_from_the_environment() -> None:
    settings = Settings.read({"ONCE": "1", "MULTIBO_REDIS_URL": "redis://host:1/0"})

    assert settings.once
    assert settings.redis_url == "redis://host:1/0"


@pytest.mark.parametrize("value", ["", "0"])
def test_a_demo_goes_on_unless_it_is_told_to_end(value: str) -> None:
    assert not Settings.read({"ONCE": value}).once
    assert not Settings.read({}).once


def test_a_mistyped_option_is_answered_before_torch_is_loaded() -> None:
    began = time.monotonic()

    outcome = run("demo", "--auto", "--rounds", "none")

    assert outcome.returncode == 2
    assert "--rounds" in outcome.stderr
    assert outcome.stdout == ""
    assert time.monotonic() - began < 5


def test_a_service_that_does_not_answer_is_an_error_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = f"unix:{tmp_path / 'nobody.sock'}"
    words = ["evaluation", "demo", "--auto", "--address", address]
    monkeypatch.setattr(sys, "argv", words)
    before = signal.getsignal(signal.SIGTERM)

    try:
        status = main()
    finally:
        signal.signal(signal.SIGTERM, before)

    assert status == 1
    assert capsys.readouterr().err.startswith("error: the service failed: UNAVAILABLE")


def test_provenance_names_versions_engine_and_machine() -> None:
    document = Provenance.collect().to_json()

    assert document["engine"]
    assert document["n_cores"] == Provenance.collect().n_cores >= 1
    packages = document["packages"]
    assert isinstance(packages, dict)
    assert set(packages) >= {"multibo", "torch", "diffusers"}
