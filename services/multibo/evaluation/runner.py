"""Many simulated sessions in a row, and what they amount to."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from multibo.evaluation.held_out import drawing_png
from multibo.evaluation.protocol import Protocol, play
from multibo.evaluation.record import RoundRecord, SessionRecord, SimulatedSession
from multibo.evaluation.search import Search
from multibo.evaluation.targets import TargetKind, Task, target_spec
from multibo.render.pipelines import Pipeline


@dataclass(frozen=True, slots=True)
class GainSummary:
    """The final gains of many sessions by one metric."""

    n_sessions: int
    n_closer: int
    """Sessions that ended closer to their target than they had started."""
    median: float
    lower_quartile: float
    upper_quartile: float
    worst: float

    @classmethod
    def of(cls, gains: Sequence[float]) -> "GainSummary":
        """Return the summary of final gains.

        Args:
            gains: one per session; at least one.
        """
        # A single session is its own quartiles.
        cuts = statistics.quantiles(
            gains if len(gains) > 1 else [*gains, *gains], n=4, method="inclusive"
        )
        return cls(
            n_sessions=len(gains),
            n_closer=sum(value > 0 for value in gains),
            median=cuts[1],
            lower_quartile=cuts[0],
            upper_quartile=cuts[2],
            worst=min(gains),
        )


def render_target(pipeline: Pipeline, task: Task) -> bytes:
    """Return the hidden target as PNG.

    Args:
        pipeline: the model the session searches with.
        task: what is searched.

    Raises:
        ProtocolError: if the target is a drawing and what draws it is not installed.
    """
    if task.kind is TargetKind.DRAWING:
        return drawing_png(task.seed)
    (image,) = pipeline.render([target_spec(pipeline.model, task)])
    assert image is not None  # nobody drops the row
    return image.file.data


def play_all(
    open_search: Callable[[Task], Search],
    pipeline: Pipeline,
    tasks: Sequence[Task],
    protocol: Protocol,
    on_round: Callable[[RoundRecord], None] = lambda _: None,
) -> Iterator[SimulatedSession]:
    """Yield one finished session per task.

    Args:
        open_search: begins a session with the system under test.
        pipeline: renders the targets.
        tasks: what is searched, one session each.
        protocol: the rules.
        on_round: told about each judged round.
    """
    for task in tasks:
        target_png = render_target(pipeline, task)
        yield play(open_search(task), task, target_png, protocol, on_round)


def summarize(records: Sequence[SessionRecord]) -> dict[str, GainSummary]:
    """Return the summary of final gains, by metric.

    Args:
        records: of sessions under one protocol; at least one.
    """
    return {
        name: GainSummary.of([record.final_gains[name] for record in records])
        for name in records[0].metrics
    }


def gain_table(records: Sequence[SessionRecord]) -> str:
    """Return the final gains as a Markdown table: a row per seed, then the summary.

    Args:
        records: of sessions under one protocol; at least one.
    """
    metrics = records[0].metrics
    lines = [
        f"| Seed | Prompt | {' | '.join(metrics)} |",
        f"|---|---|{'---:|' * len(metrics)}",
    ]
    for record in records:
        gains = " | ".join(f"{record.final_gains[name]:+.0%}" for name in metrics)
        lines.append(f"| {record.seed} | {record.prompt} | {gains} |")
    summaries = summarize(records).values()
    medians = " | ".join(
        f"{s.median:+.0%} ({s.lower_quartile:+.0%} to {s.upper_quartile:+.0%})"
        for s in summaries
    )
    closer = " | ".join(f"{s.n_closer} of {s.n_sessions}" for s in summaries)
    lines.append(f"| | **median (quartiles)** | {medians} |")
    lines.append(f"| | **ended closer** | {closer} |")
    return "\n".join(lines) + "\n"
