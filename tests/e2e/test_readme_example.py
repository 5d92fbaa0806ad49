"""The client example of the README runs, as printed, against a running stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from multibo.local.supervisor import Stack

pytestmark = pytest.mark.redis

README = Path(__file__).parents[2] / "README.md"
LONGEST_LINES = 15


@pytest.fixture(scope="module")
def example() -> str:
    """The first Python block of the README."""
    found = re.search(r"^```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    assert found is not None, "the README has no ```python block"
    return found.group(1)


def test_the_example_is_short(example: str) -> None:
    assert len(example.strip().splitlines()) <= LONGEST_LINES


def test_the_example_runs_as_printed(
    example: str, stack: Stack, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", example],
        env={**os.environ, "MULTIBO_ADDRESS": stack.endpoints.grpc},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert done.returncode == 0, done.stderr
