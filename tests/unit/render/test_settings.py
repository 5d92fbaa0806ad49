from __future__ import annotations

from pathlib import Path

import pytest

from multibo.render.errors import SettingInvalidError
from multibo.render.settings import Settings

SHARED = {
    "MULTIBO_REDIS_URL": "redis://host/0",
    "MULTIBO_BLOB_URL": "file:///images",
    "MULTIBO_CATALOG": "/catalog.toml",
}


def test_shared_settings_suffice() -> None:
    settings = Settings.from_environment(SHARED)

    assert settings.catalog == Path("/catalog.toml")
    assert (settings.models, settings.threads) == ((), None)
    assert settings.dtype == "auto"
    assert settings.process


def test_own_settings_are_read() -> None:
    settings = Settings.from_environment(
        {
            **SHARED,
            "MULTIBO_RENDER_MODELS": "avatars,sdxl",
            "MULTIBO_RENDER_THREADS": "2",
            "MULTIBO_RENDER_DTYPE": "bfloat16",
            "MULTIBO_RENDER_BATCH_ROWS": "8",
            "MULTIBO_RENDER_METRICS_LISTEN": "127.0.0.1:9465",
            "MULTIBO_RENDER_MEMORY_BUDGET_MB": "9000",
            "MULTIBO_RENDER_GRACE_S": "60",
            "MULTIBO_RENDER_PREVIEWS": "off",
        }
    )

    assert settings.models == ("avatars", "sdxl")
    assert (settings.threads, settings.batch_rows) == (2, 8)
    assert settings.dtype == "bfloat16"
    assert settings.metrics_listen == "127.0.0.1:9465"
    assert (settings.memory_budget_mb, settings.grace_s) == (9000, 60)
    assert not settings.previews


def test_an_empty_setting_is_none() -> None:
    names = ("THREADS", "BATCH_ROWS", "GRACE_S", "PREVIEWS", "LOG_LEVEL")
    empty = {f"MULTIBO_RENDER_{name}": "" for name in names}

    settings = Settings.from_environment({**SHARED, **empty})

    assert settings == Settings.from_environment(SHARED)


@pytest.mark.parametrize("missing", sorted(SHARED))
def test_a_missing_setting_is_named(missing: str) -> None:
    environment = {name: SHARED[name] for name in SHARED if name != missing}

    with pytest.raises(SettingInvalidError, match=missing):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("THREADS", "many"),
        ("THREADS", "0"),
        ("BATCH_ROWS", "0"),
        ("BATCH_ROWS", "9"),
        ("LOG_LEVEL", "LOUD"),
        ("GRACE_S", "-1"),
        ("MEMORY_BUDGET_MB", "1.5"),
        ("PREVIEWS", "maybe"),
    ],
)
def test_a_value_has_to_be_one(name: str, value: str) -> None:
    with pytest.raises(SettingInvalidError, match=f"MULTIBO_RENDER_{name}"):
        Settings.from_environment({**SHARED, f"MULTIBO_RENDER_{name}": value})
