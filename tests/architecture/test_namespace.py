"""One namespace over three source roots, and a name for every module."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import PurePosixPath
from typing import Final

import pytest

from tests.support.tree import ROOT, tracked

SOURCE_ROOTS: Final = ("services/multibo", "clients/python/multibo")
GENERATED_ROOT: Final = "proto/gen/python/multibo"
WITHOUT_INIT: Final = (
    *("proto", "proto/multibo", "proto/multibo/v1", "proto/gen", "proto/gen/python"),
    *("services", "clients", "clients/python", "deploy", "benchmarks"),
    *SOURCE_ROOTS,
    GENERATED_ROOT,
)
NAMELESS: Final = {"utils", "util", "common", "misc", "manager", "base", "helpers"}


def packages() -> list[str]:
    """The folders that hold Python of ours, below the namespace."""
    folders = {
        str(PurePosixPath(path).parent)
        for path in tracked()
        if path.endswith(".py") and path.startswith((*SOURCE_ROOTS, GENERATED_ROOT))
    }
    return sorted(folders - {*SOURCE_ROOTS, GENERATED_ROOT})


def module_name(folder: str) -> str:
    """The import path of a folder: its suffix, from `multibo` on."""
    parts = folder.split("/")
    return ".".join(parts[parts.index("multibo") :])


@pytest.mark.parametrize("folder", WITHOUT_INIT)
def test_no_stray_init_hides_the_other_roots(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


@pytest.mark.parametrize("folder", packages())
def test_a_folder_with_python_is_a_package(folder: str) -> None:
    assert (ROOT / folder / "__init__.py").is_file()


@pytest.mark.parametrize("folder", packages())
def test_the_import_path_is_the_end_of_the_folder(folder: str) -> None:
    module = importlib.import_module(module_name(folder))

    assert list(module.__path__) == [str(ROOT / folder)]


def test_the_namespace_spans_the_three_roots() -> None:
    namespace = importlib.import_module("multibo")

    assert namespace.__file__ is None
    assert {str(ROOT / root) for root in (*SOURCE_ROOTS, GENERATED_ROOT)} <= set(
        namespace.__path__
    )


def test_no_module_has_a_name_that_says_nothing() -> None:
    stems = {
        path: set(PurePosixPath(path).with_suffix("").parts)
        for path in tracked()
        if path.endswith(".py")
    }

    assert [path for path, parts in stems.items() if parts & NAMELESS] == []


def test_every_package_is_under_the_import_contracts() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = document["tool"]["importlinter"]

    top_level = {".".join(module_name(folder).split(".")[:2]) for folder in packages()}

    assert top_level == set(contracts["root_packages"])


def test_generated_code_is_marked_as_typed() -> None:
    assert f"{GENERATED_ROOT}/v1/py.typed" in tracked()
    assert "clients/python/multibo/client/py.typed" in tracked()
