"""Which one is it: the recommendation."""

from __future__ import annotations

from dataclasses import dataclass

from multibo.optimizer.app import propose
from multibo.optimizer.app.ports import App
from multibo.optimizer.preference.slate import Recommendation
from multibo.optimizer.session.errors import NoFeedbackYetError
from multibo.optimizer.session.history import History
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Round


@dataclass(frozen=True, slots=True)
class RecommendationView:
    """The recommendation with the candidate that shows the incumbent."""

    recommendation: Recommendation
    round: Round
    """The latest round that showed the incumbent."""
    slot: int
    """Where it showed it."""
    n_feedbacks: int
    """Answers the recommendation rests on."""


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
    number, slot = _latest(history, recommendation.shown.warp)
    return RecommendationView(
        recommendation,
        round=await app.store.read_round(name, number),
        slot=slot,
        n_feedbacks=len(history.judged),
    )


def _latest(history: History, warp: tuple[int, ...]) -> tuple[int, int]:
    """Return round and slot in which a warp vector was last shown."""
    for judged in reversed(history.judged):
        for candidate in judged.shown:
            if candidate.warp == warp:
                return judged.slate.number, candidate.slot
    raise AssertionError("the incumbent was shown, so the history holds it")
