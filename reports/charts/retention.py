"""Retention of response as an SVG: one step line, its band, and how many were still followed."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.draw import template
from reports.cohort import Retention, Step
from reports.cohort.retention import WEEK

# Beyond this the weeks are numbered every fourth, so that the numbers at risk do not touch.
EVERY_SECOND_UP_TO_WEEKS = 16


@dataclass(frozen=True)
class RetentionLayout:
    """Sizes in the SVG's own units."""

    width: int
    left: int
    right: int
    plot: int
    font: int


RETENTION_LAYOUTS = {
    "wide": RetentionLayout(width=1184, left=176, right=120, plot=260, font=13),
    "narrow": RetentionLayout(width=358, left=50, right=20, plot=210, font=12),
}


def retention_svg(found: Retention, description: str, layout: str = "wide") -> str:
    """`layout` is wide or narrow. Draws what there is: with no later form, the frame alone."""
    size = RETENTION_LAYOUTS[layout]
    weeks = max(1, -(-round(found.last_day) // WEEK))
    days = weeks * WEEK
    inner = size.width - size.left - size.right

    def x(day: float) -> float:
        return round(size.left + inner * day / days, 1)

    def y(percent: float) -> float:
        return round(size.font * 2 + size.plot * (1 - percent / 100), 1)

    return template("_retention.svg.jinja").render(
        name=layout, size=size, x=x, y=y, days=days,
        line=_stairs([(s.day, s.percent) for s in found.steps], found.last_day),
        bands=[_band(run, found.last_day) for run in _runs(found.steps)],
        at_risk=_shown(found.at_risk, weeks, narrow=layout == "narrow"),
        description=description,
    )  # fmt: skip


def _shown(
    at_risk: Sequence[tuple[int, int]], weeks: int, *, narrow: bool
) -> list[tuple[int, int]]:
    every = 4 if narrow or weeks > EVERY_SECOND_UP_TO_WEEKS else 2
    return [(week, left) for week, left in at_risk if week % every == 0]


def _stairs(points: Sequence[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Level to the next step, then down; the last level runs to the end."""
    corners: list[tuple[float, float]] = []
    for day, percent in points:
        if corners:
            corners.append((day, corners[-1][1]))
        corners.append((day, percent))
    return [*corners, (end, corners[-1][1])] if corners else []


def _runs(steps: Sequence[Step]) -> list[list[tuple[float, float, float, float]]]:
    """Stretches in which the band is defined, each step with the day on which it ends."""
    ends = [step.day for step in steps[1:]]
    runs: list[list[tuple[float, float, float, float]]] = [[]]
    for place, step in enumerate(steps):
        if step.low is None or step.high is None:
            runs.append([])
        else:
            until = ends[place] if place < len(ends) else -1.0
            runs[-1].append((step.day, until, step.low, step.high))
    return [run for run in runs if run]


def _band(
    run: Sequence[tuple[float, float, float, float]], end: float
) -> dict[str, list[tuple[float, float]]]:
    """The two edges as stairs."""
    closes = run[-1][1] if run[-1][1] >= 0 else end
    low = _stairs([(day, low) for day, _, low, _ in run], closes)
    high = _stairs([(day, high) for day, _, _, high in run], closes)
    return {"low": low, "high": high}
