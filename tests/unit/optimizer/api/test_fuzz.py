"""Whatever bytes come in: no INTERNAL, no crash, and the server goes on answering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.legal_requests import METHODS, a_request
from tests.support.target import Target

FAULTS: Final = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
_INTEGERS: Final = {
    **dict.fromkeys((FieldDescriptor.TYPE_INT32,), (-(2**31), 2**31 - 1)),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT32,), (0, 2**32 - 1)),
    **dict.fromkeys((FieldDescriptor.TYPE_INT64,), (-(2**63), 2**63 - 1)),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT64,), (0, 2**64 - 1)),
}
_TEXTS: Final = st.one_of(
    st.sampled_from(
        [
            *("", "projects/local", "projects/local/sessions/here", "models/avatars"),
            *("projects/local/sessions/here/rounds/0", "avatars", "flow-16@1"),
            *("projects/local/sessions/here/rounds/0/candidates/0", "1", "2", "0-0"),
            *("projects/local/sessions/here/rounds/999999", "projects/x/sessions/y"),
            *("a3bb189e-8bf9-4888-9912-ace4e6543002", "models/avatars/warpSpaces/x@1"),
            *("\0", "99999999999999999999-1", "-1", "1-", "²", "٣"),
        ]
    ),
    st.text(max_size=30),
)


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return _messages(field.message_type, depth + 1)
    if field.enum_type is not None:
        return st.integers(-1, 9)
    if field.type in _INTEGERS:
        low, high = _INTEGERS[field.type]
        return st.one_of(st.integers(-1 if low else 0, 9), st.integers(low, high))
    by_type: dict[int, st.SearchStrategy[Any]] = {
        FieldDescriptor.TYPE_STRING: _TEXTS,
        FieldDescriptor.TYPE_BYTES: st.binary(max_size=40),
        FieldDescriptor.TYPE_BOOL: st.booleans(),
        FieldDescriptor.TYPE_DOUBLE: st.floats(),
        FieldDescriptor.TYPE_FLOAT: st.floats(width=32),
    }
    return by_type[field.type]


def _messages(kind: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
    """Any message of a kind, each field set or not."""

    @st.composite
    def build(draw: st.DrawFn) -> Message:
        message: Any = GetMessageClass(kind)()
        for field in kind.fields if depth < 4 else ():
            if not draw(st.booleans()):
                continue
            if field.message_type and field.message_type.GetOptions().map_entry:
                entries = getattr(message, field.name)
                for key in draw(st.lists(_TEXTS, max_size=2)):
                    entries[key] = draw(_TEXTS)
            elif field.is_repeated:
                values = draw(st.lists(_values(field, depth), max_size=4))
                getattr(message, field.name).extend(values)
            elif field.message_type:
                getattr(message, field.name).CopyFrom(draw(_values(field, depth)))
            else:
                setattr(message, field.name, draw(_values(field, depth)))
        built: Message = message
        return built

    return build()


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    target = Target()
    yield target
    target.close()


quick = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.rpartition("/")[2])
@quick
@given(data=st.data())
def test_any_message_is_answered_without_a_fault(
    target: Target, method: str, data: st.DataObject
) -> None:
    message = data.draw(_messages(METHODS[method].input_type))

    assert target.code(method, message.SerializeToString()) not in FAULTS


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.rpartition("/")[2])
@quick
@given(data=st.binary(max_size=200))
def test_any_bytes_are_answered_without_a_fault(
    target: Target, method: str, data: bytes
) -> None:
    assert target.code(method, data) not in FAULTS


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.rpartition("/")[2])
@quick
@given(data=st.data())
def test_a_legal_request_with_flipped_bytes_is_answered_without_a_fault(
    target: Target, method: str, data: st.DataObject
) -> None:
    legal = a_request(method.rpartition("/")[2], session="here")
    wire = bytearray(legal.SerializeToString())
    for place in data.draw(st.lists(st.integers(0, max(len(wire) - 1, 0)), max_size=4)):
        if wire:
            wire[place] = data.draw(st.integers(0, 255))

    assert target.code(method, bytes(wire)) not in FAULTS


def test_afterwards_the_server_answers(target: Target) -> None:
    listing = a_request("ListModels").SerializeToString()

    code = target.code("/multibo.v1.ModelService/ListModels", listing)

    assert code is grpc.StatusCode.OK
