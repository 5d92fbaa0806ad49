"""A simulated session as one self-contained page."""

import base64
from html import escape
from importlib.resources import files
from typing import Final

from multibo.evaluation.figures import (
    curve_legend,
    gain_curves,
    timing_bars,
    timing_legend,
)
from multibo.evaluation.provenance import Provenance
from multibo.evaluation.record import RoundRecord, SessionRecord, SimulatedSession

_ROLES: Final = ("the user's metric", "the judge", "beside the judge")
_TARGET_WORDS: Final = {
    "warp": "a hidden warp of the start, within reach by construction",
    "seed": "the same prompt from another seed's noise",
}


def report_page(session: SimulatedSession, provenance: Provenance) -> str:
    """Return the page as HTML; pictures, style and drawings are inside it.

    Args:
        session: figures and pictures.
        provenance: where the figures come from.
    """
    style = files("multibo.evaluation").joinpath("report.css").read_text("utf-8")
    record = session.record
    body = "".join(
        (
            _opening(record),
            _hero(session),
            _verdict(record),
            _charts(record),
            _rounds(session),
            _seconds(record),
            _origin(record, provenance),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(record.prompt)} - MultiBO</title><style>{style}</style>"
        f"</head><body><main>{body}</main></body></html>\n"
    )


def _opening(record: SessionRecord) -> str:
    n_rounds = len(record.rounds)
    return (
        f"<h1>{n_rounds} round{'s' if n_rounds != 1 else ''} toward a picture nobody "
        "described</h1>"
        f'<p class="prompt">&ldquo;{escape(record.prompt)}&rdquo;</p>'
        '<p class="soft">A simulated person holds a hidden target '
        f"({_TARGET_WORDS[record.target]}), sees only the pictures of each round, and "
        "chooses the closest. The service sees the choices alone.</p>"
    )


def _hero(session: SimulatedSession) -> str:
    pictures = session.pictures
    return (
        '<section class="hero">'
        + _hero_figure("start", pictures.start, "Start", "what the prompt gives")
        + _hero_figure("final", pictures.final, "Final", "what the choices led to")
        + _hero_figure("target", pictures.target, "Target", "hidden from the service")
        + "</section>"
    )


def _hero_figure(kind: str, png: bytes, title: str, words: str) -> str:
    return (
        f'<figure class="{kind}">{_image(png, title)}'
        f"<figcaption>{title}<small>{words}</small></figcaption></figure>"
    )


def _verdict(record: SessionRecord) -> str:
    boxes = []
    for name in record.metrics:
        value = record.final_gains[name]
        role = _ROLES[min(record.metrics.index(name), len(_ROLES) - 1)]
        boxes.append(
            f'<div class="{"up" if value > 0 else "down"}"><b>{value:+.0%}</b>'
            f'{escape(name)} <span class="soft">({role})</span></div>'
        )
    return (
        f'<section class="verdict">{"".join(boxes)}</section>'
        '<p class="soft">Gain over the start: 100 % is the target itself, 0 % as far '
        "away as the start. "
        f"{escape(record.judge_metrics[0])} judges, a metric the person does not "
        "choose by; figures beside it rank nothing.</p>"
    )


def _charts(record: SessionRecord) -> str:
    return (
        '<h2>How it went</h2><section class="charts"><div class="chart">'
        f"<h3>Gain of the chosen picture</h3>{curve_legend(record)}"
        f'{gain_curves(record)}</div><div class="chart"><h3>Seconds per round</h3>'
        f"{timing_legend()}{timing_bars(record)}</div></section>"
    )


def _rounds(session: SimulatedSession) -> str:
    rows = [
        _round(entry, slate, session.record.user_metric)
        for entry, slate in zip(
            session.record.rounds, session.pictures.slates, strict=True
        )
    ]
    return (
        "<h2>Every round</h2>"
        '<p class="soft">The framed picture was chosen; below each, why it was shown '
        "and its gain by the user's metric.</p>"
        f'<section class="rounds">{"".join(rows)}</section>'
    )


def _round(entry: RoundRecord, slate: tuple[bytes, ...], metric: str) -> str:
    cells = []
    for slot, png in enumerate(slate):
        role = entry.roles[slot].lower()
        kind = ' class="chosen"' if slot == entry.chosen else ""
        cells.append(
            f"<figure{kind}>{_image(png, f'slot {slot}')}<figcaption>{role} "
            f"{entry.gains[metric][slot]:+.0%}</figcaption></figure>"
        )
    note = (
        f"<small>fallback: {escape(entry.degraded)}</small>" if entry.degraded else ""
    )
    return (
        f'<div class="round" style="--k:{len(slate)}"><header>Round {entry.round + 1}'
        f"<small>{entry.timing.total_s:.1f} s</small><small>{note}</small></header>"
        f"{''.join(cells)}</div>"
    )


def _seconds(record: SessionRecord) -> str:
    stages = ("total", "proposal", "queue", "render", "rest")
    meaning = {
        "total": "as the person waited",
        "proposal": "preference engine",
        "queue": "until a worker began",
        "render": "pictures of the slate",
        "rest": "commits, wake-ups, transfers",
    }
    rows = []
    for stage in stages:
        values = sorted(getattr(entry.timing, f"{stage}_s") for entry in record.rounds)
        rows.append(
            f"<tr><th>{stage}</th><td>{meaning[stage]}</td>"
            f'<td class="number">{values[len(values) // 2]:.2f} s</td>'
            f'<td class="number">{values[-1]:.2f} s</td>'
            f'<td class="number">{sum(values):.1f} s</td></tr>'
        )
    return (
        "<h2>Where the time went</h2><table><tr><th>stage</th><th></th>"
        '<th class="number">median round</th><th class="number">longest</th>'
        f'<th class="number">session</th></tr>{"".join(rows)}</table>'
    )


def _origin(record: SessionRecord, provenance: Provenance) -> str:
    packages = ", ".join(f"{name} {v}" for name, v in provenance.packages.items())
    facts = {
        "session": record.session,
        "seed": str(record.seed),
        "target": record.target,
        "measured": provenance.time,
        "commit": provenance.commit or "unknown",
        "engine": provenance.engine,
        "versions": f"Python {provenance.python}, {packages}",
        "machine": f"{provenance.machine}, {provenance.processor}, "
        f"{provenance.n_cores} cores, {provenance.memory_bytes / 2**30:.0f} GiB",
    }
    rows = [
        f"<tr><th>{name}</th><td>{escape(value)}</td></tr>"
        for name, value in facts.items()
    ]
    return f"<h2>Origin</h2><table>{''.join(rows)}</table>"


def _image(png: bytes, words: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">'
