"""One search: opening, answers, measurements; and a study of many."""

from pathlib import Path

import numpy as np
import pytest

from multibo.evaluation.preferences import study
from multibo.evaluation.preferences.model_free import Evolution, RandomSlates, step
from multibo.evaluation.preferences.play import N_RANDOM, play, random_slates
from multibo.evaluation.preferences.rival import History, Recommended, Slate
from multibo.evaluation.preferences.rivals import ENTRANTS, open_rival
from multibo.evaluation.preferences.runs import Cell, read_runs
from multibo.evaluation.problems import problem
from multibo.optimizer.preference.dataset import choice, unit_points

CELL = Cell("levy4", "noisy", "random", 1000)


class Recorder:
    """Shows random slates and remembers what it was asked."""

    def __init__(self, dimension: int) -> None:
        self.histories: list[History] = []
        self._inner = RandomSlates(dimension)

    def propose(self, history: History, seed: int) -> Slate:
        self.histories.append(history)
        return self._inner.propose(history, seed)

    def recommend(self, history: History, seed: int) -> Recommended:
        return self._inner.recommend(history, seed)


def test_three_random_slates_open_every_search_and_count() -> None:
    recorder = Recorder(4)

    play(CELL, lambda _: recorder, origin={}, n_queries=10)

    assert [len(history) for history in recorder.histories] == list(range(3, 10))
    shown = [answer.shown for answer in recorder.histories[0]]
    assert shown == random_slates(4, CELL.seed)
    assert len(shown) == N_RANDOM


def test_the_regret_recorded_is_that_of_the_recommendation() -> None:
    recorder = Recorder(4)

    run = play(CELL, lambda _: recorder, origin={}, n_queries=10)

    kept = recorder.histories[2][-1].closest[0]
    regret = problem("levy4", CELL.seed).regret(unit_points([kept]))[0]
    assert [one.n_queries for one in run.standings] == [5, 10]
    assert run.after(5).predicted == pytest.approx(regret)


def test_a_search_is_a_function_of_its_cell() -> None:
    one, same = (play(CELL, Evolution, origin={}, n_queries=15) for _ in range(2))

    assert one.standings == same.standings


@pytest.mark.parametrize(
    "name",
    ["multibo", "multibo-no-target", "multibo-no-gp", "choice-gp-qts"],
)
def test_a_model_plays_by_the_same_rules(name: str) -> None:
    cell = Cell("levy4", "clean", name, 1000)

    run = play(cell, open_rival(name), origin={}, n_queries=5)

    assert run.after(5).predicted < 1.0


def test_the_step_of_the_evolution_follows_its_success() -> None:
    parent, mutant = (0,) * 4, (100,) * 4
    first = choice((parent, mutant), 0)

    moved = step((first, choice((parent, mutant), 1)))
    stayed = step((first, choice((parent, mutant), 0)))

    assert stayed < step((first,)) < moved


def test_mutants_stay_in_the_box() -> None:
    corner = (4096,) * 4
    history = (choice((corner, (0,) * 4), 0),)

    slate = Evolution(4).propose(history, seed=1)

    assert slate[0] == corner
    assert np.abs(slate).max() <= 4096


def test_a_study_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    given = list(study.cells(["levy4"], ["clean", "noisy"], ["random"], [1, 2]))

    first = study.run(given[:3], path, commit="c", processor="p", n_queries=5)
    second = study.run(given, path, commit="c", processor="p", n_queries=5)

    assert (first, second) == (3, 1)
    assert [run.cell for run in read_runs(path)] == given


def test_a_study_cut_short_has_all_rivals_on_the_first_seeds() -> None:
    cells = list(study.cells(["levy4"], ["clean"], ["random", "evolution"], [1, 2]))

    assert [(cell.seed, cell.rival) for cell in cells[:2]] == [
        (1, "random"),
        (1, "evolution"),
    ]


def test_every_run_says_what_it_ran_on(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"

    study.run([CELL], path, commit="abc", processor="a cpu", n_queries=5)

    origin = read_runs(path)[0].origin
    assert origin["commit"] == "abc"
    assert origin["processor"] == "a cpu"
    assert {"python", "numpy"} <= origin.keys()


def test_no_rival_has_another_name() -> None:
    with pytest.raises(KeyError, match="guessing"):
        open_rival("guessing")


@pytest.mark.parametrize("name", ENTRANTS)
def test_every_entrant_knows_its_versions(name: str) -> None:
    assert all(ENTRANTS[name].origin().values())
