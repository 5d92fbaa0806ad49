"""What a search reaches that is told all but the target."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from multibo.evaluation.preferences import limit
from multibo.evaluation.preferences.arguments import PreferenceLimitArguments
from multibo.evaluation.preferences.known_network import KnownNetwork
from multibo.evaluation.preferences.people import K
from multibo.evaluation.preferences.play import play
from multibo.evaluation.preferences.rival import OpenRival
from multibo.evaluation.preferences.rivals import OURS
from multibo.evaluation.preferences.runs import Cell, Run, Standing
from multibo.evaluation.problems import network_of, problem
from multibo.evaluation.provenance import Provenance
from multibo.optimizer.preference.dataset import unit_points
from tests.support.histories import a_history


def told(name: str, seed: int) -> OpenRival:
    return lambda _: KnownNetwork(network_of(name, seed))


def test_the_network_is_the_one_of_the_problem() -> None:
    given, network = problem("warp3", 5), network_of("warp3", 5)
    points = np.random.default_rng(0).random((40, 3))
    pictures = network.picture(points)

    apart = np.linalg.norm(pictures[:20] - pictures[20:], axis=1)
    utility = given.utility(points)

    # Both are at most so far from the target, and from each other by the triangle.
    assert (np.abs(utility[:20] - utility[20:]) <= apart + 1e-9).all()
    assert (apart <= -utility[:20] - utility[20:] + 1e-9).all()


def test_only_warp_like_problems_have_a_network() -> None:
    for name in ("levy4", "warp"):
        with pytest.raises(ValueError, match="no network"):
            network_of(name, 0)


def test_who_is_told_the_network_finds_the_target_of_a_clean_person() -> None:
    cell = Cell("warp2", "clean", limit.KNOWING, 3)

    run = play(cell, told("warp2", 3), origin={}, n_queries=15)

    assert run.standings[-1].predicted < 0.1
    assert run.standings[-1].predicted < run.standings[0].predicted


def test_a_slate_is_the_best_so_far_and_others_that_differ() -> None:
    history = a_history(4, 5)
    search = KnownNetwork(network_of("warp4", 1))

    slate = search.propose(history, 7)

    assert len(slate) == K
    assert slate[0] in {warp for answer in history for warp in answer.shown}
    assert slate[0] == search.recommend(history, 7).shown
    offsets = unit_points(slate)[:, None] - unit_points(slate)[None]
    distances = np.linalg.norm(offsets, axis=2)[~np.eye(K, dtype=bool)]
    assert distances.min() > 0.01


def test_the_limits_are_written_beside_what_ours_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, "PROBLEMS", ("warp8",))
    monkeypatch.setattr(limit, "_told_run", _a_run_of(limit.KNOWING, 0.1))
    ours = [_a_run_of(OURS, 0.2)("warp8", seed) for seed in (1, 2)]
    given = PreferenceLimitArguments((), (1, 2), tmp_path)

    limit.measure_limits(given, ours, Provenance.collect())

    written = json.loads((tmp_path / "preference-limit.json").read_text("utf-8"))
    (found,) = written["limits"]
    assert found["regret"]["median"] == pytest.approx(0.1)
    assert found["against_ours"]["ratio"] == pytest.approx(0.5)
    assert found["against_stock"] is None
    assert "| warp8 | 0.100" in (tmp_path / "preference-limit.md").read_text("utf-8")


def _a_run_of(rival: str, regret: float) -> Callable[[str, int], Run]:
    def run(name: str, seed: int) -> Run:
        standing = Standing(50, regret, regret, None)
        cell = Cell(name, limit.PERSON.value, rival, seed)
        return Run(cell, (standing,), 1.0, {})

    return run
