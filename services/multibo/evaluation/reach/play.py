"""Many searches in step, so that they share batches and the pictures they all show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from multibo.evaluation.metrics import metric
from multibo.evaluation.protocol import Protocol, Scale
from multibo.evaluation.reach.strategy import OpenStrategy, Strategy
from multibo.evaluation.reach.track import Checkpoint, Track
from multibo.evaluation.targets import Task
from multibo.evaluation.users import SimulatedUser
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec

_USER_STREAM = 3

RenderAll = Callable[[Sequence[RenderSpec]], Mapping[RenderSpec, Tensor]]
"""From specs to pictures, `3 x height x width` in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task, with the pictures at its two ends."""

    task: Task
    start: RenderSpec
    start_picture: Tensor
    target_picture: Tensor


class Search:
    """One strategy on one task, with one simulated user."""

    def __init__(
        self, name: str, strategy: Strategy, given: Assignment, protocol: Protocol
    ) -> None:
        """Begin with the start as anchor.

        Args:
            name: of the strategy.
            strategy: nobody has used it yet.
            given: the task.
            protocol: the user, and the metrics.
        """
        self.name = name
        self.given = given
        self.anchor = given.start_picture
        """The picture kept last."""
        self.n_images = 0
        self.pending = strategy.propose()
        self.answers: list[int | None] = []
        """Index of what was kept of each round's candidates; None: the anchor."""
        self._strategy = strategy
        self._user = SimulatedUser(
            given.target_picture,
            metric(protocol.user_metric),
            protocol.temperature,
            protocol.lapse,
        )
        self._source = np.random.default_rng([given.task.seed, _USER_STREAM])
        self._scale = Scale(
            protocol.metrics, start=given.start_picture, target=given.target_picture
        )
        self._checkpoints: list[Checkpoint] = []

    def show(self, pictures: Sequence[Tensor]) -> None:
        """Let the user choose between the anchor and the pictures of `pending`.

        Args:
            pictures: one per pending candidate.
        """
        shown = [self.anchor, *pictures]
        chosen = self._user.choose(shown, generator=self._source)
        self.anchor = shown[chosen]
        self._learn(chosen - 1 if chosen else None)

    def resume(
        self,
        answers: Sequence[int | None],
        checkpoints: Sequence[Checkpoint],
        render: RenderAll,
    ) -> None:
        """Go on where an earlier run of the same search stood.

        Args:
            answers: of the earlier run, in order.
            checkpoints: what it measured.
            render: makes the picture of the anchor.
        """
        anchor = None
        for kept in answers:
            anchor = anchor if kept is None else self.pending[kept]
            self._source.random()  # as a choice would
            self._learn(kept)
        if anchor is not None:
            self.anchor = render((anchor,))[anchor]
        self._checkpoints = [
            measured for measured in checkpoints if measured.n_images <= self.n_images
        ]

    def _learn(self, kept: int | None) -> None:
        self.answers.append(kept)
        self.n_images += len(self.pending)
        self._strategy.learn(kept)
        self.pending = self._strategy.propose()

    def measure(self) -> None:
        """Take note of the anchor's gains."""
        gains = self._scale.gains([self.anchor])
        self._checkpoints.append(
            Checkpoint(self.n_images, {name: gains[name][0] for name in gains})
        )

    def track(self) -> Track:
        """Return how far it came."""
        task = self.given.task
        return Track(
            self.name, task.kind.value, task.seed, task.prompt, tuple(self._checkpoints)
        )


def play(
    searches: Sequence[Search], render: RenderAll, *, n_images: int, every: int
) -> Iterator[int]:
    """Play searches in step, and yield the number of images at every checkpoint.

    What several of them show in one round is rendered once.

    Args:
        searches: which nobody has answered yet.
        render: makes the pictures.
        n_images: shown by each search at least; rounds are not cut.
        every: images between checkpoints, a multiple of those of a round.
    """
    while searches and searches[0].n_images < n_images:
        wanted = dict.fromkeys(spec for search in searches for spec in search.pending)
        pictures = render(tuple(wanted))
        for search in searches:
            search.show([pictures[spec] for spec in search.pending])
        shown = searches[0].n_images
        if shown % every == 0 or shown >= n_images:
            for search in searches:
                search.measure()
            yield shown


def open_searches(
    model: ModelSpec,
    given: Sequence[Assignment],
    strategies: Mapping[str, OpenStrategy],
    protocol: Protocol,
) -> list[Search]:
    """Return a search per task and strategy.

    Args:
        model: that is searched.
        given: the tasks.
        strategies: by name.
        protocol: the user, and the metrics.
    """
    return [
        Search(name, begin(model, one.start), one, protocol)
        for one in given
        for name, begin in strategies.items()
    ]
