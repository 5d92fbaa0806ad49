"""Every reason of the wire becomes an exception of its own."""

from __future__ import annotations

import asyncio
import time

import grpc
import pytest

from multibo.client import AsyncProject, connect_async, errors
from multibo.v1 import error_pb2, session_service_pb2
from tests.support.scripted_optimizer import (
    Refusal,
    ScriptedOptimizer,
    a_free_port,
    a_session,
    serving,
)

REASONS = [
    value.name.removeprefix("ERROR_REASON_")
    for value in error_pb2.ErrorReason.DESCRIPTOR.values
    if value.number
]


def test_the_table_has_exactly_the_reasons_of_the_wire() -> None:
    assert sorted(errors.BY_REASON) == sorted(REASONS)


@pytest.mark.parametrize("reason", REASONS)
def test_every_class_says_what_to_do(reason: str) -> None:
    kind = errors.BY_REASON[reason]

    assert kind.__name__.endswith("Error")
    assert len(kind.__doc__ or "") > 20


async def test_every_refusal_is_raised_as_its_class(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    # One test for all: a server for each would take seconds.
    for reason in REASONS:
        status = grpc.StatusCode.FAILED_PRECONDITION
        optimizer.on("GetSession", Refusal(status, reason, message="because"))

        with pytest.raises(errors.BY_REASON[reason], match="because") as refused:
            await project.session("faces")

        assert type(refused.value) is errors.BY_REASON[reason]
        assert refused.value.reason == reason
        assert refused.value.status is status


async def test_the_data_of_a_refusal_are_attributes(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "GetSession",
        Refusal(
            grpc.StatusCode.INVALID_ARGUMENT,
            "FIELD_INVALID",
            metadata={"limit": "1000"},
            retry_s=1.5,
            violations={"spec.prompt": "too long"},
        ),
    )

    with pytest.raises(errors.FieldInvalidError) as refused:
        await project.session("faces")

    assert refused.value.metadata == {"limit": "1000"}
    assert refused.value.retry_after_s == 1.5
    (violation,) = refused.value.violations
    assert violation.field == "spec.prompt"
    assert violation.description == "too long"


async def test_a_spent_quota_says_whose_it_is(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    spent = {"projects/local": "1000 sessions of 1000"}
    status = grpc.StatusCode.RESOURCE_EXHAUSTED
    optimizer.on("GetSession", Refusal(status, "QUOTA_EXCEEDED", quota=spent))

    with pytest.raises(errors.QuotaExceededError) as refused:
        await project.session("faces")

    (violation,) = refused.value.quota
    assert violation.subject == "projects/local"
    assert violation.description == "1000 sessions of 1000"


async def test_a_closed_round_says_which_one_is_open(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "GetSession",
        Refusal(
            grpc.StatusCode.FAILED_PRECONDITION,
            "ROUND_NOT_OPEN",
            metadata={"state": "JUDGED", "open_round": "x/rounds/4"},
        ),
    )

    with pytest.raises(errors.RoundNotOpenError) as refused:
        await project.session("faces")

    assert refused.value.state == "JUDGED"
    assert refused.value.open_round == "x/rounds/4"


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(grpc.StatusCode.FAILED_PRECONDITION, "REASON_OF_NEXT_YEAR"),
        Refusal(grpc.StatusCode.FAILED_PRECONDITION, "FIELD_INVALID", domain="other"),
        Refusal(grpc.StatusCode.DATA_LOSS),
    ],
)
async def test_an_unknown_reason_is_known_by_its_status(
    project: AsyncProject, optimizer: ScriptedOptimizer, refusal: Refusal
) -> None:
    optimizer.on("GetSession", refusal)

    with pytest.raises(errors.CallFailedError) as refused:
        await project.session("faces")

    assert type(refused.value) is errors.CallFailedError
    assert refused.value.status is refusal.status


async def test_an_address_nobody_listens_on_is_unreachable() -> None:
    async with connect_async(f"127.0.0.1:{a_free_port()}") as project:
        with pytest.raises(errors.ServerUnreachableError):
            await project.session("faces")


async def test_a_call_the_server_never_answers_exceeds_its_deadline(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on("GetSession", Refusal(grpc.StatusCode.DEADLINE_EXCEEDED))

    with pytest.raises(errors.DeadlineExceededError):
        await project.session("faces")


@pytest.mark.parametrize(
    "gone",
    [
        Refusal(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        # What a server that stops says of calls it has not looked at.
        Refusal(grpc.StatusCode.CANCELLED),
    ],
    ids=["unavailable", "canceled by a server that stops"],
)
async def test_a_server_that_goes_away_is_asked_again_with_the_same_request_id(
    project: AsyncProject, optimizer: ScriptedOptimizer, gone: Refusal
) -> None:
    reply = session_service_pb2.CreateSessionResponse(session=a_session())
    optimizer.on("CreateSession", gone, gone, reply)

    await project.create_session("comic portrait")

    ids = {request.request_id for request in optimizer.requests["CreateSession"]}
    assert optimizer.n_calls("CreateSession") == 3
    assert len(ids) == 1
    assert len(ids.pop()) == 36


@pytest.mark.parametrize(
    ("gone", "kind"),
    [
        (
            Refusal(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
            errors.StoreUnavailableError,
        ),
        (Refusal(grpc.StatusCode.CANCELLED), errors.ServerUnreachableError),
    ],
    ids=["no store", "only servers that stop"],
)
async def test_a_server_gone_for_good_is_told_after_four_attempts(
    project: AsyncProject,
    optimizer: ScriptedOptimizer,
    gone: Refusal,
    kind: type[errors.CallFailedError],
) -> None:
    optimizer.on("GetSession", gone)

    with pytest.raises(kind):
        await project.session("faces")

    assert optimizer.n_calls("GetSession") == 4


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (grpc.StatusCode.ABORTED, "ETAG_MISMATCH"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED"),
        (grpc.StatusCode.INTERNAL, "INTERNAL"),
    ],
)
async def test_nothing_else_is_tried_again(
    project: AsyncProject,
    optimizer: ScriptedOptimizer,
    status: grpc.StatusCode,
    reason: str,
) -> None:
    optimizer.on("CreateSession", Refusal(status, reason))

    with pytest.raises(errors.BY_REASON[reason]):
        await project.create_session("comic portrait")

    assert optimizer.n_calls("CreateSession") == 1


async def test_a_contended_commit_is_repeated_after_the_delay_with_the_same_id(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    busy = Refusal(grpc.StatusCode.ABORTED, "COMMIT_CONTENDED", retry_s=0.1)
    reply = session_service_pb2.CreateSessionResponse(session=a_session())
    optimizer.on("CreateSession", busy, reply)

    started_s = time.monotonic()
    await project.create_session("comic portrait")

    assert time.monotonic() - started_s >= 0.1
    first, second = optimizer.requests["CreateSession"]
    assert first == second


async def test_a_commit_contended_for_good_is_raised(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on("CreateSession", Refusal(grpc.StatusCode.ABORTED, "COMMIT_CONTENDED"))

    with pytest.raises(errors.CommitContendedError):
        await project.create_session("comic portrait")

    assert optimizer.n_calls("CreateSession") == 4


async def test_a_server_that_comes_back_within_a_second_is_not_noticed() -> None:
    scripted = ScriptedOptimizer()
    scripted.on(
        "GetSession", session_service_pb2.GetSessionResponse(session=a_session())
    )
    address = f"127.0.0.1:{a_free_port()}"
    async with connect_async(address) as project:
        asked = asyncio.create_task(project.session("faces"))
        await asyncio.sleep(0.3)
        async with serving(scripted, address):
            session = await asked

    assert session.info.etag == "1"
