"""What may be committed: nothing huge, nothing of one machine, no loose ends."""

from __future__ import annotations

import re
import subprocess
from typing import Final

import pytest

from tests.support.tree import GENERATED, ROOT, handwritten, tracked

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
CODE: Final = handwritten(".py", ".lua", ".proto", ".ts", ".sh", ".toml", ".yaml")
TEXTS: Final = [*CODE, *handwritten(".md", ".txt", ".html", ".css")]
SCRIPTS: Final = [*handwritten(".sh"), ".ci/run"]
LUA: Final = handwritten(".lua")
# Spelled in pieces, so that this file does not find itself.
_LOOSE_END: Final = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b(?!\(#\d+\))")
_MACHINE: Final = re.compile(r"(?<![\w.])/(work|root)/")


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_no_file_is_too_large_for_plain_git() -> None:
    sizes = {path: (ROOT / path).stat().st_size for path in tracked()}

    assert {path: n for path, n in sizes.items() if n > MAX_FILE_BYTES} == {}


def test_weights_are_files_and_not_pointers() -> None:
    weights = [path for path in tracked() if path.endswith(".safetensors")]

    assert weights
    assert [path for path in weights if (ROOT / path).stat().st_size < 10_000] == []


def found(pattern: re.Pattern[str], paths: list[str]) -> dict[str, list[str]]:
    hits = {path: [hit[0] for hit in pattern.finditer(read(path))] for path in paths}
    return {path: texts for path, texts in hits.items() if texts}


def test_a_loose_end_carries_the_number_of_an_issue() -> None:
    assert found(_LOOSE_END, CODE) == {}


def test_no_path_of_one_machine_is_written_down() -> None:
    assert found(_MACHINE, TEXTS) == {}


@pytest.mark.parametrize("path", SCRIPTS)
def test_a_shell_script_parses_and_stops_at_errors(path: str) -> None:
    done = subprocess.run(
        ["bash", "-n", ROOT / path], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert re.search(r"^set -[a-z]*u", read(path), re.MULTILINE)


@pytest.mark.parametrize("path", LUA)
def test_a_lua_script_opens_with_its_keys_arguments_and_reply(path: str) -> None:
    lines = read(path).splitlines()
    first_code = next(n for n, line in enumerate(lines) if not line.startswith("--"))
    opening = "\n".join(lines[:first_code])

    missing = [
        word
        for word in ("KEYS", "ARGV", "reply")
        if word.lower() not in opening.lower()
    ]

    assert missing == []


def test_generated_files_say_so() -> None:
    unmarked = [
        path
        for path in tracked()
        if path.startswith(GENERATED[0])
        and path.endswith("_pb2.py")
        and "DO NOT EDIT" not in read(path)
    ]

    assert unmarked == []
