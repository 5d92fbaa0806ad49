"""What a call costs, as ratios against floors measured in the same run.

    python benchmarks/latency.py --out benchmarks/results
    python benchmarks/latency.py --only watching

Floors: a grpc.aio echo over the same kind of socket, the same with the payload of an
image, XADD to a blocked XREAD, and a Celery message without a task. TARGETS are what
the service promises; the exit status is 1 where one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import latency_fleet
import latency_paths
from latency_paths import IMAGE_BYTES, Bench, Figures
from rig import Wanted, a_rig
from rig_measure import SEED, origin, quantiles, ratio, spread

P50: Final = "p50"
CPU: Final = "cpu"
BYTES: Final = "bytes"
P50_MS: Final = "p50 in ms"
P95_MS: Final = "p95 in ms"
_RENDER_S: Final = 0.03
_PACE_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: a figure, or its ratio to a floor, is at most the bound."""

    name: str
    kind: str
    over: str
    bound: float
    under: str = ""


TARGETS: Final = (
    Target("GetSession BASIC", P50, "get_session", 2.5, "echo"),
    Target("GetSession BASIC, CPU", CPU, "get_session", 2.5, "echo"),
    Target("SubmitFeedback", P50, "submit_feedback", 4.0, "echo"),
    Target("worker commit to watching client", P50, "finish_to_watch", 4.0, "xread"),
    Target("propose commit to worker start", P50, "commit_to_start", 2.0, "celery"),
    Target("propose commit to worker start, of a 1 s render", P50_MS,
           "commit_to_start", 10.0),
    Target("GetImage of 512 KiB", P50, "get_image", 1.5, "echo_512k"),
    Target("GetImage through the gateway", P50, "gateway_get_image", 2.0, "get_image"),
    Target("fit and propose, 50 rounds", P95_MS, "propose_50_rounds", 1000.0),
    Target("GetSession, 200 rounds to 5", P50, "get_session_long", 1.25, "get_session"),
    Target("GetSession, 200 rounds to 5, CPU", CPU, "get_session_long", 1.25,
           "get_session"),
    Target("GetSession, 200 rounds to 5, bytes", BYTES, "get_session_long", 1.05,
           "get_session_short"),
    Target("SubmitFeedback, 200 rounds to 5", P50, "submit_feedback_long", 1.25,
           "submit_feedback"),
    Target("SubmitFeedback, 200 rounds to 5, bytes", BYTES, "submit_feedback_long",
           1.05, "submit_feedback_short"),
    Target("ProposeRound beside the fit, 200 rounds to 5", P50,
           "propose_beside_fit_long", 1.5, "propose_beside_fit"),
)  # fmt: skip


def judged(target: Target, figures: Figures) -> dict[str, Any]:
    """Return what became of a target.

    Args:
        target: what was promised.
        figures: what was measured.
    """
    value, between = _value(target, figures)
    return {
        "name": target.name,
        "kind": target.kind,
        "over": target.over,
        "under": target.under,
        "value": round(value, 3),
        "spread": between,
        "bound": target.bound,
        "holds": value <= target.bound,
    }


def _value(target: Target, figures: Figures) -> tuple[float, list[float] | None]:
    over, under = target.over, target.under
    if target.kind == CPU:
        return figures.cpu_s[over] / figures.cpu_s[under], None
    if target.kind == BYTES:
        return figures.reply_bytes[over] / figures.reply_bytes[under], None
    seconds = figures.seconds[over]
    if target.kind == P50_MS:
        return 1000 * statistics.median(seconds), None
    if target.kind == P95_MS:
        return quantiles(seconds)["p95_ms"], None
    floor = figures.seconds[under]
    return ratio(seconds, floor), spread(seconds, floor)


Measure = Callable[[Bench, Figures, int], Awaitable[None]]

CHEAP: Final[dict[str, Measure]] = {
    "calls": latency_paths.calls,
    "images": latency_paths.images,
}
DEAR: Final[dict[str, Measure]] = {
    "watching": latency_fleet.watching,
    "waking": latency_fleet.waking,
    "proposals": latency_paths.proposals,
    "fits": latency_paths.fits,
}


async def measure(n: int, only: Sequence[str] = ()) -> Figures:
    """Return everything that was measured.

    Args:
        n: calls of each cheap kind; of the dear ones a tenth.
        only: names of what is measured; all if empty. Proposals need `calls`.
    """
    figures = Figures()
    wanted = Wanted(
        gateway=True, image_bytes=IMAGE_BYTES, render_s=_RENDER_S, pace_s=_PACE_S
    )
    with a_rig(wanted) as rig:
        async with (
            grpc.aio.insecure_channel(rig.replicas[0]) as channel,
            grpc.aio.insecure_channel(rig.echo) as floor,
        ):
            bench = await Bench.over(rig, channel, floor)
            for some, times in ((CHEAP, n), (DEAR, max(8, n // 10))):
                for name, path in some.items():
                    if not only or name in only:
                        await path(bench, figures, times)
    return figures


def _measured(target: Target, figures: Figures) -> bool:
    found = {
        CPU: figures.cpu_s.keys(),
        BYTES: figures.reply_bytes.keys(),
    }.get(target.kind, figures.seconds.keys())
    return {target.over, target.under} <= found | {""}


def document_of(figures: Figures, n: int) -> dict[str, Any]:
    """Return the result file.

    Args:
        figures: what was measured.
        n: calls of each cheap kind.
    """
    return {
        "benchmark": "latency",
        **origin(),
        "n": n,
        "seed": SEED,
        "targets": [
            judged(target, figures) for target in TARGETS if _measured(target, figures)
        ],
        "latency": {
            name: quantiles(seconds) for name, seconds in figures.seconds.items()
        },
        "cpu_ms": {name: round(1000 * s, 3) for name, s in figures.cpu_s.items()},
        "reply_bytes": figures.reply_bytes,
    }


def table_of(document: dict[str, Any]) -> str:
    """Return the targets as a Markdown table.

    Args:
        document: from `document_of`.
    """
    lines = [
        "| Target | measured | between | bound | holds |",
        "|---|---:|---:|---:|---|",
    ]
    for one in document["targets"]:
        unit = " ms" if one["kind"].endswith("ms") else "x"
        between = "-".join(f"{value:.2f}" for value in one["spread"] or ())
        lines.append(
            f"| {one['name']} | {one['value']:.2f}{unit} | {between} "
            f"| {one['bound']:g}{unit} | {'yes' if one['holds'] else '**no**'} |"
        )
    lines += [
        "",
        "| Path | n | p50 ms | p95 ms | p99 ms |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, cuts in document["latency"].items():
        cells = " | ".join(
            str(cuts[key]) for key in ("n", "p50_ms", "p95_ms", "p99_ms")
        )
        lines.append(f"| `{name}` | {cells} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, write, and return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--only", choices=[*CHEAP, *DEAR], action="append", default=[])
    parser.add_argument("--out", type=Path, help="folder of latency.json and .md")
    arguments = parser.parse_args()
    if arguments.only and arguments.out:
        parser.error("a result has every path: --only without --out")
    figures = asyncio.run(measure(arguments.calls, arguments.only))
    document = document_of(figures, arguments.calls)
    table = table_of(document)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=2) + "\n"
        (arguments.out / "latency.json").write_text(text)
        (arguments.out / "latency.md").write_text(table)
    print(table)
    return status_of(document)


def status_of(document: dict[str, Any]) -> int:
    """Return 1 if a target was missed, else 0.

    Args:
        document: from `document_of`.
    """
    return 0 if all(one["holds"] for one in document["targets"]) else 1


if __name__ == "__main__":
    sys.exit(main())
