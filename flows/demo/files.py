"""The CSV files that the simulated clinic's own record system would hand over."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.demo.cast import Cast, Person

SESSION_AT = time(14, 0)
DOSE_MG_PER_KG = "0.5"
DURATION_MINUTES = "40"
FIRST_SERIES = timedelta(days=21)
OLD_FORMS_WEEKS = (9, 5)  # before the first session, from the practice that referred the person

Row = Mapping[str, str]


def write(path: Path, rows: Iterable[Row]) -> Path:
    """A CSV file with a header row, in UTF-8. Needs at least one row."""
    listed = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    return path


def patients(cast: Cast, people: Sequence[Person], enrolled_on: date) -> Iterator[Row]:
    for number, one in enumerate(people):
        yield {
            "patient_id": one.code,
            "given_name": one.given_name,
            "family_name": one.family_name,
            "email": one.email,
            "birth_date": date(1960 + number * 7 % 40, 1 + number % 12, 1 + number).isoformat(),
            "language": "en",
            "timezone": one.zone,
            "clinician_email": cast.staff[one.clinician].email,
            "indication": "depression",
            "protocol": one.protocol,
            "email_consent_on": enrolled_on.isoformat(),
            "status": "active",
        }


def planned(cast: Cast, people: Sequence[Person], opening: date) -> Iterator[Row]:
    """The first series as agreed at enrolment."""
    for one in people:
        times = session_times(cast, one, opening)
        until = times[0] + FIRST_SERIES
        yield from (session(one, at, "planned") for at in times if at < until)


def held(cast: Cast, people: Sequence[Person], opening: date, now: datetime) -> Iterator[Row]:
    """The day's sessions as they went, each followed by that person's next one, as agreed."""
    for one in people:
        times = session_times(cast, one, opening)
        for number, at in enumerate(times):
            if at.date() == now.date():
                yield session(one, at, "missed" if number in one.missed else "done")
                yield from (session(one, after, "planned") for after in times[number + 1 :][:1])


def session(one: Person, at: datetime, status: str) -> Row:
    return {
        "patient_id": one.code,
        "session_at": at.replace(tzinfo=None).isoformat(timespec="minutes"),
        "route": "IV",
        "dose_mg_per_kg": DOSE_MG_PER_KG,
        "duration_minutes": DURATION_MINUTES,
        "status": status,
    }


def session_times(cast: Cast, one: Person, opening: date) -> list[datetime]:
    """In the patient's zone; the file gives them without an offset, as clinics do."""
    zone = ZoneInfo(one.zone)
    days = cast.session_days(one, opening)
    return [datetime.combine(day, SESSION_AT, zone) for day in days]


def old_totals(cast: Cast, people: Sequence[Person], opening: date) -> Iterator[Row]:
    """What came with a referral: a PHQ-9 total and a date, no items."""
    for one in people:
        first = cast.first_day(one, opening)
        for weeks in OLD_FORMS_WEEKS:
            total = min(27, round(one.path[0][1]) + (1 if weeks > 6 else 0))
            yield {
                "patient_id": one.code,
                "instrument": "phq9",
                "answered_at": f"{first - timedelta(weeks=weeks)}T10:00",
                "total": str(total),
            }
