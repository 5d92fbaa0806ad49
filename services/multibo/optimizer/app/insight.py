"""What the preference model knows; reads that change nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from multibo.optimizer.app import propose, read, slates
from multibo.optimizer.app.drawings import (
    Drawing,
    FigureFormat,
    FigureKind,
    MapDrawing,
    SlateDrawing,
    TraceDrawing,
)
from multibo.optimizer.app.incumbent import last_answered, last_shown
from multibo.optimizer.app.ports import App
from multibo.optimizer.preference.advice import Advice
from multibo.optimizer.preference.prediction import Prediction
from multibo.optimizer.preference.preference_map import PreferenceMap
from multibo.optimizer.preference.slate import Recommendation
from multibo.optimizer.session.casting import (
    Casting,
    Searching,
    stage_of,
)
from multibo.optimizer.session.errors import FieldInvalidError, NoFeedbackYetError
from multibo.optimizer.session.history import History
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName
from multibo.optimizer.session.model import (
    Round,
    Session,
    SessionState,
)
from multibo.optimizer.session.probes import agreement

_CASTING: Final = "You are still choosing the picture to start from; go on."


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


@dataclass(frozen=True, slots=True)
class PredictionView:
    """What is expected of a round."""

    round: RoundName
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class MapView:
    """What was learned, with the names of what it is about."""

    map: PreferenceMap
    axis_names: tuple[str, ...]
    """One per axis effect."""
    candidates: tuple[CandidateName, ...]
    """One per point of the trace: where the incumbent was last shown by then."""
    rounds: tuple[int, ...]
    """One per point of the trace: the number of the judged round."""


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure as a file."""

    data: bytes
    media_type: str
    engine_version: str


async def get_recommendation(app: App, name: SessionName) -> RecommendationView:
    """Return the incumbent and the predicted maximizer.

    Args:
        app: the ports.
        name: the session.

    Raises:
        SessionNotFoundError: if there is none.
        NoFeedbackYetError: if nothing was answered yet.
    """
    session, history = await _learned(app, name)
    stage = stage_of(session.spec, history)
    recommendation = await app.engine.recommend(
        session.spec.dimension,
        slates.answers(stage),
        session.prior,
        timeout_s=app.limits.propose_timeout_s,
    )
    shown = slates.candidate_of(stage.base, 0, recommendation.shown)
    place = last_shown(session.spec, history.slates, shown)
    if place is None:  # a stranger's document may never have shown its own seed
        raise NoFeedbackYetError(str(name))
    number, slot = place
    return RecommendationView(
        recommendation,
        round=await app.store.read_round(name, number),
        slot=slot,
        n_feedbacks=len(history.judged),
    )


async def get_stopping_advice(app: App, name: SessionName) -> Advice:
    """Return whether it is worth going on, in words.

    Args:
        app: the ports.
        name: the session.

    Raises:
        SessionNotFoundError: if there is none.
        NoFeedbackYetError: if nothing was answered yet.
    """
    session, history = await _learned(app, name)
    stage = stage_of(session.spec, history)
    advice = await app.engine.advise(
        session.spec.dimension,
        slates.answers(stage),
        session.prior,
        timeout_s=app.limits.propose_timeout_s,
    )
    if isinstance(stage, Casting):
        advice = replace(advice, reason=_CASTING)
    elif (alike := agreement(stage)) is not None:
        advice = replace(advice, consistency=alike)
    if session.state is SessionState.ACTIVE:
        return advice
    finished = session.state is SessionState.FINISHED
    over = (
        "The session is finished."
        if finished
        else f"All {session.spec.rounds} rounds are spent."
    )
    return replace(advice, stop=True, reason=over)


async def predict_choice(app: App, name: RoundName) -> PredictionView:
    """Return what the person will answer to a round, given the answers before it.

    Args:
        app: the ports.
        name: the round, answered or not.

    Raises:
        SessionNotFoundError: if the session is not there.
        RoundNotFoundError: if it has no such round.
    """
    session = await app.store.read(name.session)
    round = await app.store.read_round(name.session, name.number)
    history = await propose.read_history(app, name.session)
    stage = stage_of(session.spec, _before(history, name.number))
    known = [c.warp for c in round.slate.candidates if stage.base.has(c)]
    prediction = await app.engine.predict(
        session.spec.dimension,
        session.spec.k,
        slates.answers(stage),
        tuple(known) or ((0,) * session.spec.dimension,),
        session.prior,
        timeout_s=app.limits.propose_timeout_s,
    )
    return PredictionView(name, slates.whole(prediction, round.slate, stage.base))


async def get_preference_map(
    app: App, name: SessionName, *, x_axis: str = "", y_axis: str = ""
) -> MapView:
    """Return what was learned, as plain values to draw.

    Args:
        app: the ports.
        name: the session.
        x_axis: name of the slice's horizontal axis; "" for the most important one.
        y_axis: name of its vertical axis; "" for the most important other one.

    Raises:
        SessionNotFoundError: if there is none.
        FieldInvalidError: if an axis is not one of the warp space, or both are one.
        NoFeedbackYetError: if nothing was answered yet.
    """
    session = await app.store.read(name)
    names = _axis_names(session)
    x, y = _axis("x_axis", x_axis, names), _axis("y_axis", y_axis, names)
    if x is not None and x == y:
        raise FieldInvalidError("y_axis", "must be another axis than x_axis")
    session, history = await _learned(app, name)
    stage = stage_of(session.spec, history)
    learned = await app.engine.preference_map(
        session.spec.dimension,
        slates.answers(stage),
        x,
        y,
        session.prior,
        timeout_s=app.limits.propose_timeout_s,
    )
    counted = stage.answers if isinstance(stage, Searching) else ()
    candidates = [
        CandidateName(RoundName(name, number), slot)
        for n_judged, point in enumerate(learned.trace, start=1)
        for number, slot in [last_answered(counted[:n_judged], point.warp)]
    ]
    rounds = tuple(one.round for one in counted)
    return MapView(learned, names, tuple(candidates), rounds)


async def render_figure(
    app: App, name: SessionName, kind: FigureKind, format: FigureFormat
) -> FigureView:
    """Return what was learned as a drawing.

    Args:
        app: the ports.
        name: the session.
        kind: what to show.
        format: of the file.

    Raises:
        SessionNotFoundError: if there is none.
        NoFeedbackYetError: if nothing was answered yet.
    """
    drawing, engine_version = await _drawing(app, name, kind)
    data = await app.figures.render(drawing, format)
    return FigureView(data, format.media_type, engine_version)


async def _drawing(
    app: App, name: SessionName, kind: FigureKind
) -> tuple[Drawing, str]:
    if kind is FigureKind.SLATE:
        session, _ = await _learned(app, name)
        # What an undo made obsolete is newer and nobody sees it.
        newest = await read.newest_round(app, session)
        assert newest is not None  # something was answered
        view = await predict_choice(app, newest.name)
        roles = tuple(candidate.role for candidate in newest.slate.candidates)
        drawing = SlateDrawing(newest.slate.number, roles, view.prediction)
        return drawing, view.prediction.engine_version
    learned = await get_preference_map(app, name)
    if kind is FigureKind.TRACE:
        trace = TraceDrawing(learned.rounds, learned.map.trace)
        return trace, learned.map.engine_version
    return MapDrawing(learned.map, learned.axis_names), learned.map.engine_version


async def _learned(app: App, name: SessionName) -> tuple[Session, History]:
    session = await app.store.read(name)
    history = await propose.read_history(app, name)
    if not history.judged:
        raise NoFeedbackYetError(str(name))
    return session, history


def _before(history: History, number: int) -> History:
    """Return the answers a round's slate could be known by."""
    return History(tuple(o for o in history.answered if o.slate.number < number))


def _axis_names(session: Session) -> tuple[str, ...]:
    return tuple(axis.name for axis in session.spec.space.axes)


def _axis(field: str, name: str, names: tuple[str, ...]) -> int | None:
    if not name:
        return None
    if name not in names:
        raise FieldInvalidError(field, f"is not one of {', '.join(names)}")
    return names.index(name)
