"""A key is shown once and stored as a salted hash."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from multibo.optimizer.api.auth_api_keys import (
    ApiKey,
    KeyRing,
    editing,
    load_keys,
    new_key,
)
from multibo.optimizer.api.auth_principals import Scope
from multibo.optimizer.errors import CredentialsUnreadableError


def stored(path: Path, *projects: str, **others: object) -> tuple[ApiKey, str]:
    key, text = new_key(projects or ("local",), Scope, **others)  # type: ignore[arg-type]
    with editing(path) as keys:
        keys.append(key)
    return key, text


def test_a_key_opens_its_projects(tmp_path: Path) -> None:
    key, text = stored(tmp_path / "keys.json", "a", "b")

    holder = KeyRing(load_keys(tmp_path / "keys.json")).holder(text)

    assert holder
    assert holder.name == f"key:{key.id}"
    assert holder.projects == {"a", "b"}
    assert holder.scopes == set(Scope)


def test_another_secret_does_not_do(tmp_path: Path) -> None:
    _, text = stored(tmp_path / "keys.json")
    _, other = stored(tmp_path / "keys.json")
    ring = KeyRing(load_keys(tmp_path / "keys.json"))
    head, _, _ = text.rpartition("_")

    for wrong in (text[:-1], text + "x", f"{head}_", "mbo_", "mbo__", other[:14]):
        assert ring.holder(wrong) is None


def test_the_file_does_not_hold_the_key_and_nobody_else_reads_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    _, text = stored(path)

    secret = text.split("_", 2)[2]

    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_peer_has_a_name_instead_of_a_secret(tmp_path: Path) -> None:
    key, text = stored(tmp_path / "keys.json", peer="gateway.example.org")
    ring = KeyRing(load_keys(tmp_path / "keys.json"))

    found = ring.peer(["other", "gateway.example.org"])

    assert text == ""
    assert found
    assert found.name == "peer:gateway.example.org"
    assert ring.peer(["other"]) is None
    assert ring.holder(f"mbo_{key.id}_") is None


def test_writers_at_once_lose_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: stored(path)[0].id, range(24)))

    assert {key.id for key in load_keys(path)} == set(made)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '{"schema": 2, "keys": []}', '{"schema": 1}'),
        '{"schema": 1, "keys": [{"id": "a", "projects": [], "scopes": ["all"]}]}',
        '{"schema": 1, "keys": [{"id": "a", "projects": [], "scopes": []}]}',
        '{"schema": 1, "keys": [{"id": "a", "projects": 1, "scopes": [], "s3cr": 1}]}',
    ],
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)

    with pytest.raises(CredentialsUnreadableError, match=r"keys\.json"):
        stored(path)

    assert path.read_text() == text


def test_a_missing_file_is_an_error_to_who_reads_it(tmp_path: Path) -> None:
    with pytest.raises(CredentialsUnreadableError, match="No such file"):
        load_keys(tmp_path / "keys.json")
