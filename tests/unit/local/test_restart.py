"""When a process is started again."""

from __future__ import annotations

from multibo.local.restart import RestartPolicy


def test_the_pause_doubles_from_a_fifth_of_a_second() -> None:
    policy = RestartPolicy()

    pauses = [policy.after_exit(float(now)) for now in range(4)]

    assert pauses == [0.2, 0.4, 0.8, 1.6]


def test_the_fifth_exit_within_the_window_is_the_last() -> None:
    policy = RestartPolicy(window_s=60)
    for now in (0.0, 10.0, 20.0, 30.0):
        assert policy.after_exit(now) is not None

    assert policy.after_exit(59.9) is None


def test_exits_older_than_the_window_are_forgiven() -> None:
    policy = RestartPolicy(window_s=60)
    for now in (0.0, 1.0, 2.0, 3.0):
        policy.after_exit(now)

    assert policy.after_exit(63.5) == 0.2


def test_no_pause_is_longer_than_five_seconds() -> None:
    policy = RestartPolicy(n_exits_max=100)

    pauses = [policy.after_exit(0.0) for _ in range(20)]

    assert pauses[-1] == 5.0
