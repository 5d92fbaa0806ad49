"""The study as commands: play searches in parts, then join the parts into a report."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.protocol import Protocol
from multibo.evaluation.provenance import Provenance
from multibo.evaluation.reach.answers import read_answers, write_answers
from multibo.evaluation.reach.arguments import (
    EVERY,
    ReachReportArguments,
    ReachRunArguments,
)
from multibo.evaluation.reach.curves import draw_curves
from multibo.evaluation.reach.gallery import keep_picture, sheets
from multibo.evaluation.reach.play import Search, open_searches, play
from multibo.evaluation.reach.report import JUDGE, gain_tables, question_table
from multibo.evaluation.reach.rivals import COMPOSITE, STRATEGIES
from multibo.evaluation.reach.sheet import save_sheets
from multibo.evaluation.reach.strategy import OpenStrategy
from multibo.evaluation.reach.studio import Studio
from multibo.evaluation.reach.track import Track, read_tracks, write_tracks
from multibo.evaluation.targets import Task
from multibo.jobs.catalog import ModelSpec

SCHEMA: Final = 1
_TRACKS: Final = "tracks.json"
_ANSWERS: Final = "answers.json"
_EVERY_PICTURE: Final = 30
"""Images between the pictures of a contact sheet."""


def run(given: ReachRunArguments, model: ModelSpec) -> None:
    """Play every strategy on every task, in step, and write after every checkpoint.

    A run of the same searches that was cut off goes on where it stood.

    Args:
        given: the command line.
        model: an entry of the catalog.

    Raises:
        ProtocolError: if there is no strategy of a given name, or the folder holds
            the same searches, rendered or judged in another way.
    """
    origin = Provenance.collect()
    strategies = _chosen(given.strategies)
    protocol = Protocol()
    studio = Studio(model, steps=given.steps, dtype=given.dtype)
    tasks = [Task.of_seed(seed, kind) for kind in given.kinds for seed in given.seeds]
    assigned = [studio.assign(task) for task in tasks]
    searches = open_searches(studio.model, assigned, strategies, protocol)
    about = {
        "steps": given.steps,
        "numerics": studio.numerics,
        "protocol": asdict(protocol),
        "provenance": origin.to_json(),
    }
    _resume(searches, given, studio, about)
    for one in assigned:
        ends = {"start": one.start_picture, "target": one.target_picture}
        for moment, picture in ends.items():
            keep_picture(given.out, one.task.kind, one.task.seed, moment, picture)
    begun = time.monotonic()
    for n_images in play(searches, studio.render, n_images=given.n_images, every=EVERY):
        tracks = [search.track() for search in searches]
        write_tracks(given.out / _TRACKS, tracks, about)
        write_answers(given.out / _ANSWERS, searches)
        _keep_anchors(searches, n_images, given)
        print(f"{n_images} images, {time.monotonic() - begun:.0f} s", flush=True)


def report(given: ReachReportArguments) -> None:
    """Join parts into `reach.json`, `reach.md`, curves and contact sheets.

    Args:
        given: the command line.
    """
    paths = [part if part.is_file() else part / _TRACKS for part in given.parts]
    tracks, about = read_tracks(paths)
    given.out.mkdir(parents=True, exist_ok=True)
    write_tracks(given.out / "reach.json", tracks, {"schema": SCHEMA, "parts": about})
    table = f"{question_table(tracks)}\n{gain_tables(tracks)}"
    (given.out / "reach.md").write_text(table, encoding="utf-8")
    given.images.mkdir(parents=True, exist_ok=True)
    draw_curves(tracks, given.images / "reach-curves.png")
    mine = [track for track in tracks if track.strategy == COMPOSITE]
    for kind in sorted({track.kind for track in mine}):
        chosen = [track for track in mine if track.kind == kind]
        moments = _moments(chosen)
        save_sheets(sheets(chosen, given.parts, moments, JUDGE), given.images)
    print(table)


def _resume(
    searches: Sequence[Search],
    given: ReachRunArguments,
    studio: Studio,
    about: Mapping[str, object],
) -> None:
    """Take up what the part's folder holds of exactly these searches.

    Raises:
        ProtocolError: if they were rendered or judged in another way.
    """
    known = read_answers(given.out / _ANSWERS)
    if known.keys() != {search.track().key for search in searches}:
        return
    tracks, (earlier,) = read_tracks([given.out / _TRACKS])
    asked = json.loads(json.dumps(about))
    for name in sorted(asked.keys() - {"provenance"}):
        if earlier.get(name) != asked[name]:
            raise ProtocolError(f"{given.out} holds a run with other {name}")
    measured = {track.key: track.checkpoints for track in tracks}
    for search in searches:
        key = search.track().key
        search.resume(known[key], measured[key], studio.render)


def _chosen(names: Sequence[str]) -> Mapping[str, OpenStrategy]:
    unknown = set(names) - STRATEGIES.keys()
    if unknown:
        known = ", ".join(STRATEGIES)
        raise ProtocolError(f"no strategies {sorted(unknown)}; there are {known}")
    return {name: STRATEGIES[name] for name in names or STRATEGIES}


def _keep_anchors(
    searches: Sequence[Search], n_images: int, given: ReachRunArguments
) -> None:
    for search in searches:
        if search.name == COMPOSITE:
            task = search.given.task
            moment = f"{n_images}"
            keep_picture(given.out, task.kind, task.seed, moment, search.anchor)


def _moments(tracks: Sequence[Track]) -> list[str]:
    """Return the columns of the contact sheets."""
    counts = sorted({e.n_images for track in tracks for e in track.checkpoints})
    shown = [n for n in counts if n % _EVERY_PICTURE == 0 or n == counts[-1]]
    return ["start", *(f"{n}" for n in shown), "target"]
