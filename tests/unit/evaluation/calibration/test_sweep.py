from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from multibo.evaluation.calibration.probe import stronger, unit_vectors
from multibo.evaluation.calibration.quality import (
    Ordinary,
    Quality,
    mean_quality,
    ordinary,
)
from multibo.evaluation.calibration.sweep import (
    Rating,
    best,
    spread,
    variants,
)
from multibo.evaluation.metrics import metric
from multibo.jobs.catalog import Catalog
from multibo.pretrained import catalog_path

GOOD = Quality(0.02, 0.7)
PLAIN = Ordinary(GOOD, Quality(0.002, 0.05))
MODEL = Catalog.load(catalog_path()).default


def rated(spread: float, quality: Quality = GOOD) -> Rating:
    return Rating(effect=0.3, spread=spread, quality=quality)


@pytest.mark.parametrize(
    ("quality", "admissible"),
    [
        (Quality(0.0219, 0.66), True),
        (Quality(0.0221, 0.7), False),
        (Quality(0.02, 0.64), False),
        (Quality(0.02, None), True),
    ],
)
def test_pictures_are_admissible_while_nearly_as_good_as_unwarped_ones(
    quality: Quality, *, admissible: bool
) -> None:
    assert PLAIN.admits(quality) is admissible


def test_the_best_is_the_admissible_variant_whose_slates_differ_most() -> None:
    broken = Quality(0.2, 0.1)

    found = best(
        {"now": rated(0.3), "more": rated(0.4), "torn": rated(9, broken)}, PLAIN
    )

    assert found == "more"
    assert best({"now": rated(1, broken), "other": rated(2, broken)}, PLAIN) == "now"


def test_variants_differ_from_the_space_in_one_thing_each() -> None:
    space = MODEL.warp_space("flow-16@1")

    found = variants(space)

    assert space not in found.values()
    for variant in found.values():
        same_window = replace(variant, window=space.window) == space
        same_blocks = replace(variant, blocks=space.blocks) == space
        assert same_window != same_blocks


def test_a_stronger_space_stays_within_what_its_family_allows() -> None:
    space = MODEL.warp_space("mw-26@1")

    doubled = stronger(space, 2.0)

    assert doubled.amplitudes[0] == pytest.approx(0.32)
    assert max(doubled.amplitudes[:16]) <= 0.4
    assert doubled.amplitudes[16:] == (*(0.7,) * 3, *(0.35,) * 3, *(0.5,) * 4)
    assert stronger(space, 1.0) == space


def test_unit_vectors_are_both_ends_of_every_axis() -> None:
    assert unit_vectors(2) == [(-1, 0), (1, 0), (0, -1), (0, 1)]


def test_the_spread_is_the_mean_distance_of_two_pictures() -> None:
    slate = torch.stack([torch.full((3, 32, 32), value) for value in (0.0, 0.2, 0.6)])

    found = spread(slate, metric("blurred-pixels"))

    pairs = [
        float(metric("blurred-pixels").distances(slate[i : i + 1], slate[j])[0])
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert found == pytest.approx(sum(pairs) / 3)
    assert spread(slate[:1], metric("blurred-pixels")) is None


def test_the_mean_quality_knows_no_agreement_without_a_judge() -> None:
    assert mean_quality([Quality(0.1, None), Quality(0.3, None)]) == Quality(0.2, None)
    assert mean_quality([GOOD, GOOD]) == GOOD


def test_what_is_ordinary_is_told_by_the_seeds_of_each_prompt() -> None:
    found = ordinary(
        [
            [Quality(0.01, 0.5), Quality(0.03, 0.7)],
            [Quality(0.1, 0.9), Quality(0.1, 0.9)],
        ]
    )

    assert found.mean.reconstruction_error == pytest.approx(0.06)
    assert found.mean.agreement == pytest.approx(0.75)
    # Of two numbers the deviation is their difference over the root of 2.
    assert found.deviation.reconstruction_error == pytest.approx(0.01 / 2**0.5)
    assert found.deviation.agreement == pytest.approx(0.1 / 2**0.5)
