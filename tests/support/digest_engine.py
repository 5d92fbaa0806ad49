"""An engine without a model, as pure as the real one and as quick as a hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.slate import (
    Proposal,
    ProposalRequest,
    ProposedCandidate,
    Recommendation,
    Role,
)
from tests.support.fakes import DirectEngine

VERSION = "digest@1"


@dataclass
class DigestEngine(DirectEngine):
    """Every part of a question changes every number of the answer."""

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        self.n_proposals += 1
        share = 1 / request.k
        return Proposal(
            tuple(
                ProposedCandidate(warp, Role.EXPLORE, 0.0, 1.0, share)
                for warp in warps(request, request.k, request.dimension)
            ),
            engine_version=VERSION,
        )

    async def recommend(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Recommendation:
        warp = history[-1].shown[0] if history else (0,) * dimension
        shown = ProposedCandidate(warp, Role.ANCHOR, 0.0, 1.0, 0.5)
        [warp] = warps(history, 1, dimension)
        predicted = ProposedCandidate(warp, Role.EXPLOIT, 0.0, 1.0, 0.5)
        return Recommendation(shown, predicted, engine_version=VERSION)

    async def prior_of(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> tuple[float, ...]:
        [warp] = warps((history, prior), 1, dimension + 1)
        return tuple(value / 4096 for value in warp)


def warps(question: object, n: int, dimension: int) -> list[tuple[int, ...]]:
    """Return vectors that are a function of the question."""
    data = hashlib.shake_256(repr(question).encode()).digest(2 * n * dimension)
    numbers = [
        int.from_bytes(data[at : at + 2], "big") % 8193 - 4096
        for at in range(0, len(data), 2)
    ]
    return [tuple(numbers[slot * dimension :][:dimension]) for slot in range(n)]
