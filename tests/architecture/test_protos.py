"""The contract: its comments, its names, and the generated code that goes with it."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
import pytest
from google.protobuf import descriptor_pb2

from multibo.v1.error_pb2 import ErrorReason
from tests.support.tree import ROOT

FILES: Final = sorted((ROOT / "proto" / "multibo" / "v1").glob("*.proto"))
READ: Final = re.compile(r"(Get|List|Predict|Render|Export|Watch)")
OPENING: Final = re.compile(r"(Required|Optional|Output only)\. \S")
REASONS: Final = frozenset(
    name.removeprefix("ERROR_REASON_") for name in list(ErrorReason.keys())[1:]
)
# Field numbers in descriptor.proto: how a location names what it is about.
_MESSAGE, _SERVICE, _FIELD, _NESTED, _METHOD = 4, 6, 2, 3, 2


@dataclass(frozen=True, slots=True)
class Commented:
    """A field or a method of the contract with its comment."""

    where: str
    comment: str


@pytest.fixture(scope="module")
def compiled(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """The files as the installed compiler reads them, by name."""
    target = tmp_path_factory.mktemp("contract") / "set.bin"
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", "-I", "proto"),
            *("--include_source_info", f"--descriptor_set_out={target}"),
            *(str(path.relative_to(ROOT)) for path in FILES),
        ],
        cwd=ROOT,
        check=True,
    )
    found = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    return {file.name: file for file in found.file}


def name_of(path: Path) -> str:
    return f"multibo/v1/{path.name}"


def comments(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    return {
        tuple(location.path): " ".join(location.leading_comments.split())
        for location in file.source_code_info.location
    }


def fields(file: descriptor_pb2.FileDescriptorProto) -> Iterator[Commented]:
    """Every written field; the entries of a map are not written by anybody."""
    text = comments(file)
    for m, message in enumerate(file.message_type):
        written = [n for n in message.nested_type if not n.options.map_entry]
        assert not written, "messages are not nested"
        for f, field in enumerate(message.field):
            where = f"{message.name}.{field.name}"
            yield Commented(where, text.get((_MESSAGE, m, _FIELD, f), ""))


def methods(file: descriptor_pb2.FileDescriptorProto) -> Iterator[Commented]:
    text = comments(file)
    for s, service in enumerate(file.service):
        for m, method in enumerate(service.method):
            where = f"{service.name}.{method.name}"
            yield Commented(where, text.get((_SERVICE, s, _METHOD, m), ""))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_field_says_who_sets_it(
    path: Path, compiled: dict[str, descriptor_pb2.FileDescriptorProto]
) -> None:
    silent = [
        field.where
        for field in fields(compiled[name_of(path)])
        if not OPENING.match(field.comment)
    ]

    assert silent == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_method_says_how_it_repeats_and_how_it_fails(
    path: Path, compiled: dict[str, descriptor_pb2.FileDescriptorProto]
) -> None:
    silent = [
        method.where
        for method in methods(compiled[name_of(path)])
        if not re.match(r"\S.* Idempotent: .*Errors: ", method.comment)
    ]

    assert silent == []


def refusals(comment: str) -> list[tuple[str, set[str]]]:
    """`NOT_FOUND (A, B), ABORTED (C)` as pairs of a status and its reasons."""
    listed = comment.rpartition("Errors: ")[2]
    return [
        (status, {reason.strip() for reason in reasons.split(",")})
        for status, reasons in re.findall(r"([A-Z_]+) \(([A-Z_, ]+)\)", listed)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_method_fails_with_reasons_of_the_contract(
    path: Path, compiled: dict[str, descriptor_pb2.FileDescriptorProto]
) -> None:
    for method in methods(compiled[name_of(path)]):
        listed = refusals(method.comment)

        assert listed, method.where
        for status, reasons in listed:
            assert hasattr(grpc.StatusCode, status), method.where
            assert reasons <= REASONS, method.where


def test_a_reason_comes_with_one_status_everywhere(
    compiled: dict[str, descriptor_pb2.FileDescriptorProto],
) -> None:
    file = compiled["multibo/v1/error.proto"]
    text = comments(file)
    values = file.enum_type[0].value
    declared = {
        value.name.removeprefix("ERROR_REASON_"): re.split(r"[ :]", comment)[0]
        for index, value in enumerate(values)
        if (comment := text[5, 0, 2, index]) and index
    }

    used = {
        reason: status
        for file in compiled.values()
        for method in methods(file)
        for status, reasons in refusals(method.comment)
        for reason in reasons
    }

    assert {reason: declared[reason] for reason in used} == used


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exactly_the_reads_have_no_side_effects(
    path: Path, compiled: dict[str, descriptor_pb2.FileDescriptorProto]
) -> None:
    for service in compiled[name_of(path)].service:
        for method in service.method:
            level = method.options.idempotency_level
            harmless = level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS

            assert harmless == bool(READ.match(method.name)), method.name


def without_json_names(
    file: descriptor_pb2.FileDescriptorProto,
) -> descriptor_pb2.FileDescriptorProto:
    """Compilers differ in whether they write the JSON names, which follow anyway."""
    plain = descriptor_pb2.FileDescriptorProto()
    plain.CopyFrom(file)
    plain.ClearField("source_code_info")
    for message in plain.message_type:
        nested = [message, *message.nested_type]
        for field in (field for one in nested for field in one.field):
            field.ClearField("json_name")
    return plain


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_generated_code_describes_the_same_contract(
    path: Path, compiled: dict[str, descriptor_pb2.FileDescriptorProto]
) -> None:
    module = importlib.import_module(f"multibo.v1.{path.stem}_pb2")
    generated = descriptor_pb2.FileDescriptorProto.FromString(
        module.DESCRIPTOR.serialized_pb
    )

    assert without_json_names(generated) == without_json_names(compiled[name_of(path)])


def test_no_generated_module_is_left_over() -> None:
    generated = ROOT / "proto" / "gen" / "python" / "multibo" / "v1"

    modules = {path.name for path in generated.glob("*_pb2*.py*")}

    assert modules == {
        f"{path.stem}_{kind}"
        for path in FILES
        for kind in ("pb2.py", "pb2.pyi", "pb2_grpc.py")
        if kind != "pb2_grpc.py" or path.stem.endswith("_service")
    }


def test_the_contract_imports_the_well_known_types_and_itself_only(
    compiled: dict[str, descriptor_pb2.FileDescriptorProto],
) -> None:
    imported = {name for file in compiled.values() for name in file.dependency}

    foreign = imported - set(compiled)
    assert foreign <= {
        "google/protobuf/duration.proto",
        "google/protobuf/timestamp.proto",
    }


def test_buf_finds_nothing_to_say() -> None:
    buf = Path(sys.executable).with_name("buf")

    done = subprocess.run(
        [buf, "lint", "proto"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")
