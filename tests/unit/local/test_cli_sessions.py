"""`multibo sessions` moves sessions, and any command can be let in anywhere."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from multibo.client.loop import LoopThread
from multibo.local import cli
from multibo.v1 import model_service_pb2, session_service_pb2
from tests.support.credentials import Certificate, a_certificate
from tests.support.scripted_optimizer import ScriptedOptimizer, a_session, serving

pytestmark = pytest.mark.usefixtures("home")

DOCUMENT = b'{"schema": 2}'


@pytest.fixture
def exporting(home: Path, scripted: ScriptedOptimizer) -> ScriptedOptimizer:
    del home  # only before the address is set
    session = a_session()
    scripted.on("GetSession", session_service_pb2.GetSessionResponse(session=session))
    scripted.on(
        "ExportSession",
        session_service_pb2.ExportSessionResponse(
            document=DOCUMENT, digest="ab12", schema=2
        ),
    )
    scripted.on(
        "ImportSession", session_service_pb2.ImportSessionResponse(session=session)
    )
    return scripted


@pytest.mark.usefixtures("exporting")
def test_a_session_is_exported_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "faces.json"

    assert cli.main(["sessions", "export", "faces", str(file)]) == cli.OK

    assert file.read_bytes() == DOCUMENT
    assert "SHA-256 ab12" in capsys.readouterr().out


@pytest.mark.usefixtures("exporting")
def test_without_a_file_the_document_alone_is_written(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert cli.main(["sessions", "export", "faces"]) == cli.OK

    assert capfdbinary.readouterr().out == DOCUMENT


def test_a_document_is_imported_byte_for_byte(
    exporting: ScriptedOptimizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "faces.json"
    file.write_bytes(DOCUMENT)

    assert cli.main(["sessions", "import", str(file), "--id", "again"]) == cli.OK

    (request,) = exporting.requests["ImportSession"]
    assert (request.document, request.session_id) == (DOCUMENT, "again")
    assert capsys.readouterr().out == f"imported {a_session().name}\n"


def test_a_document_is_read_from_the_standard_input(
    exporting: ScriptedOptimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DOCUMENT)))

    assert cli.main(["sessions", "import"]) == cli.OK

    assert exporting.requests["ImportSession"][0].document == DOCUMENT


@pytest.mark.usefixtures("exporting")
@pytest.mark.parametrize("verb", [["import"], ["export", "faces"]])
def test_a_file_that_is_no_file_is_named(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sessions", *verb, str(tmp_path)]) == cli.FAILED
    assert capsys.readouterr().err == f"multibo: {tmp_path}: Is a directory\n"


def test_a_token_comes_from_a_file(scripted: ScriptedOptimizer, tmp_path: Path) -> None:
    scripted.on("ListModels", model_service_pb2.ListModelsResponse())
    (tmp_path / "token").write_text("mbo_k1_secret\n")

    assert cli.main(["models", "--token-file", str(tmp_path / "token")]) == cli.OK

    assert scripted.shown == ["Bearer mbo_k1_secret"]


@pytest.fixture
def authority(tmp_path: Path) -> Certificate:
    return a_certificate(tmp_path, "authority")


@pytest.fixture
def encrypted(
    authority: Certificate, tmp_path: Path
) -> Iterator[tuple[str, ScriptedOptimizer]]:
    """A server that asks for certificates, and its address."""
    server = a_certificate(tmp_path, "server", signer=authority)
    credentials = grpc.ssl_server_credentials(
        [(server.key.read_bytes(), server.cert.read_bytes())],
        root_certificates=authority.cert.read_bytes(),
        require_client_auth=True,
    )
    optimizer = ScriptedOptimizer()
    optimizer.on("ListModels", model_service_pb2.ListModelsResponse())
    loop = LoopThread()
    running = serving(optimizer, credentials=credentials)
    yield loop.run(running.__aenter__()), optimizer
    loop.run(running.__aexit__(None, None, None))
    loop.close()


def test_both_sides_can_show_certificates(
    encrypted: tuple[str, ScriptedOptimizer], authority: Certificate, tmp_path: Path
) -> None:
    address, optimizer = encrypted
    mine = a_certificate(tmp_path, "somebody", signer=authority)
    options = ["--address", address, "--ca", str(authority.cert)]

    assert cli.main(["models", *options]) == cli.UNREACHABLE
    status = cli.main(
        ["models", *options, "--cert", str(mine.cert), "--key", str(mine.key)]
    )

    assert status == cli.OK
    assert optimizer.n_calls("ListModels") == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--cert", "mine.pem"], "--cert and --key come together"),
        (["--ca", "nowhere.pem"], "nowhere.pem: No such file"),
        (["--token-file", "nowhere"], "nowhere: No such file"),
    ],
)
def test_credentials_of_no_use_are_named(
    options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["models", *options]) == cli.FAILED
    assert reason in capsys.readouterr().err


def test_a_token_never_leaves_in_plain_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text("mbo_k1_secret")
    options = ["--address", "example.org:443", "--token-file", str(tmp_path / "token")]

    assert cli.main(["models", *options]) == cli.FAILED

    said = capsys.readouterr().err
    assert "plain text" in said
    assert "secret" not in said
