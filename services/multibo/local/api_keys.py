"""`multibo keys`: make, list and revoke what opens an optimizer."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from multibo.client import discovery
from multibo.local.errors import ApiKeyUnknownError, KeyFileUnusableError
from multibo.optimizer.api.auth_api_keys import ApiKey, editing, load_keys, new_key
from multibo.optimizer.api.auth_principals import EVERY_PROJECT, Scope
from multibo.optimizer.errors import CredentialsUnreadableError

VARIABLE: Final = "MULTIBO_OPTIMIZER_API_KEYS_FILE"
_DAY_S: Final = 24 * 3600
_PROJECT: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


def default_file() -> Path:
    """Return the file the optimizer reads, as far as this environment says."""
    given = os.environ.get(VARIABLE, "")
    return Path(given) if given else _state_dir() / "api_keys.json"


def _state_dir() -> Path:
    return discovery.default_state_dir(os.environ)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of `multibo keys`.

    Args:
        parser: of the subcommand.
    """
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    create = verbs.add_parser("create", help="make a key; it is shown once")
    _add_create(create)
    listing = verbs.add_parser("list", help="list the keys, without their secrets")
    listing.set_defaults(run=_list)
    revoke = verbs.add_parser("revoke", help="take keys back, within seconds")
    revoke.add_argument("ids", nargs="+", metavar="id")
    revoke.set_defaults(run=_revoke)
    for verb in (create, listing, revoke):
        verb.add_argument(
            "--file",
            type=Path,
            default=default_file(),
            help=f"where they are kept (default: ${VARIABLE}, else %(default)s)",
        )


def _add_create(create: argparse.ArgumentParser) -> None:
    create.add_argument(
        "--project",
        dest="projects",
        action="append",
        required=True,
        type=_project,
        help="what it opens; may be repeated; '*' is every project",
    )
    create.add_argument(
        "--scopes",
        type=_scopes,
        default=tuple(Scope),
        metavar="SCOPE,...",
        help=f"what it may do, of {', '.join(Scope)} (default: all)",
    )
    create.add_argument(
        "--days", type=int, help="how long it lives (default: until revoked)"
    )
    create.add_argument("--note", default="", help="whose it is, for `keys list`")
    create.add_argument(
        "--peer",
        default="",
        metavar="NAME",
        help="no key: let in the TLS client whose certificate has this name",
    )
    create.set_defaults(run=_create)


def _project(text: str) -> str:
    if text != EVERY_PROJECT and not _PROJECT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no project id")
    return text


def _scopes(text: str) -> tuple[Scope, ...]:
    try:
        return tuple(Scope(scope) for scope in text.split(","))
    except ValueError:
        expected = ", ".join(Scope)
        raise argparse.ArgumentTypeError(f"expected some of {expected}") from None


def _create(options: argparse.Namespace) -> int:
    ttl_s = None if options.days is None else options.days * _DAY_S
    key, text = new_key(
        options.projects,
        options.scopes,
        peer=options.peer,
        ttl_s=ttl_s,
        note=options.note,
    )
    with _usable(), editing(options.file) as keys:
        keys.append(key)
    print(f"stored {key.id} in {options.file}", file=sys.stderr)
    # Alone on standard output, so that a script can take it.
    if text:
        print(text)
    return 0


def _list(options: argparse.Namespace) -> int:
    with _usable():
        keys = load_keys(options.file) if options.file.exists() else ()
    for key in keys:
        print(_line(key))
    return 0


def _line(key: ApiKey) -> str:
    ends = "never expires" if key.expire_s is None else f"until {_date(key.expire_s)}"
    parts = (
        key.id,
        f"peer {key.peer}" if key.peer else "key",
        f"made {_date(key.create_s)}",
        ends,
        ",".join(key.projects),
        ",".join(key.scopes),
        key.note,
    )
    return "  ".join(part for part in parts if part)


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).date().isoformat()


def _revoke(options: argparse.Namespace) -> int:
    with _usable(), editing(options.file) as keys:
        unknown = set(options.ids) - {key.id for key in keys}
        if unknown:
            raise ApiKeyUnknownError(options.file, tuple(sorted(unknown)))
        keys[:] = [key for key in keys if key.id not in options.ids]
    return 0


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except CredentialsUnreadableError as error:
        raise KeyFileUnusableError(error.path, error.reason) from error
