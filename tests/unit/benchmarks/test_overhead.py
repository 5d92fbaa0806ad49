from __future__ import annotations

import itertools
from collections.abc import Callable

from benchmarks import overhead


class Watch:
    """A clock that only work moves; two threads are busy all the time."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> tuple[float, float]:
        return self.now_s, 2 * self.now_s

    def work(self, *seconds: float) -> Callable[[], None]:
        """Return work that takes each of these times in turn."""
        turns = iter(seconds)

        def run() -> None:
            self.now_s += next(turns)

        return run


def test_the_ratio_is_the_median_of_the_pairs_after_the_warm_ups() -> None:
    watch = Watch()
    comparison = overhead.Comparison(
        "work",
        ours=watch.work(90.0, 90.0, 1.0, 3.0, 2.0),
        reference=watch.work(1.0, 1.0, 1.0, 1.0, 4.0),
    )

    summary = overhead.measured(comparison, 3, watch)

    assert summary["ratio"] == 1.0
    assert summary["interval_95"] == [0.5, 3.0]
    assert (summary["ours_s"], summary["reference_s"]) == (2.0, 1.0)
    assert summary["cpu"]["ratio"] == 1.0
    assert summary["cpu"]["ours_s"] == 4.0


def test_each_side_goes_first_in_turn() -> None:
    order: list[str] = []
    comparison = overhead.Comparison(
        "order", lambda: order.append("ours"), lambda: order.append("reference")
    )

    ticks = itertools.count(1.0)
    overhead.measured(comparison, 2, lambda: (next(ticks), next(ticks)))

    assert order == ["ours", "reference", "reference", "ours"] * 2


def test_the_interval_of_the_median_covers_it_and_is_reproducible() -> None:
    values = [float(value) for value in range(1, 32)]

    low, high = overhead.median_interval(values)

    assert low < 16 < high
    assert (low, high) == overhead.median_interval(values)
