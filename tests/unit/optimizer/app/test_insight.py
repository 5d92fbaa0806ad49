"""What the preference model says of a session."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import pytest

from multibo.optimizer.app import create, feedback, insight, propose, undo
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.drawings import (
    MAX_BYTES,
    Drawing,
    FigureFormat,
    FigureKind,
    SlateDrawing,
)
from multibo.optimizer.app.errors import RoundNotFoundError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import RequestKey
from multibo.optimizer.session.errors import FieldInvalidError, NoFeedbackYetError
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import Feedback, FeedbackKind
from tests.support.builders import chosen, said
from tests.support.fakes import an_app

NAME = SessionName("local", "kind-face")
COMMAND = CreateSession("local", "kind-face", "comic portrait, brown long hair")
ANSWERS = (
    chosen(1),
    said(FeedbackKind.RANKING, 2, 0, 1),
    said(FeedbackKind.SKIP, shown=()),
    said(FeedbackKind.TIE, 1, 3),
    said(FeedbackKind.NONE_OF_THESE),
)


@dataclass
class Drawn:
    """Keeps what was to be drawn."""

    drawings: list[Drawing] = field(default_factory=list)

    async def render(self, drawing: Drawing, format: FigureFormat) -> bytes:
        self.drawings.append(drawing)
        return b""


async def started(app: App, **changes: object) -> None:
    command = replace(COMMAND, **changes)  # type: ignore[arg-type]
    await create.create_session(app, command, RequestKey("c", "d"), lambda view: b"")


async def answered(app: App, *answers: Feedback) -> None:
    for answer in answers:
        round = await propose.propose_round(app, NAME)
        key = RequestKey(f"answer-{round.slate.number}", "d")
        await feedback.submit_feedback(app, round.name, answer, key, lambda _: b"")


async def test_before_any_feedback_a_choice_is_predicted_to_be_a_guess() -> None:
    app = an_app()
    await started(app)
    round = await propose.propose_round(app, NAME)

    view = await insight.predict_choice(app, round.name)

    assert view.prediction.slots == pytest.approx([0.25] * 4)
    assert view.prediction.none_of_these == 0
    assert view.prediction.log_loss is None
    assert view.prediction.uniform_log_loss == pytest.approx(math.log(4))


async def test_a_round_is_predicted_from_the_answers_before_it() -> None:
    app = an_app()
    await started(app)
    await answered(app, ANSWERS[0])
    second = await propose.propose_round(app, NAME)
    before = await insight.predict_choice(app, second.name)

    await answered(app, *ANSWERS[1:])

    assert await insight.predict_choice(app, second.name) == before
    later = await insight.predict_choice(app, RoundName(NAME, 4))
    assert later.prediction.log_loss != before.prediction.log_loss


async def test_a_round_that_is_not_there_is_not_predicted() -> None:
    app = an_app()
    await started(app)

    with pytest.raises(RoundNotFoundError):
        await insight.predict_choice(app, RoundName(NAME, 3))


async def test_what_was_learned_comes_with_names() -> None:
    app = an_app()
    await started(app)
    await answered(app, *ANSWERS)

    view = await insight.get_preference_map(app, NAME, x_axis="rotate")

    assert len(view.map.axes) == len(view.axis_names) == 16
    assert view.axis_names[view.map.slice.x_axis] == "rotate"
    assert view.rounds == (0, 1, 3, 4)
    assert len(view.candidates) == len(view.map.trace) == 4
    newest = view.candidates[-1]
    recommended = await insight.get_recommendation(app, NAME)
    assert newest.round == recommended.round.name
    assert newest.slot == recommended.slot


@pytest.mark.parametrize(
    ("x_axis", "y_axis"), [("nose", ""), ("", "nose"), ("scale", "scale")]
)
async def test_axes_that_span_no_slice_are_refused(x_axis: str, y_axis: str) -> None:
    app = an_app()
    await started(app)
    await answered(app, ANSWERS[0])

    with pytest.raises(FieldInvalidError):
        await insight.get_preference_map(app, NAME, x_axis=x_axis, y_axis=y_axis)


async def test_before_any_feedback_nothing_was_learned() -> None:
    app = an_app()
    await started(app)
    await answered(app, said(FeedbackKind.SKIP, shown=()))

    with pytest.raises(NoFeedbackYetError):
        await insight.get_stopping_advice(app, NAME)
    with pytest.raises(NoFeedbackYetError):
        await insight.get_preference_map(app, NAME)
    for kind in FigureKind:
        with pytest.raises(NoFeedbackYetError):
            await insight.render_figure(app, NAME, kind, FigureFormat.PNG)


async def test_a_spent_budget_is_a_reason_to_stop() -> None:
    app = an_app()
    await started(app, rounds=2)
    await answered(app, ANSWERS[0])
    early = await insight.get_stopping_advice(app, NAME)

    await answered(app, ANSWERS[1])

    assert not early.stop
    late = await insight.get_stopping_advice(app, NAME)
    assert (late.stop, late.reason) == (True, "All 2 rounds are spent.")


async def test_after_an_undo_the_slate_that_is_open_again_is_drawn() -> None:
    figures = Drawn()
    app = replace(an_app(), figures=figures)
    await started(app)
    await answered(app, *ANSWERS[:2])
    await propose.propose_round(app, NAME)
    etag = (await app.store.read(NAME)).etag
    key = RequestKey("back", "d")
    await undo.undo_feedback(app, NAME, key, lambda _: b"", etag=etag)

    await insight.render_figure(app, NAME, FigureKind.SLATE, FigureFormat.PNG)

    (drawing,) = figures.drawings
    assert isinstance(drawing, SlateDrawing)
    assert drawing.round == 1


@pytest.mark.parametrize("kind", FigureKind)
async def test_what_was_learned_can_be_drawn(kind: FigureKind) -> None:
    app = an_app()
    await started(app)
    await answered(app, *ANSWERS)

    view = await insight.render_figure(app, NAME, kind, FigureFormat.SVG)

    assert view.media_type == "image/svg+xml"
    assert b"<svg" in view.data
    assert len(view.data) <= MAX_BYTES
    assert view.engine_version
