"""Curves and bars of a report as SVG; the page's style sheet gives the colors."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from multibo.evaluation.record import SessionRecord

_WIDTH: Final = 640
_HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 14, 34
_MAX_TICKS: Final = 10
_STAGES: Final = ("proposal", "queue", "render", "rest")


@dataclass(frozen=True, slots=True)
class _Frame:
    """Maps data to the drawing area."""

    x_max: float
    y_min: float
    y_max: float

    def x(self, value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / self.x_max

    def y(self, value: float) -> float:
        share = (value - self.y_min) / (self.y_max - self.y_min)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share


def gain_curves(record: SessionRecord) -> str:
    """Return the gain of the chosen picture over the rounds, a line per metric.

    Args:
        record: of a session of at least one round.
    """
    curves = {name: record.curve(name) for name in _drawn_metrics(record)}
    lowest = min(min(curve) for curve in curves.values())
    # A judge may fall far below the start; the frame shows the near part of that.
    frame = _Frame(len(record.rounds), max(-1.0, min(0.0, lowest)), 1.0)
    lines = [
        f'<polyline class="line metric-{place}" points="{_points(frame, curve)}"/>'
        for place, curve in enumerate(curves.values())
    ]
    ticks = [tick / 4 for tick in range(-4, 5) if tick / 4 >= frame.y_min]
    grid = [_grid_line(frame, tick, f"{tick:.0%}") for tick in ticks]
    return _svg("Gain over the start by round", [*grid, *_rounds(frame), *lines])


def timing_bars(record: SessionRecord) -> str:
    """Return the seconds of every round, stacked by where they went.

    Args:
        record: of a session of at least one round.
    """
    longest_s = max(entry.timing.total_s for entry in record.rounds)
    frame = _Frame(len(record.rounds), 0.0, max(longest_s, 1e-3) * 1.05)
    width = (frame.x(1) - frame.x(0)) * 0.7
    bars: list[str] = []
    for place, entry in enumerate(record.rounds):
        bottom_s = 0.0
        left = frame.x(place + 0.5) - width / 2
        for stage in _STAGES:
            seconds: float = getattr(entry.timing, f"{stage}_s")
            upper, lower = frame.y(bottom_s + seconds), frame.y(bottom_s)
            title = f"<title>{stage} {seconds:.2f} s</title>"
            bars.append(
                f'<rect class="stage-{stage}" x="{left:.1f}" y="{upper:.1f}" '
                f'width="{width:.1f}" height="{lower - upper:.1f}">{title}</rect>'
            )
            bottom_s += seconds
    step_s = _nice_step(frame.y_max)
    ticks = [step_s * n for n in range(int(frame.y_max / step_s) + 1)]
    grid = [_grid_line(frame, tick, f"{tick:g} s") for tick in ticks]
    labels = _rounds(frame, centered=True)
    return _svg("Seconds per round", [*grid, *bars, *labels])


def curve_legend(record: SessionRecord) -> str:
    """Return the legend of `gain_curves` as HTML.

    Args:
        record: of a session.
    """
    entries = [
        f'<span><i class="key metric-{place}"></i>{escape(name)}'
        f" ({'user' if name == record.user_metric else 'judge'})</span>"
        for place, name in enumerate(_drawn_metrics(record))
    ]
    return f'<p class="legend">{"".join(entries)}</p>'


def timing_legend() -> str:
    """Return the legend of `timing_bars` as HTML."""
    entries = [
        f'<span><i class="key stage-{stage}"></i>{stage}</span>' for stage in _STAGES
    ]
    return f'<p class="legend">{"".join(entries)}</p>'


def _drawn_metrics(record: SessionRecord) -> tuple[str, str]:
    # The other judges do not rank anything; the table has their figures.
    return (record.user_metric, record.judge_metrics[0])


def _points(frame: _Frame, curve: Sequence[float]) -> str:
    return " ".join(
        f"{frame.x(place):.1f},{frame.y(max(value, frame.y_min)):.1f}"
        for place, value in enumerate(curve)
    )


def _grid_line(frame: _Frame, value: float, label: str) -> str:
    height = frame.y(value)
    kind = "axis" if value == 0 else "grid"
    return (
        f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" '
        f'y1="{height:.1f}" y2="{height:.1f}"/>'
        f'<text class="tick end" x="{_LEFT - 8}" y="{height + 4:.1f}">{label}</text>'
    )


def _rounds(frame: _Frame, *, centered: bool = False) -> list[str]:
    n_rounds = int(frame.x_max)
    every = -(-n_rounds // _MAX_TICKS)
    first, shift = (0, 0.5) if centered else (1, 0.0)
    places = range(first, n_rounds + first, every)
    labels = [
        f'<text class="tick middle" x="{frame.x(place + shift):.1f}" '
        f'y="{_HEIGHT - 14}">{place if not centered else place + 1}</text>'
        for place in places
    ]
    if not centered:
        labels.append(
            f'<text class="tick middle" x="{frame.x(0):.1f}" y="{_HEIGHT - 14}">'
            "start</text>"
        )
    return labels


def _nice_step(longest: float) -> float:
    step = 0.001
    for factor in (2, 2.5, 2) * 6:
        if longest / step <= 5:
            break
        step *= factor
    return step


def _svg(title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
