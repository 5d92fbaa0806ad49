"""House style: one concept a module, one thought a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

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


def functions(path: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_file_fits_on_a_few_screens() -> None:
    lengths = {
        path: len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in handwritten(*SOURCES)
    }

    too_long = {path: n for path, n in lengths.items() if n > MAX_FILE_LINES}
    assert too_long == {}, too_long


def test_a_function_fits_on_a_screen() -> None:
    lengths = {
        f"{path}:{node.name}": n_lines(node)
        for path in handwritten(".py")
        for node in functions(path)
    }

    too_long = {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES}
    assert too_long == {}, too_long


def test_the_docstring_of_a_function_is_not_counted() -> None:
    (node,) = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1').body

    assert isinstance(node, ast.FunctionDef)
    assert n_lines(node) == 2
