"""The harms on the chart's time axis, beneath the benefit."""

from reports import wording
from reports.charts.axis import Days
from reports.charts.scene import Mark, Row
from reports.evidence.case import Case, HarmRow


def harm_group_rows(rows: tuple[HarmRow, ...], case: Case, day: Days) -> tuple[Row, ...]:
    return tuple(harm_row(row, case, day) for row in rows)


def harm_row(row: HarmRow, case: Case, day: Days) -> Row:
    """One harm; a latest answer older than an unanswered check says "since: not known"."""
    marks = tuple(
        Mark(
            day(a.at),
            a.value or 0,
            "missed" if a.missed else "answer" if a.value is not None else "declined",
        )
        for a in row.answers
        if a.at <= case.facts.as_of
    )
    latest = row.latest
    if latest is None:
        return Row(
            row.title, row.height, marks, "not answered yet" if marks else "not asked", False
        )
    since = any(a.at > latest.at for a in row.answers if a.source == latest.source)
    words = f"{latest.words}, {wording.dated(latest.at, case.facts.zone, case.facts.as_of)}"
    text = f"{words}; since: not known" if since else words
    return Row(row.title, row.height, marks, text, (latest.value or 0) > 0)
