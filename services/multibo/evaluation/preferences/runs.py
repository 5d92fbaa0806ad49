"""Records of searches, one a line, so that a study can stop and go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

SCHEMA: Final = 1
_N_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """What one search is about; no two runs of a study share it."""

    problem: str
    person: str
    rival: str
    seed: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a search stood after so many queries."""

    n_queries: int
    predicted: float
    """Regret of what the rival believes to be the best of the box: 0 at the
    optimum, 1 at a typical point."""
    shown: float
    """Regret of what it believes to be the best of those shown."""
    bound: float | None
    """The regret it said it stays below nine times of ten, if it says so."""


@dataclass(frozen=True, slots=True)
class Run:
    """One search."""

    cell: Cell
    standings: tuple[Standing, ...]
    processor_s: float
    """Of the rival and the person together."""
    origin: dict[str, str]
    """Versions of what was run, by package."""

    def after(self, n_queries: int) -> Standing:
        """Return where it stood.

        Args:
            n_queries: one of the measured numbers.

        Raises:
            KeyError: if nothing was measured then.
        """
        for standing in self.standings:
            if standing.n_queries == n_queries:
                return standing
        raise KeyError(n_queries)

    def to_line(self) -> str:
        """Return one line of JSON."""
        columns = [
            [one.n_queries, _short(one.predicted), _short(one.shown), _short(one.bound)]
            for one in self.standings
        ]
        row = {
            **asdict(self.cell),
            "standings": columns,
            "processor_s": self.processor_s,
            "origin": self.origin,
            "schema": SCHEMA,
        }
        return json.dumps(row)

    @classmethod
    def of_line(cls, line: str) -> Run:
        """Return what a line says.

        Args:
            line: as `to_line` writes it.
        """
        row = json.loads(line)
        cell = Cell(row["problem"], row["person"], row["rival"], row["seed"])
        standings = tuple(Standing(*columns) for columns in row["standings"])
        return cls(cell, standings, row["processor_s"], row["origin"])


def read_runs(path: Path) -> list[Run]:
    """Return the runs of a file; none if there is no file.

    A line cut off, as a killed study leaves it, is passed over.

    Args:
        path: of JSON lines.
    """
    return list(_read(path)) if path.exists() else []


def append_run(path: Path, run: Run) -> None:
    """Add a run to a file.

    Args:
        path: of JSON lines; made where it does not exist.
        run: to add.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + run.to_line() + "\n")


def _read(path: Path) -> Iterator[Run]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield Run.of_line(line)
        except json.JSONDecodeError:
            continue


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, _N_DIGITS)
