"""What the command line prints about sessions and models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from multibo.client.sync_project import Project
from multibo.client.types import CandidateInfo, RoundInfo, SessionInfo, SessionState

PROMPT_SHOWN = 60


def list_sessions(project: Project, *, states: Sequence[SessionState]) -> None:
    """Print the project's sessions, newest first.

    Args:
        project: whose.
        states: only sessions in one of these; empty means all.
    """
    rows = [
        (
            _last_part(info.name),
            info.state.value,
            f"{info.n_feedbacks}/{info.spec.rounds}",
            _when(info.create_time),
            _shortened(info.spec.prompt),
        )
        for info in project.sessions(states=states)
    ]
    _print_table(("SESSION", "STATE", "ROUNDS", "CREATED", "PROMPT"), rows)


def show_session(project: Project, name: str) -> None:
    """Print a session and its latest round.

    Args:
        project: whose.
        name: resource name, or only its last part.
    """
    info = project.session(name).info
    for label, value in _facts(info):
        print(f"{label:<12}{value}")
    if info.latest_round is not None:
        print()
        _print_round(info.latest_round)


def _facts(info: SessionInfo) -> list[tuple[str, str]]:
    spec = info.spec
    return [
        ("name", info.name),
        ("state", info.state.value),
        ("prompt", spec.prompt),
        ("model", f"{spec.model} (revision {spec.model_revision})"),
        ("warp space", spec.warp_space),
        ("seed", str(spec.seed)),
        ("rounds", f"{info.n_feedbacks} of {spec.rounds} judged"),
        ("images", str(info.n_images)),
        ("created", _when(info.create_time)),
        ("expires", _when(info.expire_time)),
        ("accepted", info.accepted_candidate or "-"),
    ]


def _print_round(round: RoundInfo) -> None:
    chosen = "" if round.choice is None else f", slot {round.choice.slot} chosen"
    fallback = f", fallback: {round.degraded}" if round.degraded else ""
    print(f"round {round.ordinal} is {round.state.value}{chosen}{fallback}")
    _print_table(
        ("SLOT", "ROLE", "STATE", "UTILITY", "P(WIN)"),
        [_candidate_row(candidate) for candidate in round.candidates],
    )


def _candidate_row(candidate: CandidateInfo) -> tuple[str, ...]:
    mean, sd = candidate.utility_mean, candidate.utility_sd
    known = mean is not None and sd is not None
    win = candidate.win_probability
    return (
        str(candidate.slot),
        candidate.role.value,
        candidate.state.value,
        f"{mean:+.2f} ± {sd:.2f}" if known else "-",
        "-" if win is None else f"{win:.0%}",
    )


def delete_sessions(project: Project, names: Iterable[str]) -> None:
    """Delete sessions, one after the other.

    Args:
        project: whose.
        names: resource names, or only their last parts.
    """
    for name in names:
        project.delete_session(name)
        print(f"deleted {name}")


def list_models(project: Project) -> None:
    """Print the models of the catalog.

    Args:
        project: on whose behalf.
    """
    rows = [
        (
            _last_part(model.name),
            model.readiness.value,
            f"{model.width_px}x{model.height_px}",
            str(model.steps),
            f"{_last_part(model.default_warp_space)} ({model.warp_dimension} axes)",
            model.title,
        )
        for model in project.models()
    ]
    _print_table(("MODEL", "READINESS", "SIZE", "STEPS", "WARP SPACE", "TITLE"), rows)


def _print_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]


def _when(time: datetime | None) -> str:
    return "-" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= PROMPT_SHOWN else f"{line[: PROMPT_SHOWN - 1]}…"
