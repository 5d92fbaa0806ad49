"""Searches without a model: pictures on the way from a start to a target."""

from collections.abc import Sequence

from torch import Tensor

from multibo.evaluation.protocol import Protocol, play
from multibo.evaluation.record import SimulatedSession
from multibo.evaluation.search import RoundTiming, ShownCandidate, ShownRound
from multibo.evaluation.targets import TargetKind, Task
from tests.support.pictures import a_picture, a_png

START, TARGET = a_picture(0), a_picture(1)
TIMING = RoundTiming(total_s=2.0, proposal_s=0.25, queue_s=0.5, render_s=1.0)


def on_the_way(share: float) -> Tensor:
    """Return the picture that covers a share of the way to the target."""
    return (1 - share) * START + share * TARGET


class ScriptedSearch:
    """Shows the anchor and pictures at given shares of the way."""

    def __init__(self, slates: Sequence[Sequence[float]], degraded: str = "") -> None:
        self.name = "projects/local/sessions/scripted"
        self.choices: list[int] = []
        self._slates = slates
        self._degraded = degraded
        self._anchor = 0.0
        self._shown: list[float] = []

    def propose(self) -> ShownRound:
        number = len(self.choices)
        self._shown = [self._anchor, *self._slates[number]]
        roles = ["ANCHOR", *["EXPLORE"] * len(self._slates[number])]
        return ShownRound(
            number=number,
            candidates=tuple(
                ShownCandidate(slot, role, a_png(on_the_way(share)))
                for slot, (role, share) in enumerate(
                    zip(roles, self._shown, strict=True)
                )
            ),
            timing=TIMING,
            degraded=self._degraded,
        )

    def choose(self, slot: int) -> None:
        self.choices.append(slot)
        self._anchor = self._shown[slot]

    def recommend(self) -> bytes:
        return a_png(on_the_way(self._anchor))


def a_task(seed: int = 7, prompt: str = "comic portrait, <long> hair") -> Task:
    return Task(seed, prompt, TargetKind.WARP)


def a_protocol(n_rounds: int) -> Protocol:
    """Return rules whose judge takes no model."""
    return Protocol(n_rounds=n_rounds, judge_metrics=("ms-ssim",))


def a_session(
    slates: Sequence[Sequence[float]] = ((0.1, 0.3), (0.2, 0.6), (0.5, 0.4)),
    seed: int = 7,
    degraded: str = "",
) -> SimulatedSession:
    """Return a finished session of a clean user."""
    search = ScriptedSearch(slates, degraded)
    return play(search, a_task(seed), a_png(TARGET), a_protocol(len(slates)))
