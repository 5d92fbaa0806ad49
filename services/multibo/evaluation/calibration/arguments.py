"""The command line of `calibrate`."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_METRICS: Final = ("avatars-patch", "avatars-clip", "ms-ssim", "blurred-pixels")


@dataclass(frozen=True, slots=True)
class CalibrateArguments:
    """One space on one model."""

    model: str
    """A catalog name."""
    catalog: Path | None
    """None means the catalog that ships with the product."""
    space: str
    """A warp space of the model; empty means that of its default."""
    metric: str
    n_cases: int
    """Pairs of prompt and seed."""
    n_vectors: int
    """Random vectors per case that variants are compared on."""
    steps: int
    """Denoising steps; 0 means as many as the model's."""
    dtype: str
    """Number format of the model; `auto` takes the fastest one."""
    out: Path


def add_calibrate(
    parser: argparse.ArgumentParser, *, folder: Callable[[str], Path]
) -> None:
    """Add the options of `calibrate`.

    Args:
        parser: of the verb.
        folder: reads a folder's name.
    """
    parser.set_defaults(kind=CalibrateArguments)
    parser.add_argument("model", help="a model of the catalog")
    parser.add_argument("--catalog", type=Path, help="another catalog.toml")
    parser.add_argument("--space", default="", help="a warp space of the model")
    parser.add_argument("--metric", choices=_METRICS, default=_METRICS[0])
    parser.add_argument("--cases", dest="n_cases", type=_some, default=4)
    parser.add_argument("--vectors", dest="n_vectors", type=_some, default=8)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--dtype", default="float32", help="auto: the fastest one")
    parser.add_argument(
        "--out", type=folder, default="benchmarks/results", metavar="DIR"
    )


def _some(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number >= 1")
    return int(text)
