"""A process with a setting it cannot use does not start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from multibo.blobs.errors import BlobAddressError
from multibo.jobs.errors import CatalogInvalidError
from multibo.optimizer.errors import CredentialsUnreadableError, ListenRefusedError
from multibo.optimizer.server import serve
from multibo.optimizer.settings import Settings
from multibo.telemetry.errors import MetricsListenError
from tests.support.fakes import CATALOG

SETTINGS = Settings(
    redis_url="unix:///nowhere/redis.sock",
    blob_url="file:///nowhere/blobs",
    catalog=CATALOG,
    listen="127.0.0.1:0",
)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"listen": "0.0.0.0:50051"}, ListenRefusedError),
        ({"catalog": Path("/nowhere/catalog.toml")}, CatalogInvalidError),
        ({"blob_url": "ftp://images"}, BlobAddressError),
        ({"api_keys_file": Path("/nowhere/keys")}, CredentialsUnreadableError),
        ({"jwks_file": Path("/nowhere/jwks")}, CredentialsUnreadableError),
        (
            {"tls_cert": Path("/nowhere/cert"), "tls_key": Path("/nowhere/key")},
            CredentialsUnreadableError,
        ),
        ({"metrics_listen": "8.8.8.8:9464"}, MetricsListenError),
    ],
)
async def test_a_setting_it_cannot_use_stops_the_process(
    changes: dict[str, str | Path], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await serve(replace(SETTINGS, **changes))  # type: ignore[arg-type]
