"""The gateway's channel to the optimizer, in the clear or over TLS."""

from collections.abc import Sequence
from pathlib import Path

import grpc

from multibo.gateway.errors import SettingInvalidError
from multibo.gateway.settings import PREFIX, Settings


def channel(
    settings: Settings, options: Sequence[tuple[str, int | str]]
) -> grpc.aio.Channel:
    """Return a channel to the optimizer; the caller closes it.

    Args:
        settings: of this process. With an authority the optimizer must show a
            certificate of it for the host of the target.
        options: of the channel.

    Raises:
        SettingInvalidError: if a file of the settings cannot be read.
    """
    if settings.tls_ca is None:
        return grpc.aio.insecure_channel(settings.optimizer, options=options)
    credentials = grpc.ssl_channel_credentials(
        root_certificates=_read("TLS_CA", settings.tls_ca),
        private_key=_read("TLS_KEY", settings.tls_key),
        certificate_chain=_read("TLS_CERT", settings.tls_cert),
    )
    return grpc.aio.secure_channel(settings.optimizer, credentials, options=options)


def _read(field: str, path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingInvalidError(
            name=PREFIX + field, value=str(path), expected=f"a file ({error.strerror})"
        ) from error
