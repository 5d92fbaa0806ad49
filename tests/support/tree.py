"""The repository as git sees it: what is committed or about to be, nothing ignored."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
GENERATED: Final = ("proto/gen/", "services/multibo/gateway/page/")
"""Written by tools; held by their own tests, not by the gates of handwriting."""


@cache
def tracked() -> tuple[str, ...]:
    """Every path of the work tree that git does not ignore, relative to `ROOT`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # A file deleted but not yet committed is still listed.
    return tuple(
        path for path in sorted(listed.split("\0")) if path and (ROOT / path).is_file()
    )


def handwritten(*suffixes: str) -> list[str]:
    """The tracked files with one of these suffixes that people wrote."""
    return [
        path
        for path in tracked()
        if path.endswith(suffixes) and not path.startswith(GENERATED)
    ]
