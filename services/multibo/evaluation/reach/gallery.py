"""Pictures of a study on disk, and the contact sheets made of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from PIL import Image
from torch import Tensor

from multibo.evaluation.pictures import decode_picture, to_image
from multibo.evaluation.reach.sheet import Line, draw_sheet
from multibo.evaluation.reach.track import Track

_QUALITY: Final = 90


def keep_picture(folder: Path, kind: str, seed: int, moment: str, of: Tensor) -> None:
    """Write one picture of a task.

    Args:
        folder: of the part; made if it is missing.
        kind: of the task's target.
        seed: of the task.
        moment: start, target, or the number of images shown.
        of: `3 x height x width`, the picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    to_image(of).save(folder / f"{kind}-{seed}-{moment}.webp", quality=_QUALITY)


def sheets(
    tracks: Sequence[Track], parts: Sequence[Path], moments: Sequence[str], metric: str
) -> Mapping[str, Image.Image]:
    """Return a contact sheet per kind of task, one line per search.

    Args:
        tracks: of one strategy.
        parts: folders that `keep_picture` wrote to.
        moments: from start to target; searches without all of them are left out.
        metric: whose last gain stands in front of each line.
    """
    found: dict[str, list[Line]] = {}
    for track in tracks:
        pictures = _pictures(track, parts, moments)
        if pictures:
            gain = track.checkpoints[-1].gains[metric]
            words = f"seed {track.seed}\n{metric}\n{gain:+.0%}"
            found.setdefault(track.kind, []).append((words, pictures))
    return {f"reach-{kind}": draw_sheet(moments, found[kind]) for kind in found}


def _pictures(
    track: Track, parts: Sequence[Path], moments: Sequence[str]
) -> list[Tensor]:
    """Return the pictures of all moments, or none."""
    names = [f"{track.kind}-{track.seed}-{moment}.webp" for moment in moments]
    for part in parts:
        paths = [part / name for name in names]
        if all(path.is_file() for path in paths):
            return [decode_picture(path.read_bytes()) for path in paths]
    return []
