"""The engine and the renderer without the service between them, for research runs.

Slates, pictures and recommendations are those of the service up to the seed of the
proposals, which the service derives from its own digest of the session.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace

from multibo.evaluation.search import RoundTiming, ShownCandidate, ShownRound
from multibo.evaluation.targets import Task, start_spec
from multibo.optimizer.preference.dataset import Answer, choice
from multibo.optimizer.preference.engine import propose, recommend
from multibo.optimizer.preference.slate import ProposalRequest, ProposedCandidate
from multibo.render.pipelines import Pipeline

Warp = tuple[int, ...]


class InProcessSearch:
    """One session; each distinct picture is rendered once."""

    def __init__(self, pipeline: Pipeline, task: Task, *, k: int = 4) -> None:
        """Begin a session.

        Args:
            pipeline: a loaded model.
            task: prompt and seed.
            k: slate size.
        """
        self.name = f"in-process/{task.seed}"
        self._pipeline = pipeline
        self._start = start_spec(pipeline.model, task)
        self._k = k
        self._history: list[Answer] = []
        self._slate: tuple[ProposedCandidate, ...] = ()
        self._pictures: dict[Warp, bytes] = {}

    def propose(self) -> ShownRound:
        """Return the next round, all of its pictures rendered."""
        began = time.monotonic()
        proposal = propose(
            ProposalRequest(
                dimension=len(self._start.warp),
                k=self._k,
                seed=self._proposal_seed(),
                history=tuple(self._history),
            )
        )
        proposed = time.monotonic()
        self._slate = proposal.candidates
        self._render([candidate.warp for candidate in self._slate])
        ended = time.monotonic()
        return ShownRound(
            number=len(self._history),
            candidates=tuple(
                ShownCandidate(
                    slot, str(candidate.role), self._pictures[candidate.warp]
                )
                for slot, candidate in enumerate(self._slate)
            ),
            timing=RoundTiming(
                total_s=ended - began,
                proposal_s=proposed - began,
                queue_s=0.0,
                render_s=ended - proposed,
            ),
            degraded=proposal.degraded,
        )

    def choose(self, slot: int) -> None:
        """Answer the round last proposed.

        Args:
            slot: of the picture closest to the target.
        """
        shown = tuple(candidate.warp for candidate in self._slate)
        self._history.append(choice(shown, slot))

    def recommend(self) -> bytes:
        """Return the PNG of the incumbent."""
        answer = recommend(len(self._start.warp), tuple(self._history))
        self._render([answer.shown.warp])
        return self._pictures[answer.shown.warp]

    def _render(self, warps: Sequence[Warp]) -> None:
        missing = [warp for warp in warps if warp not in self._pictures]
        if not missing:
            return
        rows = [replace(self._start, warp=warp) for warp in missing]
        for warp, image in zip(missing, self._pipeline.render(rows), strict=True):
            assert image is not None  # nobody drops rows here
            self._pictures[warp] = image.file.data

    def _proposal_seed(self) -> int:
        history = repr((self._start.base_seed, self._history)).encode()
        return int.from_bytes(hashlib.sha256(history).digest()[:7], "big")
