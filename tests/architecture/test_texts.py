"""The texts say what is true: commands exist, links lead somewhere."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from multibo.optimizer.api.endpoint import SERVICES
from multibo.optimizer.api.registration import method_name
from tests.support.tree import ROOT, tracked

TEXTS: Final = [path for path in tracked() if path.endswith(".md")]
ADRS: Final = [path for path in tracked() if re.match(r"docs/adr/\d{4}-", path)]
MAX_EXAMPLE_LINES: Final = 15
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE: Final = re.compile(r"(?:`|^\s*|&& )make ([a-z-]+)", re.MULTILINE)
_MULTIBO: Final = re.compile(r"(?:`|^\s*|bin/)multibo ([a-z]+)", re.MULTILINE)
_BRITISH: Final = re.compile(
    r"\b(colours?|behaviours?|favour\w*|honour\w*|centred?|normalis\w+|optimis\w+"
    r"|parametris\w+|initialis\w+|recognis\w+|analys(e|ed|ing)|neighbours?"
    r"|licence|catalogue|grey|acknowledgement)\b",
    re.IGNORECASE,
)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The link targets that a renderer makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


@cache
def cli_help() -> str:
    """What `multibo --help` prints."""
    program = Path(sys.executable).with_name("multibo")
    return subprocess.run(
        [program, "--help"], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("path", TEXTS)
def test_every_link_into_the_repository_leads_somewhere(path: str) -> None:
    broken = []
    for link in _LINK.findall(read(path)):
        target, _, fragment = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (ROOT / path).parent / target if target else ROOT / path
        if not file.exists() or (fragment and fragment not in anchors_of(file)):
            broken.append(link)

    assert broken == []


def anchors_of(file: Path) -> set[str]:
    return anchors(file.read_text(encoding="utf-8")) if file.is_file() else set()


@pytest.mark.parametrize("path", TEXTS)
def test_every_verb_a_text_names_exists(path: str) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))

    assert set(_MAKE.findall(read(path))) - verbs == set()


def test_every_command_the_texts_name_exists() -> None:
    named = {name for path in TEXTS for name in _MULTIBO.findall(read(path))}

    assert {"up", "demo"} <= named
    assert [name for name in named if not re.search(rf"\b{name}\b", cli_help())] == []


@pytest.mark.parametrize("path", TEXTS)
def test_a_text_is_written_in_us_english(path: str) -> None:
    assert [match[0] for match in _BRITISH.finditer(read(path))] == []


@pytest.mark.parametrize("process", ["optimizer", "render", "gateway"])
def test_the_settings_of_a_process_are_those_documented(process: str) -> None:
    settings = importlib.import_module(f"multibo.{process}.settings").Settings
    shared = {"redis_url", "blob_url", "blob_url_key", "catalog", "process"}
    fields = {field.name.upper() for field in dataclasses.fields(settings)}

    documented = set(
        re.findall(rf"`MULTIBO_{process.upper()}_(\w+)`", read("docs/operations.md"))
    )

    assert documented == fields - {name.upper() for name in shared}


def methods() -> dict[str, bool]:
    """Every method of the contract, and whether a servicer offers it."""
    offered = {}
    for service in SERVICES:
        stem = service.name.removesuffix("Service")
        module = f"multibo.optimizer.api.{stem.lower()}_servicer"
        servicer = getattr(importlib.import_module(module), f"{stem}Servicer")
        for method in service.methods:
            offered[method.name] = hasattr(servicer, method_name(method.name))
    return offered


def test_the_api_page_lists_the_methods_and_those_that_are_not_built() -> None:
    section = read("docs/api.md").partition("## Methods")[2]
    table, _, rest = section.partition("Answers UNIMPLEMENTED:")
    named = set(re.findall(r"`(\w+)`", rest.partition("\n")[0]))

    offered = methods()

    assert set(re.findall(r"`(\w+)`", table)) == set(offered)
    assert named == {name for name, is_offered in offered.items() if not is_offered}


def test_the_readme_opens_with_two_commands_and_a_short_example() -> None:
    text = read("README.md")

    example = code_blocks(text, "python")[0].strip().splitlines()

    assert "make demo" in text
    assert "make test" in text
    assert len(example) <= MAX_EXAMPLE_LINES
    assert ast.parse("\n".join(example)).body


@pytest.mark.parametrize("path", ADRS)
def test_a_decision_has_its_three_parts_on_one_page(path: str) -> None:
    text = read(path)

    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)

    assert headings == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    numbers = [int(Path(path).name[:4]) for path in ADRS]
    index = read("docs/adr/README.md")

    assert numbers == list(range(1, len(ADRS) + 1))
    assert [path for path in ADRS if f"({Path(path).name})" not in index] == []


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    headings = re.findall(r"^## (.*)$", read("CHANGELOG.md"), re.MULTILINE)

    assert headings[0] == "[Unreleased]"


def test_the_notice_carries_every_artist_of_the_model_card() -> None:
    card = read("services/multibo/pretrained/avatars/MODEL_CARD.md")
    rows = re.findall(r"^\|.*\|.*\| (.*?) \| <.*> \| CC.* \|$", card, re.MULTILINE)

    assert len(rows) == 8
    assert [artist for artist in rows if artist not in read("NOTICE")] == []
