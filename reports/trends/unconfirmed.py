"""Whether the newest form stands alone with its flag."""

from reports.trends.columns import times_of
from reports.trends.level import restart_marks
from reports.trends.measure import Measure
from reports.trends.series import Flag, Point
from reports.trends.worsening import worsening_flags


def unconfirmed(points: tuple[Point, ...], measure: Measure) -> Flag | None:
    """The flag of the newest form where it is a single one: not confirmed yet, nor withdrawn.

    `points` oldest first. An older flag was settled by the form that followed it.
    """
    forms = times_of([[point.at for point in points]])
    restarts = restart_marks(forms, times_of([[]]))
    [flags] = worsening_flags([points], forms, restarts, measure)
    last = flags[-1] if flags else None
    alone = last is not None and last.kind == "single" and last.at == points[-1].at
    return last if alone else None
