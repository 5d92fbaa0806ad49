from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from multibo.client.types import (
    CandidateInfo,
    CandidateRole,
    CandidateState,
    RoundInfo,
    RoundState,
)
from multibo.evaluation.service import round_timing

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def a_candidate(slot: int) -> CandidateInfo:
    return CandidateInfo(
        name=f"candidates/{slot}",
        slot=slot,
        base_seed=0,
        warp=(0.0,),
        role=CandidateRole.INITIAL,
        state=CandidateState.READY,
        enqueue_time=at(0),
        start_time=at(0.5 + slot),
        end_time=at(3 + slot),
    )


def a_round(*candidates: CandidateInfo) -> RoundInfo:
    return RoundInfo(
        name="rounds/0",
        number=0,
        ordinal=1,
        state=RoundState.OPEN,
        candidates=candidates,
        propose_duration_s=0.25,
    )


def test_the_seconds_of_a_round_are_split_by_stage() -> None:
    info = a_round(a_candidate(0), a_candidate(1))

    timing = round_timing(info, total_s=5.0)

    assert timing.proposal_s == pytest.approx(0.25)
    assert timing.queue_s == pytest.approx(0.5)
    assert timing.render_s == pytest.approx(3.5)
    assert timing.rest_s == pytest.approx(0.75)


def test_a_picture_that_was_there_already_has_no_times_and_costs_none() -> None:
    known = replace(a_candidate(0), enqueue_time=None, start_time=None, end_time=None)

    timing = round_timing(a_round(known), total_s=1.0)

    assert (timing.queue_s, timing.render_s) == (0, 0)


def test_clocks_that_disagree_do_not_make_negative_seconds() -> None:
    info = a_round(replace(a_candidate(0), start_time=at(-1)))

    timing = round_timing(info, total_s=0.1)

    assert timing.queue_s == 0
    assert timing.rest_s == 0
