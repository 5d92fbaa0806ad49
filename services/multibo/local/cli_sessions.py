"""`multibo sessions`: list, show, export, import and delete."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from multibo.client import commands
from multibo.client.types import SessionState
from multibo.local.cli_connection import add_arguments as add_connection
from multibo.local.cli_connection import connected
from multibo.local.errors import DocumentUnusableError

OK: Final = 0
_STDIO: Final = Path("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their options.

    Args:
        parser: of `multibo sessions`.
    """
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = verbs.add_parser("list", help="list sessions, newest first")
    listing.add_argument(
        "--state",
        dest="states",
        action="append",
        type=lambda text: SessionState(text.upper()),
        default=[],
        metavar="STATE",
        help="only this state: active, exhausted or finished; may be repeated",
    )
    listing.set_defaults(run=_list)
    show = verbs.add_parser("show", help="show a session and its latest round")
    show.add_argument("name")
    show.set_defaults(run=_show)
    delete = verbs.add_parser("delete", help="delete sessions for good")
    delete.add_argument("names", nargs="+", metavar="name")
    delete.set_defaults(run=_delete)
    for verb in (listing, show, delete, *_add_transfer(verbs)):
        add_connection(verb)


def _add_transfer(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
) -> tuple[argparse.ArgumentParser, ...]:
    export = verbs.add_parser("export", help="write a session as one JSON document")
    export.add_argument("name")
    export.add_argument(
        "file", nargs="?", type=Path, default=_STDIO, help="where to (default: stdout)"
    )
    export.set_defaults(run=_export)
    fetch = verbs.add_parser("import", help="make a session of such a document")
    fetch.add_argument(
        "file", nargs="?", type=Path, default=_STDIO, help="where from (default: stdin)"
    )
    fetch.add_argument(
        "--id", default="", metavar="ID", help="last part of its name (default: any)"
    )
    fetch.set_defaults(run=_import)
    return export, fetch


def _list(options: argparse.Namespace) -> int:
    with connected(options) as project:
        commands.list_sessions(project, states=options.states)
    return OK


def _show(options: argparse.Namespace) -> int:
    with connected(options) as project:
        commands.show_session(project, options.name)
    return OK


def _delete(options: argparse.Namespace) -> int:
    with connected(options) as project:
        commands.delete_sessions(project, options.names)
    return OK


def _export(options: argparse.Namespace) -> int:
    with connected(options) as project:
        exported = project.session(options.name).export()
    if options.file == _STDIO:
        sys.stdout.buffer.write(exported.document)
        return OK
    try:
        options.file.write_bytes(exported.document)
    except OSError as error:
        raise DocumentUnusableError(options.file, str(error.strerror)) from error
    print(f"{options.file}: {len(exported.document)} bytes, SHA-256 {exported.digest}")
    return OK


def _import(options: argparse.Namespace) -> int:
    try:
        document = (
            sys.stdin.buffer.read()
            if options.file == _STDIO
            else options.file.read_bytes()
        )
    except OSError as error:
        raise DocumentUnusableError(options.file, str(error.strerror)) from error
    with connected(options) as project:
        session = project.import_session(document, session_id=options.id)
        print(f"imported {session.name}")
    return OK
