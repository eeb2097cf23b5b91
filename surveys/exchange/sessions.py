"""A sessions file: one row per treatment session, given or planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from surveys.exchange.cells import decimal, instant, moment, one_of, optional, required, text, whole
from surveys.exchange.known import Known, People
from surveys.exchange.table import Line, Parsed, Problem, Sheet, cells_of, repeated

STATUSES = ("planned", "done", "cancelled", "missed")
# Catches typing and unit errors and is no advice on dosing: published courses give 0.5 mg/kg by
# infusion, long maintenance 0.91 ± 0.28 (MGH 2020). Milligrams typed as mg/kg lie far above.
LOWEST_DOSE, HIGHEST_DOSE = Decimal("0.05"), Decimal("3")
LONGEST_MINUTES = 24 * 60
# A plan further ahead than this is a wrong year (our judgement).
FURTHEST_PLAN = timedelta(days=2 * 365)
# Two treatments of one person closer than this are one treatment with a corrected time, or a
# changed time zone (our judgement).
CLOSEST = timedelta(hours=6)

_PARSERS = {
    "patient_id": required(text(40), "Write whose session this is."),
    "session_at": required(moment, "Write when it was, like 2026-03-14T14:00."),
    "route": text(40),
    "dose_mg_per_kg": optional(
        decimal(LOWEST_DOSE, HIGHEST_DOSE, 3, "mg/kg", "Check the unit: mg per kg of body weight."),
        None,
    ),
    "duration_minutes": optional(whole(1, LONGEST_MINUTES, "minutes"), None),
    "status": required(one_of(STATUSES, "status"), f"Write one of: {', '.join(STATUSES)}."),
}


@dataclass(frozen=True)
class SessionLine:
    """One checked row; `at` is the instant in UTC."""

    line: Line
    patient_id: str
    at: datetime
    route: str
    dose_mg_per_kg: Decimal | None
    duration_minutes: int | None
    status: str


def parse(sheet: Sheet, people: People, known: Known) -> Parsed[SessionLine]:
    rows, problems = [], []
    for line in sheet.lines():
        values, refused = cells_of(line, _PARSERS)
        refused += people.stranger(line)
        problems += refused
        if not refused:
            at = instant(values.pop("session_at"), people.zone(values["patient_id"]))
            rows.append(SessionLine(line=line, at=at, **values))
    for row in rows:
        problems += _misplaced(row, known.now)
    keys = ((row.line, (row.patient_id, row.at)) for row in rows)
    problems += repeated(keys, "session_at", "the same session")
    return Parsed(tuple(rows), tuple(problems))


def _misplaced(row: SessionLine, now: datetime) -> Iterator[Problem]:
    cell = row.line.cells["session_at"]
    if row.status in ("done", "missed") and row.at > now:
        fix = "Correct the date, or write planned in the column status."
        yield row.line.problem("session_at", f"{cell} is in the future, yet {row.status}", fix)
    elif row.at > now + FURTHEST_PLAN:
        message = f"{cell} is more than two years ahead"
        yield row.line.problem("session_at", message, "Check the year.")


def crowded(
    rows: Iterable[SessionLine], recorded: Iterable[tuple[str, datetime, str]]
) -> Iterator[Problem]:
    """A problem for each row within `CLOSEST` of another session of the same patient.

    `recorded` is (patient_id, at, status) of the sessions in the records. A row replaces the
    recorded session at its instant; cancelled and missed sessions do not count.
    """
    place: dict[tuple[str, datetime], tuple[str, Line | None]] = {
        (code, at): (status, None) for code, at, status in recorded
    }
    place |= {(row.patient_id, row.at): (row.status, row.line) for row in rows}
    held = sorted(key for key, (status, _) in place.items() if status in ("planned", "done"))
    for earlier, later in pairwise(held):
        if earlier[0] == later[0] and later[1] - earlier[1] < CLOSEST:
            line = place[later][1] or place[earlier][1]
            other = earlier[1] if line is place[later][1] else later[1]
            if line is not None:
                yield _too_close(line, other)


def _too_close(line: Line, other: datetime) -> Problem:
    hours = int(CLOSEST / timedelta(hours=1))
    when = f"{other:%Y-%m-%d %H:%M} UTC"
    return line.problem(
        "session_at",
        f"this is less than {hours} hours from another session of the same patient, {when}",
        "If the time was corrected, add a row with the old time and the status cancelled.",
    )
