"""The chart in words, for people who do not see it."""

from reports import wording
from reports.beside import beside_rows
from reports.evidence.case import Case


def with_beside(case: Case) -> str:
    """The forms and sessions, then the other treatments and substances."""
    beside = " ".join(f"{row.label}: {row.text}" for row in beside_rows(case.facts))
    return f"{described(case)} {beside}"


def described(case: Case) -> str:
    """Forms and sessions in a few sentences."""
    trend, zone = case.trend, case.facts.zone
    if not trend.points:
        return f"No {trend.measure.title} form has been answered."
    first, last = trend.points[0], trend.points[-1]
    since, until = (wording.dated(form.at, zone, case.facts.as_of) for form in (first, last))
    return (
        f"{len(trend.points)} {trend.measure.title} forms from {since}, "
        f"score {trend.measure.say(first.total)}, to {until}, "
        f"score {trend.measure.say(last.total)}. "
        f"{wording.plural(len(trend.missed), 'form')} sent and not answered; "
        f"{wording.plural(len(case.done), 'session')}. All values are in the table below the chart."
    )
