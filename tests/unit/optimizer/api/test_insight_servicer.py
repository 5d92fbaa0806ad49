"""InsightService over a real channel and the real preference engine."""

from __future__ import annotations

import math
from typing import Any

import pytest

from multibo.optimizer.adapters.engine_process import EngineProcess
from multibo.v1 import insight_service_pb2 as wire_pb2
from multibo.v1 import round_pb2, round_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import Wire, a_spec, new_id, refused, serving

GetRecommendation = wire_pb2.GetRecommendationRequest


async def answer_round(wire: Wire, session: str, slot: int) -> round_pb2.Round:
    """Propose a round and choose one of its slots."""
    propose = round_service_pb2.ProposeRoundRequest(parent=session)
    round = (await wire.rounds.ProposeRound(propose)).round
    reply = await wire.rounds.SubmitFeedback(
        round_service_pb2.SubmitFeedbackRequest(
            name=round.name,
            feedback=round_pb2.Feedback(chosen=slot, shown=[0, 1, 2, 3]),
            request_id=new_id(),
        )
    )
    judged: round_pb2.Round = reply.round
    return judged


async def test_the_recommendation_is_what_was_chosen(wire: Wire) -> None:
    # A seed for which one answer outweighs the prior's leaning to the anchor.
    session = await wire.create(spec=a_spec(seed=2))
    round = await answer_round(wire, session.name, 2)

    reply = await wire.insight.GetRecommendation(GetRecommendation(name=session.name))

    recommendation = reply.recommendation
    chosen = round.candidates[2]
    assert recommendation.shown.candidate.name == chosen.name
    assert recommendation.shown.candidate.warp == chosen.warp
    assert recommendation.shown.candidate.HasField("image")
    assert recommendation.predicted.base_seed == chosen.base_seed
    assert len(recommendation.predicted.warp) == 16
    assert recommendation.feedback_count == 1
    assert recommendation.engine_version
    assert not recommendation.degraded


async def test_the_two_recommendations_share_the_chances(wire: Wire) -> None:
    session = await wire.create()
    await answer_round(wire, session.name, 2)

    reply = await wire.insight.GetRecommendation(GetRecommendation(name=session.name))

    shown, predicted = reply.recommendation.shown, reply.recommendation.predicted
    chances = shown.estimate.win_probability + predicted.estimate.win_probability
    assert abs(chances - 1.0) < 1e-6
    assert predicted.estimate.mean >= shown.estimate.mean


async def test_nothing_is_recommended_before_the_first_answer(wire: Wire) -> None:
    session = await wire.create()

    answer = await refused(
        wire.insight.GetRecommendation(GetRecommendation(name=session.name))
    )

    assert answer.reason == "NO_FEEDBACK_YET"


async def test_the_advice_is_in_words(wire: Wire) -> None:
    session = await wire.create(spec=a_spec(rounds=1))
    await answer_round(wire, session.name, 2)

    request = wire_pb2.GetStoppingAdviceRequest(name=session.name)
    advice = (await wire.insight.GetStoppingAdvice(request)).advice

    assert advice.stop
    assert "spent" in advice.reason
    assert 0 <= advice.improvement_probability <= 1
    assert 0 <= advice.consistency <= 1
    assert advice.engine_version


async def test_a_prediction_is_a_distribution_over_the_answers(wire: Wire) -> None:
    session = await wire.create()
    round = await answer_round(wire, session.name, 2)

    request = wire_pb2.PredictChoiceRequest(name=round.name)
    prediction = (await wire.insight.PredictChoice(request)).prediction

    chances = prediction.probabilities
    assert prediction.round == round.name
    assert len(chances.slots) == 4
    assert sum(chances.slots) + chances.none_of_these == pytest.approx(1)
    assert prediction.uniform_log_loss == pytest.approx(math.log(4))
    assert prediction.temperature > 0


async def test_the_map_names_axes_and_the_candidates_of_its_trace(wire: Wire) -> None:
    session = await wire.create(spec=a_spec(seed=2))
    round = await answer_round(wire, session.name, 2)

    request = wire_pb2.GetPreferenceMapRequest(name=session.name)
    learned = (await wire.insight.GetPreferenceMap(request)).map

    names = [effect.axis for effect in learned.axes]
    assert len(set(names)) == 16
    assert {learned.slice.x_axis, learned.slice.y_axis} <= set(names)
    n_places = len(learned.slice.x) * len(learned.slice.y)
    assert len(learned.slice.mean) == len(learned.slice.sd) == n_places
    assert [point.round for point in learned.trace] == [0]
    assert learned.trace[0].candidate == round.candidates[2].name
    request.x_axis = names[3]
    again = (await wire.insight.GetPreferenceMap(request)).map
    assert again.slice.x_axis == names[3]
    request.y_axis = "no axis"
    assert (await refused(wire.insight.GetPreferenceMap(request))).violations == {
        "y_axis": f"is not one of {', '.join(names)}"
    }


@pytest.mark.parametrize("kind", [0, 2, 3])
@pytest.mark.parametrize(
    ("format", "start", "media_type"),
    [(0, b"\x89PNG", "image/png"), (2, b"<?xml", "image/svg+xml")],
)
async def test_a_figure_is_a_file_of_its_kind(
    wire: Wire, kind: Any, format: Any, start: bytes, media_type: str
) -> None:
    session = await wire.create()
    await answer_round(wire, session.name, 2)

    request = wire_pb2.RenderFigureRequest(name=session.name, kind=kind, format=format)
    figure = await wire.insight.RenderFigure(request)

    assert figure.data.startswith(start)
    assert figure.media_type == media_type
    assert figure.engine_version
    assert len(figure.data) <= 512 * 1024


async def test_a_figure_of_no_kind_is_refused(wire: Wire) -> None:
    session = await wire.create()
    fields: Any = {"kind": 77, "format": 77}
    request = wire_pb2.RenderFigureRequest(name=session.name, **fields)

    answer = await refused(wire.insight.RenderFigure(request))

    assert set(answer.violations) == {"kind", "format"}


async def test_a_fallback_says_why_it_is_one() -> None:
    # The engine has not been started: it answers, and says so.
    async with serving(an_app(engine=EngineProcess())) as wire:
        session = await wire.create()
        round = await answer_round(wire, session.name, 2)
        advice = await wire.insight.GetStoppingAdvice(
            wire_pb2.GetStoppingAdviceRequest(name=session.name)
        )
        prediction = await wire.insight.PredictChoice(
            wire_pb2.PredictChoiceRequest(name=round.name)
        )
        learned = await wire.insight.GetPreferenceMap(
            wire_pb2.GetPreferenceMapRequest(name=session.name)
        )

    assert "starting" in advice.advice.degraded
    assert "starting" in prediction.prediction.degraded
    assert "starting" in learned.map.degraded
