"""TLS of the listener: PEM files, read again for a handshake after they changed."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from multibo.optimizer.api.auth_files import Reloaded
from multibo.optimizer.errors import CredentialsUnreadableError


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the certificates are."""

    cert: Path
    """The server's chain, PEM."""
    key: Path
    """Its private key, PEM."""
    client_ca: Path | None = None
    """Who signs the certificates that callers must then show."""


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Return what `add_secure_port` takes; renewed certificates need no restart.

    Args:
        files: read now, and once more for the next handshake after they changed.

    Raises:
        CredentialsUnreadableError: if they cannot be read or do not belong together.
    """
    paths = (files.cert, files.key, files.client_ca)
    given = (path for path in paths if path is not None)
    current = Reloaded(lambda: _configuration(files), *given)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        return current.value if current.refresh() else None

    credentials: grpc.ServerCredentials = grpc.dynamic_ssl_server_credentials(
        current.value,
        fetch,  # type: ignore[arg-type]  # the stubs forget None, "as before"
        require_client_authentication=files.client_ca is not None,
    )
    return credentials


def _configuration(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    # gRPC would only complain at the first handshake, and not to the operator.
    _check_pair(files)
    ca = None if files.client_ca is None else _bytes(files.client_ca)
    return grpc.ssl_server_certificate_configuration(
        [(_bytes(files.key), _bytes(files.cert))], root_certificates=ca
    )


def _check_pair(files: TlsFiles) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # The password keeps OpenSSL from asking at the terminal for an encrypted key.
        context.load_cert_chain(files.cert, files.key, password="")
        if files.client_ca is not None:
            context.load_verify_locations(files.client_ca)
    except (OSError, ValueError):
        reason = "not a certificate and its key in PEM, or not readable"
        raise CredentialsUnreadableError(files.cert, reason) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CredentialsUnreadableError(path, str(error.strerror)) from None
