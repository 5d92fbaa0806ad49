"""Finding the stack of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from multibo.client import connect, discovery
from multibo.client.errors import AddressUnknownError

HERE = discovery.Endpoints(
    grpc="127.0.0.1:50051", page="http://127.0.0.1:8080", redis="", pid=1
)


def announce(home: Path) -> None:
    (home / "multibo").mkdir()
    (home / "multibo" / "endpoints.json").write_text(HERE.to_json())


def test_the_environment_comes_first(tmp_path: Path) -> None:
    announce(tmp_path)
    environment = {"MULTIBO_ADDRESS": "db:1", "XDG_DATA_HOME": str(tmp_path)}

    assert discovery.find_address(environment) == "db:1"


def test_a_running_stack_is_found(tmp_path: Path) -> None:
    announce(tmp_path)

    found = discovery.find_address({"XDG_DATA_HOME": str(tmp_path)})

    assert found == "127.0.0.1:50051"


def test_without_both_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(AddressUnknownError, match="multibo up") as unknown:
        discovery.find_address({"XDG_DATA_HOME": str(tmp_path)})

    assert unknown.value.state_dir == tmp_path / "multibo"


def test_connecting_without_an_address_looks_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MULTIBO_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    with pytest.raises(AddressUnknownError):
        connect()


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/me"}, "/data/multibo"),
        ({"XDG_DATA_HOME": "", "HOME": "/home/me"}, "/home/me/.local/share/multibo"),
        ({"XDG_DATA_HOME": "rel", "HOME": "/home/me"}, "/home/me/.local/share/multibo"),
    ],
)
def test_the_state_directory_follows_the_user(
    environment: dict[str, str], folder: str
) -> None:
    assert discovery.default_state_dir(environment) == Path(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "grpc": "x"}']
)
def test_a_damaged_announcement_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "endpoints.json").write_text(text)

    assert discovery.read_endpoints(tmp_path) is None


def test_an_announcement_reads_as_it_was_written() -> None:
    assert discovery.Endpoints.from_json(HERE.to_json()) == HERE
