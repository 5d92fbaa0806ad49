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


def test_the_key_of_image_urls_is_shared_with_the_gateway_and_never_shown() -> None:
    own = {
        "MULTIBO_BLOB_URL_KEY": "k" * 32,
        "MULTIBO_OPTIMIZER_GATEWAY_URL": "https://images.example",
        "MULTIBO_OPTIMIZER_IMAGE_URL_TTL_S": "60",
    }

    settings = Settings.from_environment(SHARED | own)

    assert settings.blob_url_key == "k" * 32
    assert settings.gateway_url == "https://images.example"
    assert settings.image_url_ttl_s == 60
    assert "k" * 32 not in repr(settings)


@pytest.mark.parametrize("name", SHARED)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingInvalidError, match=name):
        Settings.from_environment({**SHARED, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MULTIBO_OPTIMIZER_SESSION_TTL_S", "a week"),
        ("MULTIBO_OPTIMIZER_MAX_CALLS", "0"),
        ("MULTIBO_OPTIMIZER_IMAGE_URL_TTL_S", "604801"),
        ("MULTIBO_OPTIMIZER_GATEWAY_URL", "images.example"),
        ("MULTIBO_OPTIMIZER_MAX_WATCHES", "-1"),
        ("MULTIBO_OPTIMIZER_LOG_LEVEL", "LOUD"),
        ("MULTIBO_OPTIMIZER_CALLS_PER_S", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalidError, match=name):
        Settings.from_environment(SHARED | {name: value})


def test_access_is_set_up_by_files_and_names() -> None:
    given = {
        "MULTIBO_OPTIMIZER_TLS_CERT": "/tls/cert.pem",
        "MULTIBO_OPTIMIZER_TLS_KEY": "/tls/key.pem",
        "MULTIBO_OPTIMIZER_TLS_CLIENT_CA": "/tls/ca.pem",
        "MULTIBO_OPTIMIZER_API_KEYS_FILE": "/etc/keys.json",
        "MULTIBO_OPTIMIZER_JWKS_FILE": "/etc/jwks.json",
        "MULTIBO_OPTIMIZER_JWT_ISSUER": "https://login.example.org",
        "MULTIBO_OPTIMIZER_JWT_AUDIENCE": "multibo",
        "MULTIBO_OPTIMIZER_METRICS_LISTEN": "127.0.0.1:9464",
    }

    settings = Settings.from_environment(SHARED | given)

    assert settings.tls_client_ca == Path("/tls/ca.pem")
    assert settings.api_keys_file == Path("/etc/keys.json")
    assert (settings.jwt_issuer, settings.jwt_audience) == (
        "https://login.example.org",
        "multibo",
    )
    assert settings.metrics_listen == "127.0.0.1:9464"


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        (["TLS_CERT"], "TLS_KEY"),
        (["TLS_KEY"], "TLS_CERT"),
        (["TLS_CLIENT_CA"], "TLS_KEY"),
        (["TLS_CLIENT_CA", "TLS_KEY"], "TLS_CERT"),
        (["JWKS_FILE", "JWT_AUDIENCE"], "JWT_ISSUER"),
        (["JWKS_FILE", "JWT_ISSUER"], "JWT_AUDIENCE"),
    ],
)
def test_half_of_what_belongs_together_is_refused(
    given: list[str], lacking: str
) -> None:
    own = {f"MULTIBO_OPTIMIZER_{field}": "/x" for field in given}

    with pytest.raises(SettingInvalidError, match=f"MULTIBO_OPTIMIZER_{lacking} is"):
        Settings.from_environment(SHARED | own)
