"""`multibo keys`: a key is shown once, listed without its secret, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from multibo.local import cli
from multibo.optimizer.api.auth_api_keys import KeyRing, load_keys


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keys.json"
    monkeypatch.setenv("MULTIBO_OPTIMIZER_API_KEYS_FILE", str(path))
    return path


def create(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["keys", "create", "--project", "local", *arguments]) == 0
    return capsys.readouterr().out.strip()


def test_the_key_printed_is_the_one_that_opens(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    text = create(capsys, "--scopes", "sessions.read,images.read", "--days", "7")

    holder = KeyRing(load_keys(file)).holder(text)

    assert holder
    assert holder.projects == {"local"}
    assert holder.scopes == {"sessions.read", "images.read"}
    assert holder.expire_s


def test_a_listing_shows_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    text = create(capsys, "--note", "the studio")

    assert cli.main(["keys", "list"]) == 0
    listed = capsys.readouterr().out

    assert text.split("_")[1] in listed
    assert "the studio" in listed
    assert text.split("_", 2)[2] not in listed


def test_a_revoked_key_is_gone_and_the_others_stay(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    first, second = create(capsys), create(capsys)

    assert cli.main(["keys", "revoke", first.split("_")[1]]) == 0

    ring = KeyRing(load_keys(file))
    assert ring.holder(first) is None
    assert ring.holder(second)


def test_an_unknown_id_revokes_nothing(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    text = create(capsys)

    assert cli.main(["keys", "revoke", text.split("_")[1], "nobody"]) == cli.FAILED

    assert "no key nobody" in capsys.readouterr().err
    assert KeyRing(load_keys(file)).holder(text)


def test_a_peer_gets_no_key(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert create(capsys, "--peer", "studio.example.org") == ""

    assert KeyRing(load_keys(file)).peer(["studio.example.org"])


@pytest.mark.parametrize(
    "arguments",
    [
        *(["create"], ["create", "--project", "A/B"], ["revoke"], []),
        ["create", "--project", "local", "--scopes", "everything"],
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as status:
        cli.main(["keys", *arguments])

    assert status.value.code == cli.USAGE


def test_a_damaged_file_is_named(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text("{")

    assert cli.main(["keys", "list"]) == cli.FAILED

    assert "keys.json" in capsys.readouterr().err
