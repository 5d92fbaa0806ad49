"""The compatibility table of docs/rendering.md is what the tests run."""

from __future__ import annotations

import ast
import re

from multibo.render.loading import ADAPTERS
from tests.support.tiny_architectures import KINDS
from tests.support.tree import ROOT

PAGE = (ROOT / "docs/rendering.md").read_text(encoding="utf-8")
TESTS = ROOT / "tests/unit/render/test_architectures.py"


def rows(header: str) -> list[list[str]]:
    """Cells of the table under a header line."""
    lines = PAGE.partition(header)[2].strip().splitlines()[1:]
    table = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def test_every_line_is_a_pipeline_that_is_tested() -> None:
    adapters = {stock.__name__: adapter for stock, adapter in ADAPTERS.items()}

    listed = {
        name: (stock.strip("`"), architecture.strip("`"))
        for name, stock, architecture, _ in rows(
            "| Model | Pipeline of diffusers | `architecture` | What is warped |"
        )
    }

    assert list(listed) == list(KINDS)
    for name, (stock, architecture) in listed.items():
        assert KINDS[name].stock == stock
        assert KINDS[name].architecture == architecture
        assert getattr(adapters[stock], "name", None) == architecture


def test_every_promise_has_its_test_and_every_test_its_promise() -> None:
    tree = ast.parse(TESTS.read_text(encoding="utf-8"))
    written = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]

    promised = [test.strip("`") for _, test in rows("| What holds | Test |")]

    assert promised == written


def test_the_tests_run_on_every_line() -> None:
    text = TESTS.read_text(encoding="utf-8")

    assert re.search(
        r'fixture\(scope="module", params=list\(KINDS\)\)\ndef model', text
    )
