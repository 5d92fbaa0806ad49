"""The verbs: one line each, listed by `make help`, and setting themselves up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.support.tree import ROOT

VERBS: Final = {
    *("demo", "test", "test-all", "faults", "check", "fmt", "proto", "web", "bench"),
    "help",
}
PYTHON: Final = """#!/usr/bin/env bash
# Stands for every interpreter: logs the call, makes the environment, answers yes.
echo "$@" >> "$CALLS"
if [[ "$*" == "-m venv "* ]]; then
    mkdir -p .venv/bin && cp "$0" .venv/bin/python
fi
"""


@pytest.fixture(scope="module")
def rules() -> dict[str, list[str]]:
    """Target -> its lines, the first one being the rule itself."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    blocks = re.findall(r"^([\w./-]+:(?!=).*(?:\n\t.*)*)", text, re.MULTILINE)
    return {block.partition(":")[0]: block.splitlines() for block in blocks}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stamp is made from, and an interpreter that installs nothing."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    interpreter = tmp_path / "interpreter"
    interpreter.write_text(PYTHON, encoding="utf-8")
    interpreter.chmod(0o755)
    monkeypatch.setenv("PYTHON", str(interpreter))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_verbs_are_the_documented_ones(rules: dict[str, list[str]]) -> None:
    assert set(rules) - {".PHONY", ".venv/.stamp"} == VERBS


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_verb_is_one_line_with_a_comment(
    verb: str, rules: dict[str, list[str]]
) -> None:
    rule, *recipe = rules[verb]

    assert len(recipe) == 1
    assert "  ## " in rule


@pytest.mark.parametrize("verb", sorted(VERBS - {"help"}))
def test_a_verb_sets_itself_up(verb: str, rules: dict[str, list[str]]) -> None:
    assert ".venv/.stamp" in rules[verb][0]


def test_help_lists_every_verb() -> None:
    done = make(ROOT, "help")

    assert {line.split()[0] for line in done.stdout.splitlines()} == VERBS


def test_no_verb_means_help() -> None:
    assert make(ROOT).stdout == make(ROOT, "help").stdout


def test_the_environment_is_made_once(checkout: Path) -> None:
    first = make(checkout, ".venv/.stamp")
    second = make(checkout, ".venv/.stamp")

    calls = (checkout / "calls").read_text(encoding="utf-8").splitlines()
    assert first.returncode == 0, first.stderr
    assert "up to date" in second.stdout
    assert calls.count("-m venv --clear .venv") == 1
    (install,) = (call for call in calls if "--editable" in call)
    assert "--constraint constraints.txt" in install
    assert "--group dev" in install


def test_a_new_constraint_renews_the_environment(checkout: Path) -> None:
    make(checkout, ".venv/.stamp")
    later = (checkout / ".venv/.stamp").stat().st_mtime + 10
    os.utime(checkout / "constraints.txt", (later, later))

    make(checkout, ".venv/.stamp")

    calls = (checkout / "calls").read_text(encoding="utf-8").splitlines()
    assert sum("--editable" in call for call in calls) == 2
    assert calls.count("-m venv --clear .venv") == 1


def test_without_a_python_it_asks_for_one_by_name(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON", "no-such-python")

    done = make(checkout, ".venv/.stamp")

    assert done.returncode != 0
    assert "python3.11" in done.stderr
    assert not (checkout / ".venv/.stamp").exists()
