from dataclasses import replace

import pytest

from multibo.evaluation.inprocess import InProcessSearch
from multibo.evaluation.protocol import Protocol
from multibo.evaluation.runner import (
    GainSummary,
    gain_table,
    play_all,
    render_target,
    summarize,
)
from multibo.evaluation.search import Search
from multibo.evaluation.targets import TargetKind, Task
from multibo.jobs.catalog import Catalog
from multibo.pretrained import catalog_path
from multibo.render.pipelines import Pipeline, load_pipeline
from tests.support.searches import a_session


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The embedded model, hurried; sessions warp their own seed."""
    model = Catalog.load(catalog_path()).default
    plain = replace(model, default_warp_space="flow-16@1", casting_rounds=0)
    return load_pipeline(replace(plain, steps=2))


def test_a_summary_counts_those_that_ended_closer() -> None:
    summary = GainSummary.of([-0.1, 0.0, 0.2, 0.4])

    assert (summary.n_closer, summary.n_sessions) == (2, 4)
    assert summary.median == pytest.approx(0.1)
    assert summary.worst == -0.1
    assert summary.lower_quartile <= summary.median <= summary.upper_quartile


def test_a_single_session_is_its_own_summary() -> None:
    summary = GainSummary.of([0.3])

    assert summary.median == summary.lower_quartile == summary.upper_quartile == 0.3


def test_the_table_has_a_row_per_seed_and_two_of_summary() -> None:
    records = [a_session(seed=seed).record for seed in (1000, 1001)]

    lines = gain_table(records).splitlines()

    assert len(lines) == 2 + 2 + 2
    assert lines[2].startswith("| 1000 | comic portrait")
    assert "2 of 2" in lines[-1]
    assert {line.count("|") for line in lines} == {5}


def test_gains_are_summed_up_metric_by_metric() -> None:
    records = [a_session().record]

    summaries = summarize(records)

    assert list(summaries) == list(records[0].metrics)


def test_a_session_without_the_service_ends_closer_to_a_hidden_warp(
    pipeline: Pipeline,
) -> None:
    task = Task.of_seed(0, TargetKind.WARP)
    searches: list[Search] = []

    def open_search(task: Task) -> Search:
        searches.append(InProcessSearch(pipeline, task, k=3))
        return searches[-1]

    (session,) = play_all(open_search, pipeline, [task], Protocol(n_rounds=3))

    record = session.record
    assert record.final_gains["blurred-pixels"] > 0
    assert [entry.roles[0] for entry in record.rounds] == ["ANCHOR"] * 3
    assert all(len(slate) == 3 for slate in session.pictures.slates)
    assert session.pictures.final in {
        png for slate in session.pictures.slates for png in slate
    }


def test_the_anchor_of_a_later_round_is_a_picture_shown_before(
    pipeline: Pipeline,
) -> None:
    search = InProcessSearch(pipeline, Task.of_seed(1, TargetKind.WARP), k=2)

    first = search.propose()
    search.choose(1)
    second = search.propose()

    shown = {candidate.png for candidate in first.candidates}
    assert second.candidates[0].png in shown
    assert first.timing.rest_s == pytest.approx(0, abs=1e-6)


def test_a_target_is_rendered_as_the_worker_would(pipeline: Pipeline) -> None:
    task = Task.of_seed(2, TargetKind.WARP)

    assert render_target(pipeline, task) == render_target(pipeline, task)
