"""One word per concept: no identifier uses what docs/glossary.md rules out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.tree import ROOT, tracked

DOMAIN: Final = (
    "services/multibo/jobs/",
    "services/multibo/optimizer/session/",
    "services/multibo/optimizer/app/",
)
KEPT: Final = re.compile(
    # Words of the right-hand column in a meaning of their own (docs/glossary.md).
    r"Response$|^response_time(_s|_ms)?$|^labels?$|^(low|high)_label$"
    r"|(^|_)page_(size|token)$|^PageToken|PAGE_TOKEN|^[Pp]age$"
)
_PROTO_NAME: Final = re.compile(
    r"^\s*(?:message|enum|service|rpc)\s+(?P<type>\w+)"
    r"|^\s*(?:repeated |optional )?[\w.<>, ]+\s(?P<field>\w+)\s*=\s*\d+\s*[;\[]"
    r"|^\s*(?P<value>[A-Z][A-Z0-9_]+)\s*=\s*\d+\s*[;\[]",
    re.MULTILINE,
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def ruled_out() -> set[str]:
    """The words of the column "Not", as the table has them."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    cells = [row.rstrip(" |").rpartition("|")[2] for row in rows]
    return {word.strip() for cell in cells for word in cell.split(",")}


def spoken(identifier: str) -> str:
    """`RenderSpec`, `render_spec` and `RENDER_SPEC` as " render spec "."""
    return f" {' '.join(word.lower() for word in _WORD.findall(identifier))} "


def offenses(identifiers: set[str], words: set[str]) -> list[str]:
    return sorted(
        f"{identifier}: {word}"
        for identifier in identifiers
        if not KEPT.search(identifier)
        for word in words
        if f" {word} " in spoken(identifier)
    )


def proto_identifiers(text: str) -> set[str]:
    without_comments = re.sub(r"//.*", "", text)
    return {
        name
        for match in _PROTO_NAME.finditer(without_comments)
        for name in match.groups()
        if name
    }


def defined_names(tree: ast.AST) -> Iterator[str]:
    """Names that the module gives: not those it merely uses."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr


def test_the_glossary_rules_something_out() -> None:
    words = ruled_out()

    assert {"study", "winner", "ground truth", "inference"} <= words


@pytest.mark.parametrize(
    "path",
    [path for path in tracked() if re.match(r"proto/multibo/.*\.proto$", path)],
)
def test_the_contract_speaks_the_glossary(path: str) -> None:
    identifiers = proto_identifiers((ROOT / path).read_text(encoding="utf-8"))

    assert identifiers
    assert offenses(identifiers, ruled_out()) == []


@pytest.mark.parametrize(
    "path",
    [p for p in tracked() if p.startswith(DOMAIN) and p.endswith(".py")],
)
def test_the_domain_speaks_the_glossary(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    # Queues are Celery's, and so are their tasks.
    words = ruled_out() - ({"task"} if path.endswith("/queues.py") else set())

    assert offenses(set(defined_names(tree)), words) == []


@pytest.mark.parametrize(
    ("identifier", "offense"),
    [
        ("ExperimentState", ["ExperimentState: experiment"]),
        ("best_candidate", ["best_candidate: best"]),
        ("GROUND_TRUTH", ["GROUND_TRUTH: ground truth"]),
        ("CreateSessionResponse", []),
        ("incumbent", []),
        ("scoreboard", []),
    ],
)
def test_an_offense_is_a_whole_word(identifier: str, offense: list[str]) -> None:
    assert offenses({identifier}, ruled_out()) == offense


def test_every_kind_of_proto_name_is_read() -> None:
    text = """
    message Round {  // message Trial
      repeated Candidate candidates = 1;
      map<string, string> labels = 2 [deprecated = true];
      enum State { STATE_OPEN = 1; }
    """

    names = proto_identifiers(text.replace("{ STATE", "{\n STATE"))

    assert names == {"Round", "candidates", "labels", "State", "STATE_OPEN"}
