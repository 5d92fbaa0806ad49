"""House style: one concept a module, one thought a function."""

from __future__ import annotations

import ast
from typing import Final

import pytest

from tests.support.tree import ROOT, handwritten

MAX_FILE_LINES: Final = 300
MAX_FUNCTION_LINES: Final = 40
SOURCES: Final = (".py", ".lua", ".proto", ".ts", ".css", ".html", ".sh")


def n_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, from `def` to its end, less its docstring."""
    assert node.end_lineno is not None
    total = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is None or first.end_lineno is None:
        return total
    return total - (first.end_lineno - first.lineno + 1)


@pytest.mark.parametrize("path", handwritten(*SOURCES))
def test_a_file_fits_on_a_few_screens(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")

    assert len(text.splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("path", handwritten(".py"))
def test_a_function_fits_on_a_screen(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    too_long = {
        node.name: n_lines(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and n_lines(node) > MAX_FUNCTION_LINES
    }

    assert too_long == {}
