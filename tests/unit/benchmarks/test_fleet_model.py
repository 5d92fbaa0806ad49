"""The simulated fleet against what queueing theory knows."""

from __future__ import annotations

import math

import pytest

from benchmarks.fleet_model import Bound, People, Service, simulate, workers_needed

ONE_BY_ONE = Service(mean_s=(1.0,), spread=0.0)
SLOW_PEOPLE = People(look_median_s=100.0, look_sigma=0.6, rows_per_slate=1)


def test_alone_nobody_waits_longer_than_a_batch_takes() -> None:
    service = Service(mean_s=(0.5, 0.8, 1.0, 1.2), overhead_s=0.1)

    outcome = simulate(1, 1, service, People(), cycles=50)

    assert {round(wait, 6) for wait in outcome.waits_s} == {1.1}


def test_many_people_with_one_worker_wait_as_a_poisson_queue_does() -> None:
    # M/D/1 at load 1/2 waits load / (2 (1 - load)) services in the queue.
    mean_look_s = 100.0 * math.exp(0.5 * 0.6**2)
    n_people = round(0.5 * (mean_look_s + 1.5))

    outcome = simulate(n_people, 1, ONE_BY_ONE, SLOW_PEOPLE, cycles=60)

    mean_s = sum(outcome.waits_s) / len(outcome.waits_s)
    assert outcome.utilization == pytest.approx(0.5, rel=0.05)
    assert mean_s == pytest.approx(1.5, rel=0.08)


def test_a_full_fleet_ends_what_its_batches_allow() -> None:
    service = Service(mean_s=(1.0, 1.2, 1.4, 1.6))

    outcome = simulate(400, 2, service, People())

    assert outcome.utilization == pytest.approx(1.0, abs=0.02)
    assert outcome.rows_per_s == pytest.approx(2 * 4 / 1.6, rel=0.03)


def test_what_the_service_adds_around_a_slate_takes_no_worker_time() -> None:
    service = Service(mean_s=(1.0, 1.2, 1.4, 1.6), overhead_s=0.5)

    outcome = simulate(400, 2, service, People())

    assert outcome.rows_per_s == pytest.approx(2 * 4 / 1.6, rel=0.03)


def test_workers_of_one_machine_slow_each_other_down_when_both_are_busy() -> None:
    service = Service(mean_s=(1.0, 1.2, 1.4, 1.6), slowdown=(1.0, 1.5))

    alone = simulate(1, 2, service, People(), cycles=50)
    full = simulate(400, 2, service, People())

    assert alone.wait_s(0.95) == pytest.approx(1.4)
    # The first batch of all begins alone; every other one finds the other worker busy.
    assert full.rows_per_s == pytest.approx(2 * 4 / (1.5 * 1.6), rel=0.03)


def test_more_people_need_more_workers_but_fewer_each() -> None:
    service = Service(mean_s=(0.5, 0.8, 1.0, 1.2), spread=0.1)

    few, _ = workers_needed(50, Bound(2.0), service, People())
    many, outcome = workers_needed(2000, Bound(2.0), service, People())

    assert outcome.wait_s(0.95) <= 2.0
    assert outcome.utilization <= 0.85
    assert many / 2000 < few / 50
    assert simulate(2000, many // 2, service, People()).wait_s(0.95) > 2.0


def test_a_machine_twice_as_fast_halves_the_fleet_or_nearly() -> None:
    service = Service(mean_s=(0.5, 0.8, 1.0, 1.2))

    slow, _ = workers_needed(1000, Bound(3.0), service, People())
    fast, _ = workers_needed(1000, Bound(3.0), service.scaled(0.5), People())

    assert 0.35 < fast / slow < 0.6


def test_a_wait_that_no_fleet_gives_is_refused() -> None:
    slow = Service(mean_s=(5.0, 5.0, 5.0, 5.0))

    with pytest.raises(ValueError, match="a slate alone takes 5"):
        workers_needed(10, Bound(2.0), slow, People())


def test_a_slate_larger_than_a_batch_is_drawn_by_several() -> None:
    outcome = simulate(1, 3, Service(mean_s=(1.0,)), People(), cycles=20)

    assert {round(wait, 6) for wait in outcome.waits_s} == {1.0}


def test_the_same_seed_gives_the_same_run() -> None:
    service = Service(mean_s=(0.5, 0.8, 1.0, 1.2), spread=0.2)

    runs = [simulate(100, 5, service, People(), seed=7).waits_s for _ in range(2)]

    assert runs[0] == runs[1]
