"""The engine and the renderer without the service between them, for research.

Slates, pictures and recommendations are those of the service: spec, history and what
follows from them are the service's own.
"""

import time
from collections.abc import Sequence

from multibo.evaluation.search import RoundTiming, ShownCandidate, ShownRound
from multibo.evaluation.targets import Task
from multibo.jobs.catalog import Catalog
from multibo.jobs.spec import RenderSpec
from multibo.optimizer.app.create import CreateSession, session_spec
from multibo.optimizer.app.slates import answers, candidate_of, plan_of, slate_of
from multibo.optimizer.preference.engine import propose, recommend
from multibo.optimizer.preference.slate import ENGINE_VERSION, Proposal
from multibo.optimizer.session.casting import stage_of
from multibo.optimizer.session.history import History, Judged
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Candidate, Feedback, FeedbackKind, Slate
from multibo.render.pipelines import Pipeline

_PROJECT = "in-process"


class InProcessSearch:
    """One session; each distinct picture is rendered once."""

    def __init__(
        self,
        pipeline: Pipeline,
        task: Task,
        *,
        k: int = 4,
        warp_space: str = "",
        casting_rounds: int | None = None,
        control_share: float = 0.0,
    ) -> None:
        """Begin a session.

        Args:
            pipeline: a loaded model.
            task: prompt and seed.
            k: slate size.
            warp_space: what is searched; empty means the model's own.
            casting_rounds: rounds at most that show other start noises; None means
                the model's own.
            control_share: of the candidates, once the search has begun.
        """
        name = SessionName(_PROJECT, f"seed-{task.seed}")
        command = CreateSession(
            *(name.project, name.session, task.prompt),
            base_seed=task.seed,
            k=k,
            warp_space=warp_space,
            casting_rounds=casting_rounds,
            control_share=control_share,
        )
        model = pipeline.model
        self.name = f"{_PROJECT}/{task.seed}"
        self.spec = session_spec(Catalog({model.name: model}), command, name)
        self._pipeline = pipeline
        self._history = History(())
        self._slate: Slate | None = None
        self._pictures: dict[RenderSpec, bytes] = {}

    @property
    def slate(self) -> tuple[Candidate, ...]:
        """What the round last proposed shows."""
        return self._slate.candidates if self._slate else ()

    def propose(self) -> ShownRound:
        """Return the next round, all of its pictures rendered."""
        began = time.monotonic()
        self._slate = slate = self._proposed()
        proposed = time.monotonic()
        pictures = self._rendered(slate.candidates)
        ended = time.monotonic()
        return ShownRound(
            number=slate.number,
            candidates=tuple(
                ShownCandidate(candidate.slot, str(candidate.role), png)
                for candidate, png in zip(slate.candidates, pictures, strict=True)
            ),
            timing=RoundTiming(
                total_s=ended - began,
                proposal_s=proposed - began,
                queue_s=0.0,
                render_s=ended - proposed,
            ),
            degraded=slate.degraded,
        )

    def choose(self, slot: int) -> None:
        """Answer the round last proposed.

        Args:
            slot: of the picture closest to the target.
        """
        assert self._slate is not None
        shown = tuple(range(self.spec.k))
        answer = Feedback(FeedbackKind.CHOSEN, (slot,), shown)
        answered = (*self._history.answered, Judged(self._slate, answer))
        self._history = History(answered)

    def recommend(self) -> bytes:
        """Return the PNG of the incumbent."""
        stage = stage_of(self.spec, self._history)
        answer = recommend(self.spec.dimension, answers(stage))
        [png] = self._rendered([candidate_of(stage.base, 0, answer.shown)])
        return png

    def _proposed(self) -> Slate:
        plan = plan_of(self.spec, self._history)
        proposal: Proposal | None = None
        if plan.request is not None:
            proposal = propose(plan.request)
        number = len(self._history.answered)
        return Slate(
            number=number,
            ordinal=number,
            candidates=slate_of(self.spec, plan, proposal),
            engine_version=proposal.engine_version if proposal else ENGINE_VERSION,
            degraded=proposal.degraded if proposal else "",
            propose_ms=0,
            create_time_ms=0,
        )

    def _rendered(self, candidates: Sequence[Candidate]) -> list[bytes]:
        """Return the PNGs of candidates, new ones rendered."""
        specs = [self.spec.render_spec(candidate) for candidate in candidates]
        missing = [spec for spec in specs if spec not in self._pictures]
        images = self._pipeline.render(missing) if missing else []
        for spec, image in zip(missing, images, strict=True):
            assert image is not None  # nobody drops rows here
            self._pictures[spec] = image.file.data
        return [self._pictures[spec] for spec in specs]
