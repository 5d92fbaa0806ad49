"""The settings of the optimizer process come from the environment, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from multibo.optimizer.errors import SettingInvalidError
from multibo.optimizer.settings import Settings

SHARED = {
    "MULTIBO_REDIS_URL": "unix:///run/redis.sock?db=0",
    "MULTIBO_BLOB_URL": "file:///data/blobs",
    "MULTIBO_CATALOG": "/etc/multibo/catalog.toml",
}


def test_what_all_processes_share_is_enough() -> None:
    settings = Settings.from_environment(SHARED)

    assert settings.redis_url == "unix:///run/redis.sock?db=0"
    assert settings.blob_url == "file:///data/blobs"
    assert settings.catalog == Path("/etc/multibo/catalog.toml")
    assert settings.listen == "127.0.0.1:50051"
    assert settings.session_ttl_s == 7 * 24 * 3600


def test_the_optimizers_own_word_wins() -> None:
    own = {
        "MULTIBO_OPTIMIZER_REDIS_URL": "redis://elsewhere:6379/1",
        "MULTIBO_OPTIMIZER_LISTEN": "unix:/run/optimizer.sock",
        "MULTIBO_OPTIMIZER_SESSION_TTL_S": "60",
        "MULTIBO_OPTIMIZER_MAX_WATCHES": "7",
        "MULTIBO_OPTIMIZER_LOG_LEVEL": "debug",
    }

    settings = Settings.from_environment(SHARED | own)

    assert settings.redis_url == "redis://elsewhere:6379/1"
    assert settings.listen == "unix:/run/optimizer.sock"
    assert (settings.session_ttl_s, settings.max_watches) == (60, 7)
    assert settings.log_level == "debug"


@pytest.mark.parametrize("name", SHARED)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingInvalidError, match=name):
        Settings.from_environment({**SHARED, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MULTIBO_OPTIMIZER_SESSION_TTL_S", "a week"),
        ("MULTIBO_OPTIMIZER_MAX_CALLS", "0"),
        ("MULTIBO_OPTIMIZER_MAX_WATCHES", "-1"),
        ("MULTIBO_OPTIMIZER_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalidError, match=name):
        Settings.from_environment(SHARED | {name: value})
