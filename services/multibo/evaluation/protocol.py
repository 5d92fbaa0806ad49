"""How a simulated session is played and judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.metrics import Metric, gain, metric
from multibo.evaluation.pictures import decode_picture
from multibo.evaluation.record import (
    RoundRecord,
    SessionPictures,
    SessionRecord,
    SimulatedSession,
)
from multibo.evaluation.search import Search, ShownRound
from multibo.evaluation.targets import Task
from multibo.evaluation.users import SimulatedUser

_MAX_ROUNDS: Final = 200
_USER_STREAM: Final = 3


@dataclass(frozen=True, slots=True)
class Protocol:
    """The rules of a simulated session."""

    n_rounds: int = 10
    user_metric: str = "blurred-pixels"
    judge_metrics: tuple[str, ...] = ("avatars-patch", "avatars-clip")
    """The first one judges; the others are reported beside it."""
    temperature: float = 0.0
    """Of the user's choices, in units of the user's metric; 0 = always the closest."""
    lapse: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.n_rounds <= _MAX_ROUNDS:
            raise ProtocolError(f"rounds are 1 to {_MAX_ROUNDS}, got {self.n_rounds}")
        if not self.judge_metrics or self.user_metric in self.judge_metrics:
            raise ProtocolError("the judge has to be another metric than the user's")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The user's metric, then the judges'."""
        return (self.user_metric, *self.judge_metrics)


class Scale:
    """Gains over the start by every metric of a protocol."""

    def __init__(self, names: Sequence[str], *, start: Tensor, target: Tensor) -> None:
        """Measure the start.

        Args:
            names: of the metrics.
            start: `3 x height x width`.
            target: of the same size.
        """
        self._metrics: dict[str, Metric] = {name: metric(name) for name in names}
        self._target = target
        self.start_distances: Mapping[str, float] = {
            name: measure.distances(start.unsqueeze(0), target).item()
            for name, measure in self._metrics.items()
        }

    def gains(self, pictures: Sequence[Tensor]) -> dict[str, tuple[float, ...]]:
        """Return each picture's gain over the start, by metric.

        Args:
            pictures: of the target's size.
        """
        stacked = torch.stack(list(pictures))
        return {
            name: tuple(
                gain(distance, self.start_distances[name])
                for distance in measure.distances(stacked, self._target).tolist()
            )
            for name, measure in self._metrics.items()
        }


def play(
    search: Search,
    task: Task,
    target_png: bytes,
    protocol: Protocol,
    on_round: Callable[[RoundRecord], None] = lambda _: None,
) -> SimulatedSession:
    """Play one session with a simulated user and judge every picture.

    Args:
        search: a session nobody has answered yet; slot 0 of its first round is the
            start.
        task: what is searched.
        target_png: the picture the user has in mind.
        protocol: the rules.
        on_round: told about each judged round.
    """
    target = decode_picture(target_png)
    user = SimulatedUser(
        target, metric(protocol.user_metric), protocol.temperature, protocol.lapse
    )
    generator = np.random.default_rng([task.seed, _USER_STREAM])
    slates: list[tuple[bytes, ...]] = []
    rounds: list[RoundRecord] = []
    scale: Scale | None = None
    for _ in range(protocol.n_rounds):
        shown = search.propose()
        pictures = [decode_picture(candidate.png) for candidate in shown.candidates]
        chosen = user.choose(pictures, generator=generator)
        search.choose(shown.candidates[chosen].slot)
        scale = scale or Scale(protocol.metrics, start=pictures[0], target=target)
        slates.append(tuple(candidate.png for candidate in shown.candidates))
        rounds.append(_judged(shown, chosen, scale.gains(pictures)))
        on_round(rounds[-1])
    assert scale is not None
    final = search.recommend()
    return SimulatedSession(
        record=_record(search, task, protocol, scale, final, tuple(rounds)),
        pictures=SessionPictures(target_png, slates[0][0], tuple(slates), final),
    )


def _judged(
    shown: ShownRound, chosen: int, gains: Mapping[str, tuple[float, ...]]
) -> RoundRecord:
    return RoundRecord(
        round=shown.number,
        chosen=chosen,
        roles=tuple(candidate.role for candidate in shown.candidates),
        gains=gains,
        timing=shown.timing,
        degraded=shown.degraded,
    )


def _record(
    search: Search,
    task: Task,
    protocol: Protocol,
    scale: Scale,
    final: bytes,
    rounds: tuple[RoundRecord, ...],
) -> SessionRecord:
    final_gains = scale.gains([decode_picture(final)])
    return SessionRecord(
        session=search.name,
        seed=task.seed,
        prompt=task.prompt,
        target=task.kind.value,
        user_metric=protocol.user_metric,
        judge_metrics=protocol.judge_metrics,
        start_distances=scale.start_distances,
        final_gains={name: gains[0] for name, gains in final_gains.items()},
        rounds=rounds,
    )
