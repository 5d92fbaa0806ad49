"""The arrows of ARCHITECTURE.md, held by import-linter."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.tree import ROOT

LINTER: Final = Path(sys.executable).with_name("lint-imports")
CONTRACTS: Final = {
    "The arrows point down",
    "Inside the optimizer: the domain is at the bottom",
    "Only the edges know their wire",
    "The client installs without torch",
    "The optimizer never loads diffusion code",
    "The fleet never loads gRPC",
}


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    linter: dict[str, Any] = tomllib.loads(text)["tool"]["importlinter"]
    return linter


def test_every_import_follows_the_arrows() -> None:
    done = subprocess.run(
        [LINTER, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_no_contract_was_dropped(settings: dict[str, Any]) -> None:
    assert {contract["name"] for contract in settings["contracts"]} == CONTRACTS


def test_no_contract_has_an_exception(settings: dict[str, Any]) -> None:
    excused = [
        contract["name"]
        for contract in settings["contracts"]
        if contract.get("ignore_imports")
    ]

    assert excused == []
