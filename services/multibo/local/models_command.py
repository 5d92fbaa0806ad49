"""The arguments of `multibo models`."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from multibo.local import models


def add_arguments(parser: argparse.ArgumentParser, *, default_dir: Path) -> None:
    """Describe `multibo models add`.

    Args:
        parser: of the `add` command.
        default_dir: state directory if none is named.
    """
    parser.add_argument("name", help="how sessions name it, such as sdxl")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--path", type=Path, metavar="FOLDER", help="folder of a diffusers pipeline"
    )
    source.add_argument(
        "--hub", default="", metavar="ID", help="owner/name, already in the hub's cache"
    )
    parser.add_argument("--revision", default="", help="commit, branch or tag")
    parser.add_argument(
        "--dtype",
        default="auto",
        choices=["auto", "float32", "bfloat16", "float16"],
        help="number format (default: auto)",
    )
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, cuda:N (default: auto)"
    )
    parser.add_argument(
        "--offload",
        default="none",
        choices=["none", "model", "sequential"],
        help="what waits in main memory while it is not needed (default: none)",
    )
    parser.add_argument("--steps", type=int, metavar="N", help="denoising steps")
    parser.add_argument("--guidance", type=float, metavar="X", help="guidance scale")
    parser.add_argument(
        "--size", type=_size, metavar="WxH", help="pixels (default: the model's own)"
    )
    parser.add_argument("--negative", default="", help="negative prompt")
    parser.add_argument(
        "--state-dir",
        metavar="DIR",
        type=Path,
        default=default_dir,
        help=f"whose catalog.toml is extended (default: {default_dir})",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Add a model and say what was found.

    Args:
        options: as `add_arguments` describes them.

    Returns:
        The exit status.
    """
    catalog = models.catalog_of(options.state_dir, os.environ)
    catalog = catalog or options.state_dir / models.CATALOG
    found = models.add(
        models.NewModel(
            name=options.name,
            folder=options.path,
            hub=options.hub,
            revision=options.revision,
            dtype=options.dtype,
            device=options.device,
            offload=options.offload,
            steps=options.steps,
            guidance=options.guidance,
            size=options.size,
            negative=options.negative,
        ),
        catalog,
        os.environ,
    )
    print(f"{options.name}: {found.defaults.architecture} in {found.folder}")
    print(f"written to {catalog}; it is offered from the next `multibo up` on")
    return 0


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError("WIDTHxHEIGHT, such as 1024x1024")
    return int(found.group(1)), int(found.group(2))
