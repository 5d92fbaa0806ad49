"""A fleet of workers and the people who wait for it, as discrete events.

People look at a slate, answer, and wait until all pictures of the next one are there;
workers take what waits, oldest first, up to a batch. Nothing is sampled but how long
people look and how long a batch takes; both come from measurements.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Service:
    """How long a worker takes for a batch."""

    mean_s: tuple[float, ...]
    """Mean time of a batch of 1, 2, ... rows."""
    spread: float = 0.0
    """Standard deviation of the logarithm of a batch's time."""
    overhead_s: float = 0.0
    """From an answer to rows that wait, and from their pictures to the person: time
    that no worker spends."""
    slowdown: tuple[float, ...] = ()
    """How many times as long a batch takes while 1, 2, ... workers are busy, where they
    share a machine; the last one holds for more. Empty: each has its own."""

    @property
    def batch_rows(self) -> int:
        """Rows of the largest batch."""
        return len(self.mean_s)

    def scaled(self, factor: float) -> Service:
        """Return the service of a machine that takes `factor` times as long."""
        means = tuple(factor * mean for mean in self.mean_s)
        return replace(self, mean_s=means)

    def slowed(self, n_busy: int) -> float:
        """Return how many times as long a batch takes.

        Args:
            n_busy: workers that render, the batch's own among them.
        """
        if not self.slowdown:
            return 1.0
        return self.slowdown[min(n_busy, len(self.slowdown)) - 1]


@dataclass(frozen=True, slots=True)
class People:
    """How people use it."""

    look_median_s: float = 8.0
    """Time from a slate's last picture to the answer; log-normal."""
    look_sigma: float = 0.6
    rows_per_slate: int = 3
    """Pictures to draw: the anchor is there already."""


@dataclass(slots=True)
class Outcome:
    """What people and workers went through."""

    waits_s: list[float] = field(default_factory=list)
    """From each answer to the next slate's last picture."""
    busy_s: float = 0.0
    elapsed_s: float = 0.0
    n_workers: int = 0
    n_rows: int = 0
    n_batches: int = 0

    def wait_s(self, quantile: float) -> float:
        """Return a quantile of the waits.

        Args:
            quantile: in [0, 1].
        """
        return float(np.quantile(self.waits_s, quantile)) if self.waits_s else math.inf

    @property
    def utilization(self) -> float:
        """Share of the workers' time spent on batches."""
        return self.busy_s / (self.elapsed_s * self.n_workers)

    @property
    def rows_per_s(self) -> float:
        """Rows ended per second."""
        return self.n_rows / self.elapsed_s


_ANSWER: Final = 0
_END: Final = 1
_WAIT: Final = 2


class Fleet:
    """One run."""

    def __init__(
        self, n_people: int, n_workers: int, service: Service, people: People, seed: int
    ) -> None:
        """Set the scene: everybody is somewhere in the middle of looking.

        Args:
            n_people: in a session at the same time.
            n_workers: that render.
            service: how long they take.
            people: how they use it.
            seed: of all draws.
        """
        self._random = random.Random(seed)
        self._service = service
        self._people = people
        self._n_workers = n_workers
        self._idle = n_workers
        self._rows: deque[int] = deque()
        self._missing = [0] * n_people
        self._asked = [0.0] * n_people
        self._events: list[tuple[float, int, int, tuple[int, ...]]] = []
        self._outcome = Outcome(n_workers=n_workers)
        self._n_events = 0
        for person in range(n_people):
            self._after(self._look_s() * self._random.random(), _ANSWER, (person,))

    def run(self, warm_up_s: float, measured_s: float) -> Outcome:
        """Let time pass.

        Args:
            warm_up_s: not counted.
            measured_s: counted.
        """
        until_s = warm_up_s + measured_s
        while self._events and self._events[0][0] < until_s:
            now_s, _, kind, what = heapq.heappop(self._events)
            if kind == _ANSWER:
                self._answered(now_s, what[0])
            elif kind == _WAIT:
                self._rows.extend(what)
            elif kind == _END:
                self._ended(now_s, what, counted=now_s >= warm_up_s)
            self._dispatch(now_s, counted=now_s >= warm_up_s)
        self._outcome.elapsed_s = measured_s
        return self._outcome

    def _answered(self, now_s: float, person: int) -> None:
        self._asked[person] = now_s
        self._missing[person] = self._people.rows_per_slate
        rows = (person,) * self._people.rows_per_slate
        self._after(now_s + self._service.overhead_s, _WAIT, rows)

    def _ended(self, now_s: float, rows: tuple[int, ...], *, counted: bool) -> None:
        self._idle += 1
        for person in rows:
            self._missing[person] -= 1
            if self._missing[person] == 0:
                if counted:
                    self._outcome.waits_s.append(now_s - self._asked[person])
                self._after(now_s + self._look_s(), _ANSWER, (person,))
        if counted:
            self._outcome.n_rows += len(rows)
            self._outcome.n_batches += 1

    def _dispatch(self, now_s: float, *, counted: bool) -> None:
        while self._idle and self._rows:
            n_rows = min(len(self._rows), self._service.batch_rows)
            rows = tuple(self._rows.popleft() for _ in range(n_rows))
            self._idle -= 1
            took_s = self._batch_s(n_rows)
            if counted:
                self._outcome.busy_s += took_s
            self._after(now_s + took_s, _END, rows)

    def _after(self, at_s: float, kind: int, what: tuple[int, ...]) -> None:
        self._n_events += 1  # breaks ties: first come, first served
        heapq.heappush(self._events, (at_s, self._n_events, kind, what))

    def _batch_s(self, n_rows: int) -> float:
        n_busy = self._n_workers - self._idle
        mean_s = self._service.mean_s[n_rows - 1] * self._service.slowed(n_busy)
        sigma = self._service.spread
        if not sigma:
            return mean_s
        return mean_s * math.exp(self._random.gauss(-0.5 * sigma**2, sigma))

    def _look_s(self) -> float:
        people = self._people
        return people.look_median_s * math.exp(
            self._random.gauss(0.0, people.look_sigma)
        )


def simulate(
    n_people: int,
    n_workers: int,
    service: Service,
    people: People,
    *,
    seed: int = 1000,
    cycles: float = 4.0,
) -> Outcome:
    """Return what happens in the long run.

    Args:
        n_people: in a session at the same time.
        n_workers: that render.
        service: how long they take.
        people: how they use it.
        seed: of all draws.
        cycles: rounds of an average person that are counted, after two that are not.
    """
    mean_look_s = people.look_median_s * math.exp(0.5 * people.look_sigma**2)
    round_s = mean_look_s + service.mean_s[-1] + service.overhead_s
    fleet = Fleet(n_people, n_workers, service, people, seed)
    return fleet.run(2.0 * round_s, cycles * round_s)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a fleet has to hold."""

    wait_s: float = 5.0
    """95 of 100 waits at most."""
    utilization: float = 0.85
    """Of the workers; the rest is for bursts and for a worker that is lost."""

    def held_by(self, outcome: Outcome) -> bool:
        """Say whether a run kept to it.

        Args:
            outcome: of the run.
        """
        fast = outcome.wait_s(0.95) <= self.wait_s
        return fast and outcome.utilization <= self.utilization


def workers_needed(
    n_people: int, bound: Bound, service: Service, people: People, *, seed: int = 1000
) -> tuple[int, Outcome]:
    """Return the least number of workers that holds a bound, to half a percent.

    Args:
        n_people: in a session at the same time.
        bound: what is to be held.
        service: how long workers take.
        people: how they use it.
        seed: of all draws.

    Returns:
        The number, and the run with it.

    Raises:
        ValueError: if no number of workers is enough.
    """
    largest = min(people.rows_per_slate, service.batch_rows)
    alone_s = service.overhead_s + service.mean_s[largest - 1]
    if alone_s * math.exp(1.645 * service.spread) > bound.wait_s:
        raise ValueError(f"a slate alone takes {alone_s:.2f} s")
    # Below the first number even full batches without a pause are not enough.
    mean_look_s = people.look_median_s * math.exp(0.5 * people.look_sigma**2)
    rows_per_s = n_people * people.rows_per_slate / (mean_look_s + bound.wait_s)
    low = int(rows_per_s * service.mean_s[-1] / service.batch_rows)
    high = max(1, low + low // 4)
    outcome = simulate(n_people, high, service, people, seed=seed)
    while not bound.held_by(outcome):
        low, high = high, high + max(1, high // 4)
        outcome = simulate(n_people, high, service, people, seed=seed)
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        tried = simulate(n_people, middle, service, people, seed=seed)
        if bound.held_by(tried):
            high, outcome = middle, tried
        else:
            low = middle
    return high, outcome
