"""The state directory: lock, addresses, ports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from multibo.client.discovery import Endpoints, read_endpoints
from multibo.local.errors import StackAlreadyRunningError, StateDirUnusableError
from multibo.local.state_dir import StateDir

HERE = Endpoints(grpc="127.0.0.1:1", page="http://127.0.0.1:2", redis="", pid=3)


def test_its_folders_are_made_and_private(tmp_path: Path) -> None:
    with StateDir(tmp_path / "a" / "b") as state:
        assert state.redis.is_dir()
        assert state.images.is_dir()
        assert state.logs.is_dir()
        assert state.path.stat().st_mode & 0o077 == 0


def test_a_second_stack_is_refused_with_the_holder(tmp_path: Path) -> None:
    with (
        StateDir(tmp_path),
        pytest.raises(StackAlreadyRunningError) as refused,
        StateDir(tmp_path),
    ):
        pass

    assert refused.value.pid == os.getpid()
    assert str(os.getpid()) in str(refused.value)


def test_a_refused_stack_leaves_the_first_ones_addresses(tmp_path: Path) -> None:
    with StateDir(tmp_path) as first:
        first.announce(HERE)
        with pytest.raises(StackAlreadyRunningError), StateDir(tmp_path):
            pass

        assert read_endpoints(tmp_path) == HERE


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, os, signal\nfrom pathlib import Path\n"
        "from multibo.local.state_dir import StateDir\n"
        "StateDir(Path(sys.argv[1])).__enter__()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)

    with StateDir(tmp_path) as state:
        assert (state.path / "lock").read_text().strip() == str(os.getpid())


def test_addresses_are_there_while_announced_and_gone_afterwards(
    tmp_path: Path,
) -> None:
    with StateDir(tmp_path) as state:
        assert read_endpoints(tmp_path) is None
        state.announce(HERE)
        assert read_endpoints(tmp_path) == HERE

    assert read_endpoints(tmp_path) is None


def test_addresses_left_by_a_killed_supervisor_are_removed(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text(HERE.to_json())

    with StateDir(tmp_path):
        assert read_endpoints(tmp_path) is None


def test_ports_are_remembered(tmp_path: Path) -> None:
    with StateDir(tmp_path) as state:
        assert state.remembered_ports() == {}
        state.remember_ports({"page": 8080})

    assert StateDir(tmp_path).remembered_ports() == {"page": 8080}


@pytest.mark.parametrize("text", ["", "[]", '{"page": "x"}', '{"page": null}'])
def test_a_damaged_memory_of_ports_is_no_obstacle(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)

    assert StateDir(tmp_path).remembered_ports() == {}


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(StateDirUnusableError, match="file"),
        StateDir(tmp_path / "file"),
    ):
        pass


def test_the_key_of_image_urls_is_made_once_and_is_private(tmp_path: Path) -> None:
    with StateDir(tmp_path) as state:
        key = state.image_urls_key()
    with StateDir(tmp_path) as state:
        assert state.image_urls_key() == key

    assert len(key) == 64
    assert (tmp_path / "image_urls.key").stat().st_mode & 0o077 == 0
