import math
from itertools import pairwise

import pytest
import torch

from multibo.evaluation.metrics import metric
from multibo.evaluation.validity import agreement, great_circle, rendered_paths
from multibo.jobs.catalog import Catalog
from multibo.pretrained import catalog_path
from tests.support.searches import START, on_the_way

SHARES = [place / 10 for place in range(11)]


def test_the_arc_keeps_the_norm_of_orthogonal_noises() -> None:
    first, second = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])

    arc = great_circle(first, second, 5)

    assert torch.allclose(arc.norm(dim=1), torch.tensor(3.0))
    assert torch.allclose(arc[0], first)
    assert torch.allclose(arc[-1], second, atol=1e-6)


def test_the_steps_of_the_arc_are_equal() -> None:
    arc = great_circle(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 7)

    steps = [torch.dist(a, b).item() for a, b in pairwise(arc)]

    assert steps == pytest.approx([2 * math.sin(math.pi / 24)] * 6)


def test_a_metric_that_falls_all_the_way_agrees_perfectly() -> None:
    path = torch.stack([on_the_way(share) for share in SHARES])

    found = agreement(metric("blurred-pixels"), path)

    assert found.spearman == pytest.approx(1)
    assert found.half_way_gain == pytest.approx(0.5, abs=1e-4)


def test_a_path_that_first_leads_away_agrees_less() -> None:
    detour = [0, -0.5, -1, -0.8, -0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1]
    path = torch.stack([on_the_way(share) for share in detour])

    found = agreement(metric("blurred-pixels"), path)

    # Spearman by the textbook: 1 - 6 sum d^2 / (n (n^2 - 1)), ranks by hand.
    order = sorted(range(11), key=lambda place: detour[place])
    ranks = [order.index(place) for place in range(11)]
    squares = sum((rank - place) ** 2 for place, rank in enumerate(ranks))
    assert found.spearman == pytest.approx(1 - 6 * squares / (11 * 120))


def test_equal_distances_share_their_rank() -> None:
    path = torch.stack([START, START, on_the_way(0.5), on_the_way(1.0)])

    found = agreement(metric("blurred-pixels"), path)

    # Ranks .5, .5, 2, 3 against 0, 1, 2, 3.
    assert found.spearman == pytest.approx(4.5 / math.sqrt(4.5 * 5))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_judge_falls_on_the_way_to_the_target() -> None:
    model = Catalog.load(catalog_path()).default
    judge = metric("avatars-patch")

    found = [
        agreement(judge, path) for path in rendered_paths(model, range(1000, 1008))
    ]

    ranks = [entry.spearman for entry in found]
    assert sum(ranks) / len(ranks) >= 0.9
    assert min(ranks) >= 0.6
    assert sum(entry.half_way_gain for entry in found) / len(found) >= 0.1
