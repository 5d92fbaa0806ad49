import subprocess
import sys
import time
from pathlib import Path

import pytest

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
    settings = Settings.read(
        {"ONCE": "1", "MULTIBO_REDIS_URL": "redis://host:1/0", "DISPLAY": ":0"}
    )

    assert settings.once
    assert settings.has_screen
    assert settings.redis_url == "redis://host:1/0"


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac always has a screen")
def test_without_variables_nothing_is_assumed() -> None:
    settings = Settings.read({})

    assert not settings.once
    assert not settings.has_screen
    assert settings.redis_url == ""


def test_a_mistyped_option_is_answered_before_torch_is_loaded() -> None:
    began = time.monotonic()

    outcome = run("demo", "--auto", "--rounds", "none")

    assert outcome.returncode == 2
    assert "--rounds" in outcome.stderr
    assert outcome.stdout == ""
    assert time.monotonic() - began < 5


def test_a_service_that_does_not_answer_is_an_error_in_one_line(tmp_path: Path) -> None:
    outcome = run("demo", "--auto", "--address", f"unix:{tmp_path / 'nobody.sock'}")

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("error: ")
    assert "Traceback" not in outcome.stderr


def test_provenance_names_versions_engine_and_machine() -> None:
    document = Provenance.collect().to_json()

    assert document["engine"]
    assert document["n_cores"] == Provenance.collect().n_cores >= 1
    packages = document["packages"]
    assert isinstance(packages, dict)
    assert set(packages) >= {"multibo", "torch", "diffusers"}
