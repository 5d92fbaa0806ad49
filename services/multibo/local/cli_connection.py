"""How the command line reaches a server: address, project, credentials."""

from __future__ import annotations

import argparse
from pathlib import Path

import grpc

from multibo.client import connect
from multibo.client.sync_project import Project
from multibo.local.errors import CredentialsUnusableError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says where the server is and how to be let in.

    Args:
        parser: of a command that calls the server.
    """
    parser.add_argument(
        "--address",
        metavar="TARGET",
        default="",
        help="gRPC address (default: $MULTIBO_ADDRESS, else the running stack)",
    )
    parser.add_argument(
        "--project", default="local", help="whose sessions (default: local)"
    )
    access = parser.add_argument_group("access")
    # Not the token itself: everybody on a machine can read its command lines.
    access.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help="with a bearer token or an API key (default: $MULTIBO_TOKEN)",
    )
    access.add_argument(
        "--tls",
        action="store_true",
        help="encrypt, and trust the certificate authorities that gRPC trusts",
    )
    access.add_argument(
        "--ca", metavar="FILE", type=Path, help="encrypt, and trust only these (PEM)"
    )
    access.add_argument(
        "--cert", metavar="FILE", type=Path, help="one's own certificate (PEM)"
    )
    access.add_argument(
        "--key", metavar="FILE", type=Path, help="the key of --cert (PEM)"
    )


def connected(options: argparse.Namespace) -> Project:
    """Return a connection as the options have it.

    Args:
        options: with what `add_arguments` adds.

    Raises:
        CredentialsUnusableError: if a file cannot be read, or --cert and --key do not
            come together.
        AddressUnknownError: if no address was given and none was found.
        TokenUnusableError: if the token is damaged, or would leave this machine in
            plain text.
    """
    given = options.token_file
    token = b"" if given is None else _read(given)
    try:
        text = token.decode("ascii").strip()
    except UnicodeDecodeError:
        raise CredentialsUnusableError(f"{given} holds no token") from None
    return connect(
        options.address,
        project=options.project,
        credentials=_tls(options),
        token=text,
    )


def _tls(options: argparse.Namespace) -> grpc.ChannelCredentials | None:
    if (options.cert is None) is not (options.key is None):
        raise CredentialsUnusableError("--cert and --key come together")
    if not (options.tls or options.ca or options.cert):
        return None
    roots, key, chain = (
        None if path is None else _read(path)
        for path in (options.ca, options.key, options.cert)
    )
    return grpc.ssl_channel_credentials(roots, key, chain)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CredentialsUnusableError(f"{path}: {error.strerror}") from error
