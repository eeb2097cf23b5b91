"""The harms on the chart's time axis, beneath the benefit."""

from reports import wording
from reports.charts.axis import Days
from reports.charts.scene import Mark, Row
from reports.evidence.case import Case, Harm, HarmRow

# What follows an answer that a session has followed, and no answer since.
BEFORE_SESSION = "; before session "


def harm_group_rows(rows: tuple[HarmRow, ...], case: Case, day: Days) -> tuple[Row, ...]:
    return tuple(harm_row(row, case, day) for row in rows)


def harm_row(row: HarmRow, case: Case, day: Days) -> Row:
    """One harm; a latest answer older than an unanswered check says "since: not known", one that
    no answer followed after a session says before which session it was."""
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
    words = f"{latest.words}, {wording.dated(latest.at, case.facts.zone, case.facts.as_of)}"
    return Row(
        row.title, row.height, marks, f"{words}{_since(row, latest, case)}", (latest.value or 0) > 0
    )


def _since(row: HarmRow, latest: Harm, case: Case) -> str:
    """That it is not known since; empty where nothing came that would have been asked about."""
    if any(a.at > latest.at for a in row.answers if a.source == latest.source):
        return "; since: not known"
    session = case.unheard_since(row)
    return f"{BEFORE_SESSION}{session}" if session else ""
