"""Every method against every kind of caller."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc

from multibo.optimizer.api.auth_principals import Scope
from multibo.optimizer.api.auth_scopes import ACCESS
from tests.support.credentials import (
    EVERY_SCOPE,
    Signer,
    a_signer,
    an_authenticator,
    bearer,
    write_jwks,
)
from tests.support.fakes import an_app
from tests.support.legal_requests import (
    METHODS,
    OF_A_PROJECT,
    OF_NO_PROJECT,
    a_request,
)
from tests.support.wire import Refused, Wire, refusal, serving

STATUS = "grpc-status-details-bin"
NAMES = [method.rpartition("/")[2] for method in METHODS]


@dataclasses.dataclass
class Door:
    """A server that asks for credentials."""

    wire: Wire
    signer: Signer

    async def answer(
        self, method: str, token: str | None, *, project: str = "local"
    ) -> Refused | None:
        """Call a method about a session that is not there; None if it was answered."""
        data = a_request(method.rpartition("/")[2], project).SerializeToString()
        metadata = bearer(token) if token is not None else ()
        # A unary call is a stream of one message to the wire.
        call: Any = self.wire.channel.unary_stream(method)(
            data, metadata=metadata, timeout=10
        )
        try:
            async for _ in call:
                pass
        except grpc.aio.AioRpcError as error:
            return refusal(error)
        return None


@pytest.fixture(scope="module")
def signer() -> Signer:
    return a_signer()


@pytest.fixture
async def door(signer: Signer, tmp_path: Path) -> AsyncIterator[Door]:
    authenticator = an_authenticator(jwks=write_jwks(tmp_path / "jwks", [signer]))
    async with serving(an_app(), authenticator=authenticator) as wire:
        yield Door(wire, signer)


def test_every_method_of_the_contract_declares_its_scope() -> None:
    assert set(ACCESS) == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_every_field_that_names_a_resource_is_declared(method: str) -> None:
    strings = {
        field.name
        for field in METHODS[method].input_type.fields
        if field.type == FieldDescriptor.TYPE_STRING
    }
    other = {"request_id", "etag", "session_id", "page_token", "cursor"}
    other |= {"x_axis", "y_axis", "digest"}
    if method.endswith("GetWarpSpace"):
        other.add("name")

    assert {field for field, _ in ACCESS[method].names} == strings - other


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
async def test_without_a_token_nothing_is_answered(door: Door, method: str) -> None:
    answer = await door.answer(method, None)

    assert answer
    assert (answer.code.name, answer.reason) == ("UNAUTHENTICATED", "TOKEN_MISSING")


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
async def test_with_a_bad_token_nothing_is_answered(door: Door, method: str) -> None:
    answer = await door.answer(method, door.signer.token()[:-4] + "AAAA")

    assert answer
    assert (answer.code.name, answer.reason) == ("UNAUTHENTICATED", "TOKEN_INVALID")


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
async def test_every_other_scope_does_not_do(door: Door, method: str) -> None:
    needed = ACCESS[method].scope
    others = " ".join(scope for scope in Scope if scope is not needed)

    answer = await door.answer(method, door.signer.token(scope=others))

    assert answer
    assert (answer.code.name, answer.reason) == ("PERMISSION_DENIED", "SCOPE_MISSING")
    assert answer.metadata == {"scope": needed.value}


@pytest.mark.parametrize(
    "method", [m for m in METHODS if m.rpartition("/")[2] not in OF_NO_PROJECT]
)
async def test_another_project_is_not_there(door: Door, method: str) -> None:
    answer = await door.answer(method, door.signer.token(), project="theirs")

    assert answer
    assert (answer.code.name, answer.reason) == ("NOT_FOUND", "SESSION_NOT_FOUND")


@pytest.mark.parametrize(
    "method",
    [m for m in METHODS if m.rpartition("/")[2] not in OF_NO_PROJECT | OF_A_PROJECT],
)
async def test_a_foreign_session_and_a_missing_one_are_the_same_to_the_byte(
    door: Door, method: str
) -> None:
    theirs = door.signer.token(projects=["theirs"])

    foreign = await door.answer(method, door.signer.token(), project="theirs")
    missing = await door.answer(method, theirs, project="theirs")

    assert foreign
    assert missing
    assert foreign.code is missing.code
    assert foreign.text == missing.text
    assert foreign.trailers[STATUS] == missing.trailers[STATUS]


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
async def test_the_right_token_comes_through(door: Door, method: str) -> None:
    token = door.signer.token(scope=ACCESS[method].scope.value)

    answer = await door.answer(method, token)

    assert answer is None or answer.code.name not in {
        *("UNAUTHENTICATED", "PERMISSION_DENIED", "INTERNAL", "UNKNOWN"),
    }


async def test_a_session_that_is_there_is_foreign_all_the_same(door: Door) -> None:
    await door.wire.sessions.CreateSession(
        a_request("CreateSession", "theirs"),
        metadata=bearer(door.signer.token(projects=["theirs"])),
    )
    listing = a_request("ListSessions", "theirs")
    reply = await door.wire.sessions.ListSessions(
        listing, metadata=bearer(door.signer.token(projects=["*"]))
    )

    with pytest.raises(grpc.aio.AioRpcError) as there:
        await door.wire.sessions.GetSession(
            type(a_request("GetSession"))(name=reply.sessions[0].name),
            metadata=bearer(door.signer.token()),
        )

    assert refusal(there.value).text == f"no session {reply.sessions[0].name}"


async def test_an_accepted_candidate_of_another_project_is_not_there(
    door: Door,
) -> None:
    request = a_request("FinishSession")
    theirs = "projects/theirs/sessions/other/rounds/0/candidates/0"
    request.accepted_candidate = theirs

    with pytest.raises(grpc.aio.AioRpcError) as error:
        await door.wire.sessions.FinishSession(
            request, metadata=bearer(door.signer.token(scope=EVERY_SCOPE))
        )

    assert refusal(error.value).text == "no session projects/theirs/sessions/other"


async def test_a_method_without_a_scope_is_closed_even_where_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    method = "/multibo.v1.ModelService/ListModels"
    monkeypatch.delitem(ACCESS, method)

    async with serving(an_app()) as wire:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await wire.models.ListModels(a_request("ListModels"))

    assert refusal(error.value).reason == "SCOPE_MISSING"


async def test_health_is_answered_to_anybody(door: Door) -> None:

    stub: Any = health_pb2_grpc.HealthStub(door.wire.channel)
    reply = await stub.Check(health_pb2.HealthCheckRequest())

    assert reply.status == health_pb2.HealthCheckResponse.SERVING
