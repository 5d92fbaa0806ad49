"""The leaderboard's verbs: play, tabulate, draw, measure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.preferences import study
from multibo.evaluation.preferences.arguments import (
    PreferenceArguments,
    PreferenceCostsArguments,
    PreferenceLimitArguments,
    PreferencePlotArguments,
    PreferenceRunArguments,
    PreferenceTableArguments,
)
from multibo.evaluation.preferences.runs import Run, read_runs
from multibo.evaluation.provenance import Provenance

SCHEMA: Final = 2
COMMAND: Final = "OMP_NUM_THREADS=1 .venv/bin/multibo bench preferences"


def perform(given: PreferenceArguments) -> None:
    """Do what the command line says.

    Args:
        given: the command line.

    Raises:
        ProtocolError: if there are no runs to show.
    """
    match given:
        case PreferenceRunArguments():
            _run(given)
        case PreferenceTableArguments():
            _table(given)
        case PreferencePlotArguments():
            # matplotlib is slow to import.
            from multibo.evaluation.preferences.curves import draw_curves

            draw_curves(_all_runs(given.runs), given.out)
        case PreferenceCostsArguments():
            from multibo.evaluation.preferences.costs import measure_costs

            measure_costs(given, Provenance.collect())
        case PreferenceLimitArguments():
            from multibo.evaluation.preferences.limit import measure_limits

            measure_limits(given, _all_runs(given.runs), Provenance.collect())


def _run(given: PreferenceRunArguments) -> None:
    cells = study.cells(given.problems, given.persons, given.rivals, given.seeds)
    origin = Provenance.collect()
    n_played = study.run(
        list(cells), given.out, commit=origin.commit, processor=origin.processor
    )
    print(f"{n_played} searches played; {given.out}")


def _table(given: PreferenceTableArguments) -> None:
    from multibo.evaluation.preferences.table import figures, leaderboard

    runs = _all_runs(given.runs)
    document = {
        "schema": SCHEMA,
        "commands": [f"{COMMAND} run", f"{COMMAND} table"],
        "runs": [path.name for path in given.runs],
        "origins": _origins(runs),
        **figures(runs),
        "provenance": Provenance.collect().to_json(),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1)
    (given.out / "preference.json").write_text(f"{text}\n", encoding="utf-8")
    table = leaderboard(runs)
    (given.out / "preference.md").write_text(table, encoding="utf-8")
    print(table)


def _origins(runs: Sequence[Run]) -> dict[str, list[dict[str, str]]]:
    """Return the versions each rival ran with."""
    found: dict[str, list[dict[str, str]]] = {}
    for run in runs:
        known = found.setdefault(run.cell.rival, [])
        if run.origin not in known:
            known.append(run.origin)
    return found


def _all_runs(paths: Sequence[Path]) -> list[Run]:
    runs = {run.cell: run for path in paths for run in read_runs(path)}
    if not runs:
        raise ProtocolError(f"no runs in {', '.join(map(str, paths))}")
    return list(runs.values())
