"""The command line of `python -m multibo.evaluation`, checked before anything runs."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multibo.evaluation.calibration.arguments import (
    CalibrateArguments,
    add_calibrate,
)
from multibo.evaluation.preferences.arguments import (
    PreferenceArguments,
    add_preferences,
)
from multibo.evaluation.reach.arguments import (
    ReachReportArguments,
    ReachRunArguments,
    add_reach,
)
from multibo.evaluation.targets import TargetKind
from multibo.jobs.spec import SEED_LIMIT

_MAX_ROUNDS: Final = 200
_MAX_PROMPT_CHARACTERS: Final = 1000
_MAX_SESSIONS: Final = 1000


@dataclass(frozen=True, slots=True)
class DemoArguments:
    """One session on show."""

    auto: bool
    """Without a person and a page: play, report, exit."""
    n_rounds: int
    out: Path
    seed: int
    prompt: str | None
    """None means the one the seed stands for."""
    target: TargetKind
    address: str | None
    """gRPC target of a running stack; None means to start one."""
    open: bool | None
    """Whether to open a browser; None lets the program decide."""


@dataclass(frozen=True, slots=True)
class SeedsArguments:
    """Many sessions in a row."""

    seeds: tuple[int, ...]
    n_rounds: int
    out: Path
    target: TargetKind
    address: str | None
    in_process: bool
    """Engine and renderer without the service between them."""
    temperature: float
    lapse: float


@dataclass(frozen=True, slots=True)
class JudgesArguments:
    """The test every judge has to pass."""

    seeds: tuple[int, ...]
    out: Path


ImageArguments = (
    DemoArguments
    | SeedsArguments
    | JudgesArguments
    | CalibrateArguments
    | ReachRunArguments
    | ReachReportArguments
)
Arguments = ImageArguments | PreferenceArguments


def parse(arguments: Sequence[str]) -> Arguments:
    """Return what is asked for; a mistake prints its reason and exits with 2.

    Args:
        arguments: the words behind the program's name.
    """
    given = vars(_parser().parse_args(arguments))
    kind: type[Arguments] = given.pop("kind")
    return kind(**given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m multibo.evaluation",
        description="Simulated people search for hidden pictures; judges measure.",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_demo(verbs.add_parser("demo", help="show one session, alone or on the page"))
    _add_seeds(verbs.add_parser("seeds", help="play many sessions and sum them up"))
    _add_judges(verbs.add_parser("judges", help="test whether the judges are valid"))
    calibrate = verbs.add_parser("calibrate", help="measure a warp space on a model")
    add_calibrate(calibrate, folder=_folder)
    reach = verbs.add_parser("reach", help="measure how far search spaces reach")
    add_reach(reach, seeds=_seeds)
    bench = verbs.add_parser("bench", help="rank optimizers on problems without images")
    boards = bench.add_subparsers(required=True, metavar="BOARD")
    add_preferences(
        boards.add_parser("preferences", help="optimizers that see only choices"),
        seeds=_seeds,
    )
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(kind=DemoArguments)
    parser.add_argument(
        "--auto",
        action="store_true",
        help="no page, no person: a simulated user plays, then a report is written",
    )
    _add_rounds(parser)
    parser.add_argument(
        "--seed",
        type=_seed,
        default=7,
        help="of the session; 7 makes a telling one, `seeds` measures many",
    )
    parser.add_argument("--prompt", type=_prompt, help="what is typed")
    _add_system(parser)
    _add_out(parser, "out/demo")
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        help="open the page, or with --auto the report, in a browser",
    )


def _add_seeds(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(kind=SeedsArguments)
    parser.add_argument("--seeds", type=_seeds, default="1000-1009", metavar="A-B")
    _add_rounds(parser)
    _add_system(parser)
    _add_out(parser, "benchmarks/results")
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="without the service: engine and renderer alone",
    )
    parser.add_argument("--temperature", type=_not_negative, default=0.0)
    parser.add_argument("--lapse", type=_probability, default=0.0)


def _add_judges(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(kind=JudgesArguments)
    parser.add_argument("--seeds", type=_seeds, default="1000-1011", metavar="A-B")
    _add_out(parser, "benchmarks/results")


def _add_rounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rounds", dest="n_rounds", type=_rounds, default=10, metavar="N"
    )


def _add_system(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        type=TargetKind,
        choices=list(TargetKind),
        default=TargetKind.WARP,
        help="a hidden warp of the start, another seed of the prompt, a drawing the "
        "model never saw, or the start with other attributes",
    )
    parser.add_argument(
        "--address",
        type=_address,
        metavar="HOST:PORT",
        help="a running stack's optimizer; default: start a stack",
    )


def _add_out(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--out", type=_folder, default=default, metavar="DIR")


def _rounds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_ROUNDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not in 1..{_MAX_ROUNDS}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= SEED_LIMIT:
        raise argparse.ArgumentTypeError(f"{text!r} is not in 0..2^63-1")
    return int(text)


def _seeds(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    low, high = _seed(first), _seed(last or first)
    if not low <= high < low + _MAX_SESSIONS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a range A-B of 1..{_MAX_SESSIONS} seeds"
        )
    return tuple(range(low, high + 1))


def _prompt(text: str) -> str:
    if not text.strip() or len(text) > _MAX_PROMPT_CHARACTERS:
        raise argparse.ArgumentTypeError(
            f"a prompt has 1..{_MAX_PROMPT_CHARACTERS} characters"
        )
    return text


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    is_tcp = bool(re.fullmatch(r"[\w.\-]+|\[[0-9a-fA-F:]+\]", host)) and (
        port.isdecimal() and 0 < int(port) < 2**16
    )
    if not is_tcp and not re.fullmatch(r"unix:.+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT or unix:/path")
    return text


def _folder(text: str) -> Path:
    path = Path(text)
    if not text or (path.exists() and not path.is_dir()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return path


def _not_negative(text: str) -> float:
    value = _number(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number >= 0")
    return value


def _probability(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not in [0, 1]")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
