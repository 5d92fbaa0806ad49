"""The command line of the reach study: `reach run` and `reach report`."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multibo.evaluation.targets import TargetKind

EVERY: Final = 15
"""Images between checkpoints: five rounds."""
_MAX_IMAGES: Final = 999
_MAX_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class ReachRunArguments:
    """Play searches; may be done in parts."""

    seeds: tuple[int, ...]
    kinds: Sequence[TargetKind]
    strategies: Sequence[str]
    """Names; empty means all."""
    n_images: int
    steps: int
    dtype: str
    out: Path
    """Folder of the part: its tracks, and the pictures kept on the way."""


@dataclass(frozen=True, slots=True)
class ReachReportArguments:
    """Join the parts of a study."""

    parts: Sequence[Path]
    """Folders of parts, or result files of earlier studies."""
    out: Path
    images: Path
    """Folder of the contact sheets."""


def add_reach(
    parser: argparse.ArgumentParser, *, seeds: Callable[[str], tuple[int, ...]]
) -> None:
    """Add the verbs of the study.

    Args:
        parser: of the verb `reach`.
        seeds: reads a range A-B.
    """
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_run(verbs.add_parser("run", help="play model-free searches"), seeds)
    _add_report(verbs.add_parser("report", help="join parts: tables, curves, sheets"))


def _add_run(
    run: argparse.ArgumentParser, seeds: Callable[[str], tuple[int, ...]]
) -> None:
    run.set_defaults(kind=ReachRunArguments)
    run.add_argument("--seeds", type=seeds, default="1000-1009", metavar="A-B")
    run.add_argument(
        "--kinds",
        type=TargetKind,
        nargs="+",
        choices=list(TargetKind),
        default=tuple(TargetKind),
    )
    run.add_argument("--strategies", nargs="+", default=(), metavar="NAME")
    run.add_argument(
        "--images", dest="n_images", type=_count(_MAX_IMAGES), default=198, metavar="N"
    )
    run.add_argument("--steps", type=_count(_MAX_STEPS), default=4, metavar="N")
    run.add_argument("--dtype", choices=("float32", "bfloat16"), default="bfloat16")
    run.add_argument("--out", type=Path, default=Path("out/reach/all"), metavar="DIR")


def _add_report(report: argparse.ArgumentParser) -> None:
    report.set_defaults(kind=ReachReportArguments)
    report.add_argument("parts", type=Path, nargs="+", metavar="PART")
    report.add_argument(
        "--out", type=Path, default=Path("benchmarks/results"), metavar="DIR"
    )
    report.add_argument(
        "--images", type=Path, default=Path("docs/images"), metavar="DIR"
    )


def _count(largest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= largest:
            raise argparse.ArgumentTypeError(f"{text!r} is not in 1..{largest}")
        return int(text)

    return read
