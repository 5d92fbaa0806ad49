"""Creating, finding, listing and deleting sessions; the catalog."""

from __future__ import annotations

import grpc
import pytest

from multibo.client import AsyncProject, AsyncSession, errors, types
from multibo.v1 import (
    model_pb2,
    model_service_pb2,
    round_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.scripted_optimizer import (
    SESSION,
    Refusal,
    ScriptedOptimizer,
    a_round,
    a_session,
)

READY = round_pb2.CANDIDATE_STATE_READY
FAILED = round_pb2.CANDIDATE_STATE_FAILED
RENDERING = round_pb2.CANDIDATE_STATE_RENDERING
OPEN = round_pb2.ROUND_STATE_OPEN


async def test_a_session_is_created_with_what_was_asked_for(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "CreateSession", session_service_pb2.CreateSessionResponse(session=a_session())
    )

    session = await project.create_session(
        "comic portrait",
        model="avatars",
        rounds=10,
        k=3,
        seed=0,
        labels={"who": "me"},
        session_id="faces",
    )

    (request,) = optimizer.requests["CreateSession"]
    assert request.parent == "projects/local"
    assert request.session_id == "faces"
    assert request.spec == session_pb2.SessionSpec(
        prompt="comic portrait",
        model="models/avatars",
        rounds=10,
        slate_size=3,
        seed=0,
        labels={"who": "me"},
    )
    assert session.name == SESSION
    assert session.info.spec.k == 2
    assert session.info.state is types.SessionState.ACTIVE


async def test_what_was_not_asked_for_is_left_to_the_server(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    (request,) = optimizer.requests["CreateSession"]

    assert request.spec == session_pb2.SessionSpec(prompt="comic portrait")
    assert not request.spec.HasField("seed")


@pytest.mark.parametrize("name", ["faces", SESSION])
async def test_a_session_is_found_by_its_name_or_the_last_part(
    project: AsyncProject, optimizer: ScriptedOptimizer, name: str
) -> None:
    optimizer.on(
        "GetSession",
        session_service_pb2.GetSessionResponse(
            session=a_session(latest_round=a_round(OPEN))
        ),
    )

    session = await project.session(name)

    assert optimizer.requests["GetSession"][0].name == SESSION
    assert session.info.latest_round is not None
    assert session.info.latest_round.state is types.RoundState.OPEN


async def test_listing_goes_through_all_pages(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "ListSessions",
        session_service_pb2.ListSessionsResponse(
            sessions=[a_session(etag="1"), a_session(etag="2")], next_page_token="on"
        ),
        session_service_pb2.ListSessionsResponse(sessions=[a_session(etag="3")]),
    )

    found = [
        info.etag
        async for info in project.sessions(
            states=[types.SessionState.ACTIVE], labels={"who": "me"}
        )
    ]

    assert found == ["1", "2", "3"]
    first, second = optimizer.requests["ListSessions"]
    assert first.states == [session_pb2.SESSION_STATE_ACTIVE]
    assert second.page_token == "on"
    assert second.labels == {"who": "me"}


async def test_a_session_can_be_deleted_by_name(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "DeleteSession", Refusal(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
    )

    with pytest.raises(errors.SessionNotFoundError):
        await project.delete_session("faces")

    assert optimizer.requests["DeleteSession"][0].name == SESSION


async def test_models_and_warp_spaces_are_plain_values(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "ListModels",
        model_service_pb2.ListModelsResponse(
            models=[
                model_pb2.Model(
                    name="models/avatars",
                    readiness=model_pb2.MODEL_READINESS_READY,
                    examples=["comic portrait"],
                )
            ],
            next_page_token="on",
        ),
        model_service_pb2.ListModelsResponse(),
    )
    optimizer.on(
        "GetWarpSpace",
        model_service_pb2.GetWarpSpaceResponse(
            warp_space=model_pb2.WarpSpace(
                name="models/avatars/warpSpaces/flow-16@1",
                dimension=1,
                axes=[
                    model_pb2.WarpAxis(name="x", low_label="left", high_label="right")
                ],
                identity=[0.0],
                resolution=2.0**-12,
            )
        ),
    )

    (model,) = await project.models()
    space = await project.warp_space("models/avatars/warpSpaces/flow-16@1")

    assert model.readiness is types.ModelReadiness.READY
    assert model.examples == ("comic portrait",)
    assert space.axes == (types.WarpAxis("x", "left", "right"),)
    assert space.identity == (0.0,)
