"""The wheel: everything that runs is inside, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from tests.support.tree import ROOT, tracked

MAX_WHEEL_BYTES: Final = 80_000_000
SOURCE_ROOTS: Final = ("services/", "clients/python/", "proto/gen/python/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_below_the_source_roots_is_inside(names: set[str]) -> None:
    expected = {
        path.removeprefix(root)
        for root in SOURCE_ROOTS
        for path in tracked()
        if path.startswith(f"{root}multibo/")
    }

    assert expected - names == set()


@pytest.mark.parametrize(
    "pattern",
    [
        "multibo/v1/*_pb2.py",
        "multibo/v1/*_pb2.pyi",
        "multibo/v1/*_pb2_grpc.py",
        "multibo/v1/py.typed",
        "multibo/client/py.typed",
        "multibo/jobs/lua/*.lua",
        "multibo/optimizer/adapters/lua/*.lua",
        "multibo/gateway/page/index.html",
        "multibo/pretrained/catalog.toml",
        "multibo/pretrained/avatars/MODEL_CARD.md",
        "multibo/pretrained/avatars/guidance.safetensors",
        "multibo/pretrained/avatars/pipe/unet/*.safetensors",
        "multibo/pretrained/avatars/judge/*.safetensors",
    ],
)
def test_what_is_easily_lost_is_inside(pattern: str, names: set[str]) -> None:
    assert [name for name in names if PurePosixPath(name).match(pattern)]


def test_the_only_top_level_name_is_ours(names: set[str]) -> None:
    top_level = {name.split("/")[0] for name in names}

    assert {name for name in top_level if not name.endswith(".dist-info")} == {
        "multibo"
    }


def test_the_wheel_carries_its_licenses(names: set[str]) -> None:
    licenses = {name.rpartition("/")[2] for name in names if "/licenses/" in name}

    assert licenses == {"LICENSE", "NOTICE"}


def test_no_cache_nor_test_is_inside(names: set[str]) -> None:
    assert [name for name in names if "__pycache__" in name or "/tests/" in name] == []


def test_the_wheel_stays_small_enough_to_install(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_WHEEL_BYTES


def test_the_weights_are_readable_by_everyone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        modes = {
            info.filename: info.external_attr >> 16 & 0o777
            for info in archive.infolist()
            if info.filename.endswith(".safetensors")
        }

    assert set(modes.values()) == {0o644}, modes
