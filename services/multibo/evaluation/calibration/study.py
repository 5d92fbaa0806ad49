"""`calibrate`: effects per axis, amplitudes of equal effect, window and blocks."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import torch
from torch import Tensor

from multibo.evaluation.calibration.amplitudes import amplitude_of, common_effect
from multibo.evaluation.calibration.arguments import CalibrateArguments
from multibo.evaluation.calibration.probe import (
    Case,
    Probe,
    cases_of,
    stronger,
    unit_vectors,
)
from multibo.evaluation.calibration.quality import (
    Ordinary,
    Quality,
    ordinary,
    quality,
)
from multibo.evaluation.calibration.sheet import axis_sheet, line_vectors
from multibo.evaluation.calibration.sweep import (
    Rating,
    best,
    rate,
    variants,
)
from multibo.evaluation.metrics import Metric, metric
from multibo.evaluation.provenance import Provenance
from multibo.jobs.catalog import WarpSpaceSpec
from multibo.render.pipelines import Pipeline

SCHEMA: Final = 1
FACTORS: Final = (1.0, 2.0)
"""The amplitudes that effects are measured at, over those of the catalog."""
N_SEEDS: Final = 8
"""Unwarped pictures per case, which say how much quality varies by itself."""
_OTHER_SEEDS: Final = 1000
_EMBEDDED: Final = "avatars"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured, and what follows."""

    effects: tuple[tuple[float, ...], ...]
    """Per axis the median distance at each of `FACTORS`, both ends together."""
    equal: WarpSpaceSpec
    """The catalog's entry at amplitudes of equal effect."""
    plain: Ordinary
    """Of unwarped pictures, seeds apart."""
    ratings: dict[str, Rating]
    """The catalog's entry first."""
    chosen: str
    spaces: dict[str, WarpSpaceSpec]
    """The rated variants, by name."""


def calibrate(given: CalibrateArguments, pipeline: Pipeline) -> None:
    """Measure, and write the result beside the model and into a folder.

    Args:
        given: the command line.
        pipeline: the model, loaded.
    """
    origin = Provenance.collect()
    probe, ruler = Probe(pipeline, given.steps), metric(given.metric)
    space = pipeline.model.warp_space(given.space)
    cases = cases_of(pipeline.model, given.n_cases)
    found = measure(probe, space, cases, given.n_vectors, ruler)
    name = f"calibration-{space.name.replace('@', '-')}"
    drawn = probe.pictures(space, cases[0], line_vectors(space.dimension))
    axes = pipeline.model.search_space(space.name).space.axes
    given.out.mkdir(parents=True, exist_ok=True)
    sheet = axis_sheet(axes, drawn)
    sheet.save(given.out / f"{name}.webp", quality=70)
    document = {
        "schema": SCHEMA,
        "settings": {
            "model": pipeline.model.name,
            "space": space.name,
            "metric": given.metric,
            "cases": [asdict(case) for case in cases],
            "n_vectors": given.n_vectors,
            "steps": probe.steps,
            "dtype": given.dtype,
            "factors": FACTORS,
        },
        "axes": [axis.name for axis in axes],
        **asdict(found),
        "provenance": origin.to_json(),
    }
    text = json.dumps(document, indent=1)
    (given.out / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    beside = pipeline.model.path.parent / f"{name}.toml"
    beside.write_text(as_toml(pipeline.model.name, found), encoding="utf-8")
    print(f"{table(found)}\n{beside}\n{given.out / name}.json .webp")


def measure(
    probe: Probe,
    space: WarpSpaceSpec,
    cases: Sequence[Case],
    n_vectors: int,
    ruler: Metric,
) -> Calibration:
    """Return the calibration of a space.

    Args:
        probe: of the model.
        space: where to start from.
        cases: prompts and seeds.
        n_vectors: random vectors per case.
        ruler: the metric of what people see.
    """
    judged = probe.model.name == _EMBEDDED
    levels = [stronger(space, factor) for factor in FACTORS]
    effects = axis_effects(probe, levels, cases, ruler)
    equal = replace(space, amplitudes=equalized(levels, effects))
    plain = plain_quality(probe, space, cases, judged=judged)
    spaces = {"as in the catalog": space, "equal effects": equal, **variants(space)}
    vectors = random_vectors(n_vectors, space.dimension)
    ratings = {}
    for name, variant in spaces.items():
        print(f"rating: {name}", flush=True)
        ratings[name] = rate(probe, variant, cases, vectors, ruler, judged=judged)
    return Calibration(effects, equal, plain, ratings, best(ratings, plain), spaces)


def axis_effects(
    probe: Probe,
    levels: Sequence[WarpSpaceSpec],
    cases: Sequence[Case],
    ruler: Metric,
) -> tuple[tuple[float, ...], ...]:
    """Return per axis its median effect at each level.

    Args:
        probe: of the model.
        levels: a space at growing amplitudes.
        cases: prompts and seeds.
        ruler: the metric.
    """
    dimension = levels[0].dimension
    identity = [0.0] * dimension
    columns = []
    for factor, space in zip(FACTORS, levels, strict=True):
        print(f"axes: amplitudes times {factor:g}", flush=True)
        per_case = []
        for case in cases:
            rows = [identity, *unit_vectors(dimension)]
            drawn = probe.pictures(space, case, rows)
            distances = ruler.distances(drawn[1:], drawn[0])
            per_case.append(distances.view(dimension, 2))
        columns.append(torch.cat(per_case, dim=1).quantile(0.5, dim=1))
    table: list[list[float]] = torch.stack(columns, dim=1).tolist()
    return tuple(tuple(axis) for axis in table)


def equalized(
    levels: Sequence[WarpSpaceSpec], effects: Sequence[Sequence[float]]
) -> tuple[float, ...]:
    """Return amplitudes at which all axes have the median axis's effect.

    Args:
        levels: a space at growing amplitudes.
        effects: per axis its effect at each.
    """
    wanted = common_effect(effects, 0)
    found = []
    for axis, measured in enumerate(effects):
        given = [level.amplitudes[axis] for level in levels]
        found.append(round(amplitude_of(wanted, given, measured), 4))
    return tuple(found)


def plain_quality(
    probe: Probe, space: WarpSpaceSpec, cases: Sequence[Case], *, judged: bool
) -> Ordinary:
    """Return the quality of unwarped pictures, each case's own and other seeds'.

    Args:
        probe: of the model.
        space: any of its spaces.
        cases: prompts and seeds.
        judged: whether the embedded judge knows such pictures.
    """
    vae, identity = probe.architecture.vae, [0.0] * space.dimension
    found = []
    for case in cases:
        others = [
            replace(case, seed=case.seed + _OTHER_SEEDS * place)
            for place in range(N_SEEDS)
        ]
        drawn = [probe.pictures(space, other, [identity]) for other in others]
        found.append([quality(vae, one, case.prompt, judged=judged) for one in drawn])
    return ordinary(found)


def random_vectors(n_vectors: int, dimension: int) -> list[list[float]]:
    """Return uniform vectors, the same in every run.

    Args:
        n_vectors: how many.
        dimension: number of axes.
    """
    generator = torch.Generator().manual_seed(0)
    drawn: Tensor = 2 * torch.rand(n_vectors, dimension, generator=generator) - 1
    rows: list[list[float]] = drawn.tolist()
    return rows


def table(found: Calibration) -> str:
    """Return the ratings in words.

    Args:
        found: what was measured.
    """
    lines = [
        "| variant | effect | slate | reconstruction error | agreement | |",
        "|---|---|---|---|---|---|",
        _line("unwarped", math.nan, math.nan, found.plain.mean, ""),
        _line("- deviation", math.nan, math.nan, found.plain.deviation, ""),
    ]
    for name, rating in found.ratings.items():
        note = "chosen" if name == found.chosen else ""
        if not found.plain.admits(rating.quality):
            note = "refused"
        lines.append(_line(name, rating.effect, rating.spread, rating.quality, note))
    return "\n".join(lines)


def _line(name: str, effect: float, spread: float, found: Quality, note: str) -> str:
    agreement = "-" if found.agreement is None else f"{found.agreement:.3f}"
    return (
        f"| {name} | {effect:.3f} | {spread:.3f} | {found.reconstruction_error:.4f} "
        f"| {agreement} | {note} |"
    )


def as_toml(model: str, found: Calibration) -> str:
    """Return a catalog table for each of the variants worth trying.

    Args:
        model: its catalog name.
        found: what was measured.
    """
    parts = [f"# Measured by `multibo calibrate {model}`; a table for the catalog."]
    for title in dict.fromkeys((found.chosen, "equal effects")):
        space = found.spaces[title]
        parts += [
            "",
            f"# {title}",
            f'# [models.{model}.warp_spaces."{space.name}"]',
            f"[{title.replace(' ', '_').replace('-', '_').replace('.', '_')}]",
            f"window = {list(space.window)}",
            f"blocks = {json.dumps(list(space.blocks))}",
            f"amplitudes = {list(space.amplitudes)}",
        ]
        if space.modulation_window is not None:
            parts.insert(-1, f"modulation_window = {list(space.modulation_window)}")
    return "\n".join(parts) + "\n"
