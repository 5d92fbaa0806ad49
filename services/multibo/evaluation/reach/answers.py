"""What the simulated persons answered, on disk, so that a long run can be resumed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from multibo.evaluation.reach.play import Search

Key = tuple[str, str, int]
"""Strategy, kind and seed of a search, as in `Track.key`."""


def write_answers(path: Path, searches: Sequence[Search]) -> None:
    """Write the answers of searches as JSON.

    Args:
        path: of the file.
        searches: any number.
    """
    document = [
        {"key": search.track().key, "answers": search.answers} for search in searches
    ]
    unfinished = path.with_suffix(".part")
    unfinished.write_text(f"{json.dumps(document)}\n", encoding="utf-8")
    unfinished.replace(path)


def read_answers(path: Path) -> Mapping[Key, Sequence[int | None]]:
    """Return the answers of every search; none if there is no file.

    Args:
        path: of a file that `write_answers` wrote.
    """
    if not path.is_file():
        return {}
    document = json.loads(path.read_text(encoding="utf-8"))
    return {tuple(entry["key"]): entry["answers"] for entry in document}
