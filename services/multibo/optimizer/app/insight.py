"""Which one is it: the recommendation."""

from __future__ import annotations

from dataclasses import dataclass

from multibo.optimizer.app import propose
from multibo.optimizer.app.ports import App
from multibo.optimizer.preference.slate import Recommendation
from multibo.optimizer.session.errors import NoFeedbackYetError
from multibo.optimizer.session.history import History
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName


@dataclass(frozen=True, slots=True)
class RecommendationView:
    """The recommendation with the candidate that shows the incumbent."""

    recommendation: Recommendation
    incumbent: CandidateName
    """The latest showing of the incumbent."""


async def get_recommendation(app: App, name: SessionName) -> RecommendationView:
    """Return the incumbent and the predicted maximizer.

    Args:
        app: the ports.
        name: the session.

    Raises:
        SessionNotFoundError: if there is none.
        NoFeedbackYetError: if nothing was answered yet.
    """
    session = await app.store.read(name)
    history = await propose.read_history(app, name)
    if not history.judged:
        raise NoFeedbackYetError(str(name))
    recommendation = await app.engine.recommend(
        session.spec.dimension,
        propose.answers(history),
        timeout_s=app.limits.propose_timeout_s,
    )
    incumbent = _latest(name, history, recommendation.shown.warp)
    return RecommendationView(recommendation, incumbent)


def _latest(
    name: SessionName, history: History, warp: tuple[int, ...]
) -> CandidateName:
    for judged in reversed(history.judged):
        for candidate in judged.shown:
            if candidate.warp == warp:
                round = RoundName(name, judged.slate.number)
                return CandidateName(round, candidate.slot)
    raise AssertionError("the incumbent was shown, so the history holds it")
