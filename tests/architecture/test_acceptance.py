"""Every test that `docs/acceptance.md` names is there, and names are not forgotten."""

from __future__ import annotations

import ast
import re
from typing import Final

import pytest

from tests.support.tree import ROOT, handwritten

TABLE: Final = (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8")
ROWS: Final = [line for line in TABLE.splitlines() if line.startswith("| ")][1:]
NAMED: Final = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TABLE)


def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_fault_names_its_test() -> None:
    assert len(ROWS) >= 20
    assert [row for row in ROWS if "::test_" not in row] == []


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_a_named_test_exists(path: str, name: str) -> None:
    assert name in functions(path)


def test_no_acceptance_test_is_left_out() -> None:
    written = {
        (path, name)
        for path in handwritten(".py")
        if path.startswith("tests/acceptance/")
        for name in functions(path)
        if name.startswith("test_")
    }

    assert written <= set(NAMED)
