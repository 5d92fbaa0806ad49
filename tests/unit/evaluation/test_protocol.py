from dataclasses import replace

import pytest

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.protocol import Protocol, Scale, play
from multibo.evaluation.record import RoundRecord
from tests.support.pictures import a_png
from tests.support.searches import (
    START,
    TARGET,
    ScriptedSearch,
    a_protocol,
    a_session,
    a_task,
    on_the_way,
)


def test_the_user_chooses_what_comes_closest_to_the_target() -> None:
    search = ScriptedSearch([(0.1, 0.3), (0.2, 0.6), (0.5, 0.4)])

    play(search, a_task(), a_png(TARGET), a_protocol(3))

    assert search.choices == [2, 2, 0]


def test_gains_are_measured_from_the_first_anchor() -> None:
    record = a_session([(0.25, 0.5)]).record

    first = record.rounds[0]
    assert first.gains["blurred-pixels"] == pytest.approx((0, 0.25, 0.5), abs=0.02)
    assert record.final_gains["blurred-pixels"] == pytest.approx(0.5, abs=0.02)


def test_the_curve_of_a_clean_user_never_falls_by_the_users_metric() -> None:
    record = a_session().record

    curve = record.curve("blurred-pixels")

    assert curve[0] == 0
    assert list(curve) == sorted(curve)
    assert len(curve) == 1 + len(record.rounds)


def test_every_metric_of_the_protocol_judges_every_picture() -> None:
    search = ScriptedSearch([(0.1, 0.3)])

    record = play(search, a_task(), a_png(TARGET), Protocol(n_rounds=1)).record

    assert record.metrics == ("blurred-pixels", "avatars-patch", "avatars-clip")
    assert set(record.final_gains) == set(record.start_distances)
    assert set(record.final_gains) == set(record.metrics)
    assert all(
        len(gains) == len(entry.roles)
        for entry in record.rounds
        for gains in entry.gains.values()
    )


def test_each_judged_round_is_reported_as_it_happens() -> None:
    heard: list[RoundRecord] = []
    search = ScriptedSearch([(0.1,), (0.2,)], degraded="engine restarting")

    session = play(search, a_task(), a_png(TARGET), a_protocol(2), heard.append)

    assert tuple(heard) == session.record.rounds
    assert heard[0].degraded == "engine restarting"


def test_the_pictures_kept_are_those_that_were_shown() -> None:
    pictures = a_session([(0.5, 0.2)]).pictures

    assert pictures.start == pictures.slates[0][0] == a_png(START)
    assert pictures.final == pictures.slates[0][1] == a_png(on_the_way(0.5))
    assert pictures.target == a_png(TARGET)


def test_a_lapsing_user_answers_the_same_way_under_the_same_seed() -> None:
    slates = [(0.1, 0.3, 0.2)] * 8
    protocol = replace(a_protocol(8), lapse=1.0)

    def choices(seed: int) -> list[int]:
        search = ScriptedSearch(slates)
        play(search, a_task(seed), a_png(TARGET), protocol)
        return search.choices

    assert choices(1) == choices(1)
    assert choices(1) != choices(2)


def test_a_start_that_is_the_target_leaves_nothing_to_gain() -> None:
    scale = Scale(["blurred-pixels"], start=TARGET, target=TARGET)

    with pytest.raises(ProtocolError, match="from its target"):
        scale.gains([START])


@pytest.mark.parametrize("n_rounds", [0, 201])
def test_the_number_of_rounds_is_bounded(n_rounds: int) -> None:
    with pytest.raises(ProtocolError, match="1 to 200"):
        Protocol(n_rounds=n_rounds)


@pytest.mark.parametrize("judges", [(), ("avatars-patch", "blurred-pixels")])
def test_nobody_judges_by_the_users_own_metric(judges: tuple[str, ...]) -> None:
    with pytest.raises(ProtocolError, match="another metric"):
        Protocol(judge_metrics=judges)


def test_a_record_becomes_plain_json() -> None:
    document = a_session([(0.5,)]).record.to_json()

    rounds = document["rounds"]
    assert isinstance(rounds, tuple | list)
    assert rounds[0]["timing"]["rest_s"] == pytest.approx(0.25)
    assert document["target"] == "warp"
