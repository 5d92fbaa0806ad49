"""From the settings to who may come in: authentication and TLS of this process."""

from __future__ import annotations

from pathlib import Path

import grpc

from multibo.optimizer.api.auth import Authenticator, check_listen
from multibo.optimizer.api.auth_api_keys import KeyRing, load_keys
from multibo.optimizer.api.auth_files import Reloaded
from multibo.optimizer.api.auth_tls import TlsFiles, server_credentials
from multibo.optimizer.api.auth_tokens import Issuer, load_jwks
from multibo.optimizer.settings import Settings


def authenticator_of(settings: Settings) -> Authenticator:
    """Return what tells callers apart.

    Args:
        settings: of this process.

    Raises:
        CredentialsUnreadableError: if a file cannot be used.
    """
    jwks, keys = settings.jwks_file, settings.api_keys_file
    return Authenticator(
        jwks=None if jwks is None else Reloaded(lambda: load_jwks(jwks), jwks),
        issuer=Issuer(settings.jwt_issuer, settings.jwt_audience),
        keys=None if keys is None else Reloaded(lambda: _ring(keys), keys),
    )


def credentials_of(settings: Settings) -> grpc.ServerCredentials | None:
    """Return the TLS of the listener; None where it speaks in the clear.

    Args:
        settings: of this process.

    Raises:
        CredentialsUnreadableError: if a file cannot be used.
    """
    cert, key = settings.tls_cert, settings.tls_key
    if cert is None or key is None:
        return None
    return server_credentials(TlsFiles(cert, key, settings.tls_client_ca))


def checked_listen(settings: Settings) -> str:
    """Return the listen address, if it may be served with these settings.

    Args:
        settings: of this process.

    Raises:
        ListenRefusedError: if strangers could call, or others listen in.
    """
    asks = settings.jwks_file is not None or settings.api_keys_file is not None
    tls = settings.tls_cert is not None
    return check_listen(settings.listen, asks=asks, tls=tls)


def _ring(path: Path) -> KeyRing:
    return KeyRing(load_keys(path))
