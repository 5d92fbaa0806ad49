"""The demo: one session, played by a simulated person or by you on the page."""

import json
import time
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multibo.client.discovery import default_state_dir
from multibo.evaluation.arguments import DemoArguments
from multibo.evaluation.contact_sheet import contact_sheet
from multibo.evaluation.errors import StackError
from multibo.evaluation.protocol import Protocol, play
from multibo.evaluation.provenance import Provenance
from multibo.evaluation.record import RoundRecord, SimulatedSession
from multibo.evaluation.report import report_page
from multibo.evaluation.runner import render_target
from multibo.evaluation.service import ServiceSearch
from multibo.evaluation.settings import Settings
from multibo.evaluation.stacks import connected, embedded_pipeline
from multibo.evaluation.targets import Task
from multibo.local import up
from multibo.local.errors import LocalError

SCHEMA: Final = 1
_BAR_WIDTH: Final = 20


@dataclass(frozen=True, slots=True)
class Reports:
    """The files a simulated session leaves."""

    page: Path
    sheet: Path
    result: Path


def show(given: DemoArguments, settings: Settings) -> None:
    """Run the demo.

    Args:
        given: the command line.
        settings: the environment.

    Raises:
        StackError: if no service can be had.
    """
    if given.auto or settings.once:
        show_simulated(given, settings)
    else:
        serve_page(given, settings)


def show_simulated(given: DemoArguments, settings: Settings) -> None:
    """Let a simulated person play one session and report on it.

    Args:
        given: the command line.
        settings: the environment.

    Raises:
        StackError: if no service can be had.
    """
    task = Task.of_seed(given.seed, given.target, given.prompt)
    protocol = Protocol(n_rounds=given.n_rounds)
    began, origin = time.monotonic(), Provenance.collect()
    print(f'prompt: "{task.prompt}", seed {task.seed}, {task.kind.value} target')
    with connected(given.address, redis_url=settings.redis_url) as project:
        print(f"stack ready after {time.monotonic() - began:.1f} s", flush=True)
        search = ServiceSearch(project, task, n_rounds=protocol.n_rounds)
        target_png = render_target(embedded_pipeline(), task)
        session = play(
            search,
            task,
            target_png,
            protocol,
            lambda entry: print_round(entry, protocol),
        )
    reports = write_reports(session, given.out, origin)
    _print_outcome(session, reports, time.monotonic() - began)
    if given.open:
        webbrowser.open(reports.page.absolute().as_uri())


def serve_page(given: DemoArguments, settings: Settings) -> None:
    """Run the stack and its page until told to stop, as `multibo up` does.

    Args:
        given: the command line.
        settings: the environment.

    Raises:
        StackError: if the stack cannot be started.
    """
    options = up.UpOptions(
        state_dir=default_state_dir(settings.environment),
        listen="127.0.0.1:0",
        grpc_listen="127.0.0.1:0",
        n_workers=1,
        open_browser=given.open,
    )
    print("You choose, on the page; Ctrl-C ends the demo and keeps the sessions.")
    try:
        up.run(options, settings.environment)
    except LocalError as error:
        raise StackError(str(error)) from error


def print_round(entry: RoundRecord, protocol: Protocol) -> None:
    """Print one line about a judged round.

    Args:
        entry: what was shown and chosen.
        protocol: names the metrics.
    """
    gains = {name: values[entry.chosen] for name, values in entry.gains.items()}
    user, judge = protocol.user_metric, protocol.judge_metrics[0]
    filled = round(_BAR_WIDTH * min(max(gains[user], 0.0), 1.0))
    bar = "#" * filled + "." * (_BAR_WIDTH - filled)
    timing = entry.timing
    print(
        f"round {entry.round + 1:2d}/{protocol.n_rounds}  [{bar}] "
        f"{user} {gains[user]:+4.0%}  {judge} {gains[judge]:+4.0%}  "
        f"slot {entry.chosen} {entry.roles[entry.chosen].lower():8s} "
        f"{timing.total_s:5.1f} s (proposal {timing.proposal_s:.2f}, "
        f"queue {timing.queue_s:.2f}, render {timing.render_s:.2f})"
        + (f"  fallback: {entry.degraded}" if entry.degraded else ""),
        flush=True,
    )


def write_reports(
    session: SimulatedSession, folder: Path, origin: Provenance
) -> Reports:
    """Write page, contact sheet and figures of a session.

    Args:
        session: figures and pictures.
        folder: made if it is missing.
        origin: of the figures, taken before they were measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reports = Reports(
        page=folder / "report.html",
        sheet=folder / "contact_sheet.png",
        result=folder / "result.json",
    )
    reports.page.write_text(report_page(session, origin), encoding="utf-8")
    contact_sheet(session).save(reports.sheet)
    document = {
        "schema": SCHEMA,
        **session.record.to_json(),
        "provenance": origin.to_json(),
    }
    reports.result.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return reports


def _print_outcome(
    session: SimulatedSession, reports: Reports, elapsed_s: float
) -> None:
    gains = session.record.final_gains
    print("\ngain over the start (1 = the target, 0 = no closer than the start):")
    for name, value in gains.items():
        print(f"  {name:16s} {value:+.3f}")
    print(f"\n{elapsed_s:.0f} s in all")
    for path in (reports.page, reports.sheet, reports.result):
        print(f"  {path}")
