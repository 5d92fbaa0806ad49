"""How long a person waits for the next slate, with and without work ahead.

    python benchmarks/speculation.py --out benchmarks/results

One worker with the embedded model and one optimizer per setting; sessions of a few
answers take turns between the settings. Each round is looked at for 4, 8 or 12 s, then
any of its images is chosen with equal chance: nobody's answers are harder to foresee.
A session chooses its start noise in its first two rounds and searches after.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from circumstances import surroundings
from rig import Rig, Wanted, a_free_address, a_rig

from multibo.client import connect

MODES: Final = ("off", "slates", "images")
LOOKS_S: Final = (4.0, 8.0, 12.0)
CASTING_ROUNDS: Final = 2
SEED: Final = 1000
PROMPT: Final = "comic portrait, brown long hair, light skin, blue background"
_COUNTED: Final = re.compile(
    r'^(multibo_speculative_\w+)_total\{.*result="(\w+)"\} (\S+)$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Wait:
    """What followed one answer."""

    mode: str
    look_s: float
    stage: str
    """What the slate that was waited for is about: casting or search."""
    answer_s: float
    """Until the answer was acknowledged."""
    propose_s: float
    """From then until the slate was known."""
    total_s: float
    """From the answer until all images were there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where sessions of one setting are played."""

    mode: str
    rig: Rig
    metrics: str

    def counts(self) -> dict[str, float]:
        """Return the counters of work ahead."""
        with urllib.request.urlopen(self.metrics) as page:
            text = page.read().decode()
        return {
            f"{name}:{result}": float(n) for name, result, n in _COUNTED.findall(text)
        }


def a_place(mode: str, stack: ExitStack) -> Place:
    """Return running processes of a setting.

    Args:
        mode: of `MODES`.
        stack: stops them.
    """
    address = a_free_address()
    settings = {
        "MULTIBO_OPTIMIZER_SPECULATION": mode,
        "MULTIBO_OPTIMIZER_METRICS_LISTEN": address,
    }
    rig = stack.enter_context(a_rig(Wanted(n_workers=1, optimizer=settings)))
    return Place(mode, rig, f"http://{address}/metrics")


def played(place: Place, looks_s: Sequence[float], seed: int) -> Iterator[Wait]:
    """Yield what follows each answer of one session.

    Args:
        place: where it is played.
        looks_s: how long each round is looked at.
        seed: of session and choices; the same in every setting.
    """
    choices = random.Random(seed)
    with connect(place.rig.replicas[0]) as multibo:
        session = multibo.create_session(
            PROMPT, rounds=20, seed=seed, casting_rounds=CASTING_ROUNDS
        )
        round = session.propose()
        for number, look_s in enumerate(looks_s, start=1):
            time.sleep(look_s)
            began = time.perf_counter()
            round.choose(choices.randrange(len(round.candidates)))
            answered = time.perf_counter()
            session.propose(wait=False)
            proposed = time.perf_counter()
            round = session.propose()
            ended = time.perf_counter()
            yield Wait(
                place.mode,
                look_s,
                "casting" if number < CASTING_ROUNDS else "search",
                answered - began,
                proposed - answered,
                ended - began,
            )
        session.finish()


def measured(n_turns: int) -> dict[str, Any]:
    """Return all waits and counters.

    Args:
        n_turns: sessions per setting.
    """
    waits: list[Wait] = []
    with ExitStack() as stack:
        places = [a_place(mode, stack) for mode in MODES]
        for place in places:  # the first slate of a process is not like the others
            list(played(place, (0.5,), SEED - 1))
        before = {place.mode: place.counts() for place in places}
        for turn in range(n_turns):
            looks_s = [LOOKS_S[(turn + n) % len(LOOKS_S)] for n in range(len(LOOKS_S))]
            for place in places:
                waits += played(place, looks_s, SEED + turn)
        counts = {
            place.mode: {
                name: n - before[place.mode].get(name, 0.0)
                for name, n in place.counts().items()
            }
            for place in places
        }
    return {
        **surroundings(),
        "benchmark": "speculation",
        "prompt": PROMPT,
        "seeds": [SEED + turn for turn in range(n_turns)],
        "casting_rounds": CASTING_ROUNDS,
        "worker_threads": 1,
        "summary": summary(waits),
        "shares": {mode: shares(counts[mode]) for mode in MODES},
        "counts": counts,
        "waits": [asdict(wait) for wait in waits],
    }


def summary(waits: Sequence[Wait]) -> list[dict[str, Any]]:
    """Return medians and extremes by setting, over all waits and by look and stage."""
    rows = []
    groups: dict[str, list[Wait]] = {"all": list(waits)}
    for wait in waits:
        groups.setdefault(f"look {wait.look_s:g} s", []).append(wait)
        groups.setdefault(wait.stage, []).append(wait)
    for name, group in sorted(groups.items()):
        for mode in MODES:
            own = [wait for wait in group if wait.mode == mode]
            totals = [wait.total_s for wait in own]
            proposals = [wait.propose_s for wait in own]
            rows.append(
                {
                    "group": name,
                    "mode": mode,
                    "n": len(own),
                    "total_s": _spread(totals),
                    "propose_s": _spread(proposals),
                }
            )
    return rows


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }


def shares(counts: dict[str, float]) -> dict[str, float | None]:
    """Return which share of slates was found, and of images rendered ahead wasted.

    Args:
        counts: of one setting; None where there was nothing.
    """
    slates = [counts.get(f"multibo_speculative_slates:{one}", 0) for one in _FOUND]
    images = [counts.get(f"multibo_speculative_images:{one}", 0) for one in _USED]
    return {
        "slates_found": round(slates[0] / sum(slates), 3) if sum(slates) else None,
        "images_wasted": round(images[1] / sum(images), 3) if sum(images) else None,
    }


_FOUND: Final = ("hit", "miss")
_USED: Final = ("hit", "wasted")


def as_text(found: dict[str, Any]) -> str:
    """Return the result as a Markdown page."""
    lines = [
        "# Work ahead: from the answer to the next slate",
        "",
        f"{found['machine']['processor']}, {found['machine']['cores']} cores, one",
        f"worker of one thread; commit {found['commit'][:12]}, {found['time']}.",
        "Seconds, median (least to most); `propose` until the slate is known, `all`",
        "until its four images are there.",
        "",
        "| rounds | work ahead | answers | propose | all |",
        "|---|---|---:|---:|---:|",
    ]
    for row in found["summary"]:
        propose, total = (_told(row[name]) for name in ("propose_s", "total_s"))
        lines.append(
            f"| {row['group']} | {row['mode']} | {row['n']} | {propose} | {total} |"
        )
    lines += [
        "",
        "| work ahead | slates found | images rendered for nothing |",
        "|---|---:|---:|",
    ]
    for mode, share in found["shares"].items():
        told = [
            "-" if share[name] is None else f"{100 * share[name]:.0f} %"
            for name in ("slates_found", "images_wasted")
        ]
        lines.append(f"| {mode} | {told[0]} | {told[1]} |")
    return "\n".join(lines) + "\n"


def _told(spread: dict[str, float]) -> str:
    return f"{spread['median']:.3f} ({spread['min']:.3f} to {spread['max']:.3f})"


def main() -> int:
    """Measure and write; return 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--turns", type=int, default=3, help="sessions per setting")
    options = parser.parse_args()
    found = measured(options.turns)
    options.out.mkdir(parents=True, exist_ok=True)
    text = as_text(found)
    (options.out / "speculation.md").write_text(text, encoding="utf-8")
    document = json.dumps(found, indent=1) + "\n"
    (options.out / "speculation.json").write_text(document, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
