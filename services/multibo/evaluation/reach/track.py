"""How far one strategy came on one task, over the images shown."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a search stood."""

    n_images: int
    """Distinct images shown so far, without the start."""
    gains: Mapping[str, float]
    """Of the anchor over the start, by metric."""


@dataclass(frozen=True, slots=True)
class Track:
    """One search."""

    strategy: str
    kind: str
    """Of the target."""
    seed: int
    """Of the task."""
    prompt: str
    checkpoints: tuple[Checkpoint, ...]

    @property
    def key(self) -> tuple[str, str, int]:
        """What no other search of a study has."""
        return (self.strategy, self.kind, self.seed)

    def gain(self, metric: str, n_images: int) -> float | None:
        """Return the gain at a number of images; None if it was not measured there.

        Args:
            metric: by which distance.
            n_images: of a checkpoint.
        """
        for checkpoint in self.checkpoints:
            if checkpoint.n_images == n_images:
                return checkpoint.gains[metric]
        return None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Track":
        """Return the track that `asdict` wrote.

        Args:
            document: plain JSON values.
        """
        checkpoints = tuple(Checkpoint(**entry) for entry in document["checkpoints"])
        return cls(**{**document, "checkpoints": checkpoints})


def write_tracks(
    path: Path, tracks: Iterable[Track], about: Mapping[str, object]
) -> None:
    """Write tracks as JSON.

    Args:
        path: of the file.
        tracks: any number.
        about: what else is to be said: protocol, provenance.
    """
    document = {**about, "tracks": [asdict(track) for track in tracks]}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(f"{json.dumps(document, indent=1)}\n", encoding="utf-8")
    unfinished.replace(path)


def read_tracks(paths: Iterable[Path]) -> tuple[tuple[Track, ...], list[Any]]:
    """Return the tracks of several files, the longest of each search, and what else.

    Args:
        paths: files that `write_tracks` wrote, or results made of them.

    Returns:
        The tracks in a fixed order, and per file all but its tracks.
    """
    found: dict[tuple[str, str, int], Track] = {}
    about: list[Any] = []
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"))
        for entry in document.pop("tracks"):
            track = Track.from_json(entry)
            known = found.get(track.key)
            if known is None or len(known.checkpoints) < len(track.checkpoints):
                found[track.key] = track
        # A report is a joined part itself.
        about += document.get("parts", [document])
    return tuple(found[key] for key in sorted(found)), about
