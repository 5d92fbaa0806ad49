"""The measurements with a file to show for: many seeds, and the judges' own test."""

import contextlib
import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from torch import Tensor

from multibo.evaluation.arguments import JudgesArguments, SeedsArguments
from multibo.evaluation.contact_sheet import overview_sheet
from multibo.evaluation.inprocess import InProcessSearch
from multibo.evaluation.metrics import METRICS, metric
from multibo.evaluation.protocol import Protocol
from multibo.evaluation.provenance import Provenance
from multibo.evaluation.record import SimulatedSession
from multibo.evaluation.runner import gain_table, play_all, summarize
from multibo.evaluation.search import Search
from multibo.evaluation.service import ServiceSearch
from multibo.evaluation.settings import Settings
from multibo.evaluation.stacks import connected
from multibo.evaluation.targets import Task
from multibo.evaluation.validity import Agreement, agreement
from multibo.render.pipelines import Pipeline

SCHEMA: Final = 1


def measure_seeds(
    given: SeedsArguments, settings: Settings, pipeline: Pipeline
) -> None:
    """Play a session per seed and write `demo.json`, `demo.md` and `demo.png`.

    Args:
        given: the command line.
        settings: the environment.
        pipeline: renders the targets, and the candidates of an in-process run.

    Raises:
        StackError: if no service can be had.
    """
    origin = Provenance.collect()
    protocol = Protocol(
        n_rounds=given.n_rounds, temperature=given.temperature, lapse=given.lapse
    )
    tasks = [Task.of_seed(seed, given.target) for seed in given.seeds]
    sessions: list[SimulatedSession] = []
    with _system(given, settings, pipeline) as open_search:
        for session in play_all(open_search, pipeline, tasks, protocol):
            sessions.append(session)
            gains = session.record.final_gains
            words = "  ".join(f"{name} {gains[name]:+.0%}" for name in gains)
            print(f"seed {session.record.seed}  {words}", flush=True)
    _write_seeds(sessions, protocol, given, origin)


def measure_judges(given: JudgesArguments, paths: Iterable[Tensor]) -> None:
    """Test every metric on paths to a target; write `judges.json` and `judges.md`.

    Args:
        given: the command line.
        paths: `n x 3 x height x width` each, one per seed.
    """
    origin = Provenance.collect()
    found: dict[str, list[Agreement]] = {name: [] for name in METRICS}
    for path in paths:
        for name, results in found.items():
            results.append(agreement(metric(name), path))
    plain = {name: [asdict(entry) for entry in found[name]] for name in found}
    document = {"seeds": list(given.seeds), "paths": plain}
    _write(given.out, "judges", _judge_table(found), document, origin)


def _judge_table(found: Mapping[str, Sequence[Agreement]]) -> str:
    lines = [
        "| Metric | Spearman, mean | Spearman, worst | gain half-way, mean |",
        "|---|---:|---:|---:|",
    ]
    for name, results in found.items():
        ranks = [result.spearman for result in results]
        half_way = statistics.mean(result.half_way_gain for result in results)
        lines.append(
            f"| {name} | {statistics.mean(ranks):.2f} | {min(ranks):.2f} "
            f"| {half_way:.2f} |"
        )
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def _system(
    given: SeedsArguments, settings: Settings, pipeline: Pipeline
) -> Iterator[Callable[[Task], Search]]:
    """Yield what opens a session with the system under test."""
    if given.in_process:
        yield lambda task: InProcessSearch(pipeline, task)
        return
    with connected(given.address, redis_url=settings.redis_url) as project:
        yield lambda task: ServiceSearch(project, task, n_rounds=given.n_rounds)


def _write_seeds(
    sessions: Sequence[SimulatedSession],
    protocol: Protocol,
    given: SeedsArguments,
    origin: Provenance,
) -> None:
    records = [session.record for session in sessions]
    document = {
        "system": "in process" if given.in_process else "service",
        "target": given.target.value,
        "protocol": asdict(protocol),
        "summary": {name: asdict(s) for name, s in summarize(records).items()},
        "sessions": [record.to_json() for record in records],
    }
    _write(given.out, "demo", gain_table(records), document, origin)
    overview_sheet(sessions).save(given.out / "demo.png", optimize=True)


def _write(
    folder: Path,
    name: str,
    table: str,
    document: Mapping[str, object],
    origin: Provenance,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"schema": SCHEMA, **document, "provenance": origin.to_json()}
    text = json.dumps(whole, indent=1)
    (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(table, encoding="utf-8")
    print(f"\n{table}\n{folder / name}.json")
