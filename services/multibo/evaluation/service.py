"""The product as the system under test: through its public client, like anybody."""

import time
from collections.abc import Iterable
from datetime import datetime

from multibo.client import Candidate, Project, Round
from multibo.client.types import CandidateState, RoundInfo
from multibo.evaluation.errors import StackError
from multibo.evaluation.search import RoundTiming, ShownCandidate, ShownRound
from multibo.evaluation.targets import Task

_LABEL = "evaluation"


class ServiceSearch:
    """One session of a running service."""

    def __init__(
        self, project: Project, task: Task, *, n_rounds: int, model: str = ""
    ) -> None:
        """Create the session.

        Args:
            project: a connection.
            task: prompt and seed.
            n_rounds: the session's budget.
            model: name in the service's catalog; empty means its first.
        """
        self._session = project.create_session(
            task.prompt,
            model=model,
            rounds=n_rounds,
            seed=task.seed,
            labels={_LABEL: task.kind.value},
        )
        self._round: Round | None = None
        self.name = self._session.name

    def propose(self) -> ShownRound:
        """Return the next round, all of its pictures rendered.

        Raises:
            StackError: if a picture could not be rendered.
        """
        began = time.monotonic()
        current = self._session.propose()
        pictures = [_picture(candidate) for candidate in current.candidates]
        total_s = time.monotonic() - began
        self._round = current
        return ShownRound(
            number=current.number,
            candidates=tuple(
                ShownCandidate(candidate.slot, candidate.role.value, png)
                for candidate, png in zip(current.candidates, pictures, strict=True)
            ),
            # Some times reach the client only with the finished round.
            timing=round_timing(current.refresh(), total_s),
            degraded=current.info.degraded,
        )

    def choose(self, slot: int) -> None:
        """Answer the round last proposed.

        Args:
            slot: of the picture closest to the target.
        """
        assert self._round is not None
        self._round.choose(slot)

    def recommend(self) -> bytes:
        """Return the PNG of the recommendation and finish the session with it."""
        recommendation = self._session.recommendation()
        png = recommendation.image()
        self._session.finish(recommendation.candidate)
        return png


def round_timing(info: RoundInfo, total_s: float) -> RoundTiming:
    """Return where the seconds of a round went.

    Args:
        info: of a round whose pictures are rendered.
        total_s: as the client waited.
    """
    enqueued = _moments(candidate.enqueue_time for candidate in info.candidates)
    started = _moments(candidate.start_time for candidate in info.candidates)
    ended = _moments(candidate.end_time for candidate in info.candidates)
    queue_s = min(started) - min(enqueued) if started and enqueued else 0.0
    render_s = max(ended) - min(started) if started and ended else 0.0
    return RoundTiming(
        total_s=total_s,
        proposal_s=info.propose_duration_s or 0.0,
        queue_s=max(0.0, queue_s),
        render_s=max(0.0, render_s),
    )


def _moments(times: Iterable[datetime | None]) -> list[float]:
    return [moment.timestamp() for moment in times if moment is not None]


def _picture(candidate: Candidate) -> bytes:
    if candidate.state is not CandidateState.READY:
        failure = candidate.info.failure
        reason = failure.reason if failure else candidate.state.value
        raise StackError(f"{candidate.name} has no picture: {reason}")
    return candidate.image()
