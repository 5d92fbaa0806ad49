"""pyproject.toml says what is needed, constraints.txt what was tested together."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from tests.support.tree import ROOT

PINNED: Final = re.compile(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*")
BASE: Final = {"grpcio", "grpcio-status", "protobuf"}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins() -> dict[NormalizedName, Version]:
    lines = pin_lines()
    return {
        canonicalize_name(name): Version(version)
        for name, _, version in (line.partition("==") for line in lines)
    }


def pin_lines() -> list[str]:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def requirements(project: dict[str, Any]) -> list[Requirement]:
    """Everything any role or the tools ask for, but for our own extras."""
    extras = project["project"]["optional-dependencies"].values()
    groups = project["dependency-groups"].values()
    listed = [project["project"]["dependencies"], *extras, *groups]
    found = [Requirement(line) for lines in listed for line in lines]
    return [requirement for requirement in found if requirement.name != "multibo"]


@pytest.mark.parametrize("line", pin_lines())
def test_a_constraint_is_one_exact_public_version(line: str) -> None:
    # No index, no address, no local version: the file works with any index.
    assert PINNED.fullmatch(line)


def test_everything_asked_for_is_pinned_within_its_range(
    project: dict[str, Any], pins: dict[NormalizedName, Version]
) -> None:
    pinned = {
        str(requirement): pins.get(canonicalize_name(requirement.name), Version("0"))
        for requirement in requirements(project)
    }

    outside = [
        line
        for line, version in pinned.items()
        if version not in Requirement(line).specifier
    ]

    assert outside == []


def test_this_environment_is_the_pinned_one(
    pins: dict[NormalizedName, Version],
) -> None:
    installed = {
        canonicalize_name(distribution.name): Version(distribution.version)
        for distribution in metadata.distributions()
    }

    differing = {
        name: str(installed[name])
        for name, pinned in pins.items()
        if name in installed and installed[name].public != pinned.public
    }

    assert differing == {}


def test_the_base_install_is_the_client(project: dict[str, Any]) -> None:
    base = [Requirement(line) for line in project["project"]["dependencies"]]

    assert {requirement.name for requirement in base} == BASE
