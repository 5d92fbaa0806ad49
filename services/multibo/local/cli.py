"""The `multibo` command. Until a subcommand needs more: stdlib and the client."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from multibo.client import commands, discovery
from multibo.client.errors import (
    AddressUnknownError,
    ClientError,
    ServerUnreachableError,
)
from multibo.local import (
    api_keys,
    cli_connection,
    cli_sessions,
    extras,
    models_command,
)
from multibo.local.errors import LocalError, StackAlreadyRunningError

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
"""Also: a missing extra."""
ALREADY_RUNNING: Final = 3
UNREACHABLE: Final = 4

_OF_EVALUATION: Final = (["demo"], ["calibrate"], ["bench"])
EPILOG: Final = """\
exit status: 0 done, 1 failed, 2 wrong usage or missing extra,
             3 a stack already runs on the state directory, 4 no server reachable
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: without the program's name; None means those of this process.

    Returns:
        The exit status.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in _OF_EVALUATION:
        # Its options are not ours to know, `--help` included.
        return _evaluate(given[0], given[1:])
    options = _parser().parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (ClientError, LocalError) as error:
        print(f"multibo: {error}", file=sys.stderr)
        return _status_of(error)
    except KeyboardInterrupt:
        return 128 + 2


def _status_of(error: ClientError | LocalError) -> int:
    if isinstance(error, StackAlreadyRunningError):
        return ALREADY_RUNNING
    if isinstance(error, AddressUnknownError | ServerUnreachableError):
        return UNREACHABLE
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="multibo",
        description="Find the image you have in mind by choosing among images.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_up(verbs.add_parser("up", help="run the whole stack on this machine"))
    verbs.add_parser("demo", help="run a session with a simulated user", add_help=False)
    verbs.add_parser(
        "calibrate", help="measure a warp space on a model", add_help=False
    )
    verbs.add_parser("bench", help="rank preferential optimizers", add_help=False)
    sessions = verbs.add_parser("sessions", help="list, show, move, delete sessions")
    cli_sessions.add_arguments(sessions)
    api_keys.add_arguments(verbs.add_parser("keys", help="make and revoke API keys"))
    models = verbs.add_parser("models", help="list the models of the catalog")
    cli_connection.add_arguments(models)
    models.set_defaults(run=_models)
    adding = models.add_subparsers(metavar="COMMAND").add_parser(
        "add", help="offer another model on this machine"
    )
    models_command.add_arguments(
        adding, default_dir=discovery.default_state_dir(os.environ)
    )
    doctor = verbs.add_parser("doctor", help="say what is installed and what is not")
    _add_state_dir(doctor)
    doctor.set_defaults(run=_doctor)
    return parser


def _add_up(parser: argparse.ArgumentParser) -> None:
    _add_state_dir(parser)
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default="127.0.0.1:0",
        help="address of the page, on loopback (default: a free port, kept)",
    )
    parser.add_argument(
        "--grpc-listen",
        metavar="HOST:PORT",
        default="127.0.0.1:0",
        help="address of the optimizer, on loopback, or unix:/PATH",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=_positive,
        default=1,
        help="render processes; they share the cores (default: 1)",
    )
    browser = parser.add_mutually_exclusive_group()
    browser.add_argument(
        "--open",
        dest="open_browser",
        action="store_true",
        default=None,
        help="open the page in a browser (default: if there is a screen)",
    )
    browser.add_argument(
        "--no-browser",
        dest="open_browser",
        action="store_false",
        default=None,
        help="only print the page's address",
    )
    parser.set_defaults(run=_up)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _add_state_dir(parser: argparse.ArgumentParser) -> None:
    default = discovery.default_state_dir(os.environ)
    parser.add_argument(
        "--state-dir",
        metavar="DIR",
        type=Path,
        default=default,
        help=f"where everything is kept (default: {default})",
    )


def _models(options: argparse.Namespace) -> int:
    with cli_connection.connected(options) as project:
        commands.list_models(project)
    return OK


def _up(options: argparse.Namespace) -> int:
    if not _has_extra("up"):
        return USAGE
    from multibo.local import up

    up.run(
        up.UpOptions(
            state_dir=options.state_dir,
            listen=options.listen,
            grpc_listen=options.grpc_listen,
            n_workers=options.workers,
            open_browser=options.open_browser,
        ),
        os.environ,
    )
    return OK


def _evaluate(verb: str, arguments: list[str]) -> int:
    if not _has_extra(verb):
        return USAGE
    return _become("multibo.evaluation", verb, *arguments)


def _become(module: str, *arguments: str) -> NoReturn:
    # In our place it gets the terminal and its signals, and gives the exit status.
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


def _has_extra(command: str) -> bool:
    missing = extras.missing_for_stack()
    if missing:
        print(
            f"multibo: `multibo {command}` needs more than the client: "
            f"{extras.INSTALL}\n(not installed: {', '.join(missing)})",
            file=sys.stderr,
        )
    return not missing


def _doctor(options: argparse.Namespace) -> int:
    from multibo.local import doctor

    return OK if doctor.run(options.state_dir, os.environ) else FAILED


if __name__ == "__main__":
    sys.exit(main())
