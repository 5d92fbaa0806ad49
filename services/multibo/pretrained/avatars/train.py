"""Trains the embedded model: `python -m multibo.pretrained.avatars.train --help`.

Five stages in a row, each from the files of the one before: data, vae, clip, unet,
export. The full plan wants one GPU for about 25 minutes; the toy plan checks every
stage on a CPU in seconds.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import torch

from multibo.pretrained.avatars.train_clip import train_clip
from multibo.pretrained.avatars.train_data import make_data
from multibo.pretrained.avatars.train_export import checksums, export
from multibo.pretrained.avatars.train_plan import FULL, TOY, Plan
from multibo.pretrained.avatars.train_unet import train_unet
from multibo.pretrained.avatars.train_vae import train_vae

_STAGES: Final[dict[str, Callable[[Path, Plan], None]]] = {
    "data": make_data,
    "vae": train_vae,
    "clip": train_clip,
    "unet": train_unet,
}
_PLANS: Final = {"full": FULL, "toy": TOY}


def train_avatars(
    work: Path, out: Path, plan: Plan, stages: Sequence[str] = (*_STAGES, "export")
) -> None:
    """Run stages of the training in their order.

    Args:
        work: the folder of intermediate results.
        out: gets `pipe/` and `judge/`.
        plan: sizes and recipes.
        stages: those to run; the files of earlier ones have to be there.
    """
    torch.manual_seed(0)
    for name, stage in _STAGES.items():
        if name in stages:
            stage(work, plan)
    if "export" in stages:
        export(work, out)
        for name, digest in checksums(out).items():
            print(f"{digest}  {name}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train.

    Args:
        arguments: those of the process if None.
    """
    parser = argparse.ArgumentParser(
        prog="python -m multibo.pretrained.avatars.train",
        description="Train the embedded avatar model and its judge.",
    )
    parser.add_argument("--work", type=Path, default=Path("out/training"))
    parser.add_argument("--out", type=Path, default=Path("out/export"))
    parser.add_argument("--plan", choices=sorted(_PLANS), default="full")
    parser.add_argument(
        "--stages",
        nargs="+",
        choices=[*_STAGES, "export"],
        default=[*_STAGES, "export"],
    )
    given = parser.parse_args(arguments)
    train_avatars(given.work, given.out, _PLANS[given.plan], given.stages)


if __name__ == "__main__":
    main()
