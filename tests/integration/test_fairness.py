"""Which rows a worker takes first, on a real Redis."""

from __future__ import annotations

import pytest
from redis import Redis

from multibo.jobs import keys, queues
from multibo.jobs.queues import INTERACTIVE, RETRY, SPECULATIVE
from multibo.render.leases import Leases

COMPAT = "tiny:1:32x32:s4:cfg:flow-16@1"


@pytest.fixture
def leases(redis: Redis) -> Leases:
    return Leases(redis, "worker")


def a_round(project: str, number: int = 0, k: int = 4, session: str = "s") -> list[str]:
    return [keys.row_reference(f"{project}/{session}", number, n) for n in range(k)]


def push(
    leases: Leases, rows: list[str], time_ms: int, priority: int = INTERACTIVE
) -> None:
    score = queues.row_rank(priority, time_ms)
    leases.push_back(COMPAT, dict.fromkeys(rows, score))


def flood(leases: Leases, project: str, n_rounds: int = 250) -> None:
    for number in range(n_rounds):
        push(leases, a_round(project, number), time_ms=number)


def everything(leases: Leases, n_rows: int = 4) -> list[str]:
    taken = []
    while rows := leases.pop(COMPAT, n_rows):
        taken += rows
    return taken


def test_a_project_with_a_thousand_rows_does_not_delay_one_with_four(
    leases: Leases,
) -> None:
    flood(leases, "loud")
    assert leases.pop(COMPAT, 4) == a_round("loud", 0)
    push(leases, a_round("quiet"), time_ms=5_000)

    batches = [leases.pop(COMPAT, 4) for _ in range(2)]

    assert sorted(batches) == [a_round("loud", 1), a_round("quiet")]
    assert leases.waiting(COMPAT) == 1_000 - 8


def test_projects_share_alike_whatever_the_size_of_their_rounds(leases: Leases) -> None:
    for number in range(60):
        push(leases, a_round("small", number, k=2), time_ms=number)
        push(leases, a_round("large", number, k=6), time_ms=number)

    taken = [row for _ in range(10) for row in leases.pop(COMPAT, 4)]

    shares = [sum(row.startswith(project) for row in taken) for project in ("s", "l")]
    assert abs(shares[0] - shares[1]) <= 6


def test_a_project_that_was_idle_has_saved_up_nothing(leases: Leases) -> None:
    flood(leases, "early", n_rounds=20)
    for _ in range(10):
        leases.pop(COMPAT, 4)
    flood(leases, "late", n_rounds=20)

    taken = [row for _ in range(10) for row in leases.pop(COMPAT, 4)]

    assert sum(row.startswith("early") for row in taken) == 20


def test_rows_of_one_project_come_in_the_order_they_were_pushed(leases: Leases) -> None:
    pushed = [a_round("p", 0, session=name) for name in "cab"]
    for time_ms, rows in enumerate(pushed):
        push(leases, rows, time_ms)

    assert everything(leases) == [row for rows in pushed for row in rows]


def test_what_a_person_waits_for_comes_before_any_guess_of_any_project(
    leases: Leases,
) -> None:
    push(leases, a_round("a", 9), time_ms=0, priority=SPECULATIVE)
    push(leases, a_round("b", 9), time_ms=0, priority=SPECULATIVE)
    assert leases.pop(COMPAT, 1) == ["a/s/9/0"]
    push(leases, a_round("a", 1), time_ms=70, priority=RETRY)
    push(leases, a_round("b", 1), time_ms=99)

    assert leases.urgency(COMPAT) == INTERACTIVE
    assert leases.pop(COMPAT, 4) == a_round("b", 1)
    assert leases.pop(COMPAT, 4) == a_round("a", 1)
    assert leases.urgency(COMPAT) == SPECULATIVE
    assert len(everything(leases)) == 7


def test_a_guess_that_came_true_is_taken_once_and_at_once(leases: Leases) -> None:
    push(leases, a_round("p", 7), time_ms=0, priority=SPECULATIVE)
    push(leases, a_round("p", 8), time_ms=1, priority=SPECULATIVE)
    leases.pop(COMPAT, 1)  # sorts them
    push(leases, a_round("p", 8), time_ms=2)

    assert everything(leases) == [*a_round("p", 8), *a_round("p", 7)[1:]]
    assert leases.waiting(COMPAT) == 0


def test_a_row_that_is_pushed_again_is_taken_once(leases: Leases) -> None:
    push(leases, a_round("p"), time_ms=1)
    leases.pop(COMPAT, 1)
    push(leases, a_round("p"), time_ms=2)

    assert sorted(everything(leases)) == a_round("p")


def test_a_taken_row_leaves_nothing_behind(leases: Leases, redis: Redis) -> None:
    redis.sadd(keys.COMPATS, COMPAT)
    flood(leases, "p", n_rounds=3)
    push(leases, a_round("q"), time_ms=4, priority=SPECULATIVE)
    leases.pop(COMPAT, 1)
    assert leases.compat_keys() == [COMPAT]

    everything(leases)

    assert redis.keys("mbo:*") == []
    assert leases.urgency(COMPAT) is None


def test_rows_whose_lanes_were_lost_are_found(leases: Leases, redis: Redis) -> None:
    push(leases, a_round("p"), time_ms=1)
    leases.pop(COMPAT, 1)
    redis.delete(*redis.keys(f"{keys.lanes(COMPAT)}*"))  # type: ignore[misc]

    assert leases.urgency(COMPAT) == queues.SPECULATIVE
    assert sorted(everything(leases)) == a_round("p")[1:]


def test_a_worker_of_an_older_release_may_take_rows_beside_us(
    leases: Leases, redis: Redis
) -> None:
    flood(leases, "p", n_rounds=2)
    leases.pop(COMPAT, 4)
    redis.zpopmin(keys.rows(COMPAT), 2)

    assert everything(leases) == a_round("p", 1)[2:]
