"""The people every test knows. Dr Okafor is on call; Ana is her patient; Ben is Dr Lindqvist's."""

from datetime import UTC, datetime, timedelta

from surveys.actions.enrol import PatientRow, enrol
from surveys.actions.schedule import open_due
from surveys.actions.treat import record_session
from surveys.models import Course, Occurrence, Session, Staff

# A Monday, 09:00 in Denver.
START = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PASSWORD = "correct horse battery staple"


def okafor(**fields) -> Staff:
    return _staff("okafor@alderstreet.example", "N. Okafor", "clinician", on_call=True, **fields)


def lindqvist(**fields) -> Staff:
    return _staff("lindqvist@alderstreet.example", "P. Lindqvist", "clinician", **fields)


def ruiz(**fields) -> Staff:
    return _staff("ruiz@alderstreet.example", "J. Ruiz", "front_desk", **fields)


def lead(**fields) -> Staff:
    return _staff("lead@alderstreet.example", "M. Haddad", "lead", **fields)


def _staff(email: str, name: str, role: str, **fields) -> Staff:
    found = Staff.objects.filter(email=email).first()
    return found or Staff.objects.create_user(
        email, PASSWORD, name=name, role=role, timezone="America/Denver", **fields
    )


def ana_row(**changes) -> PatientRow:
    """Ana Reyes, who gets mail and answers it."""
    facts = {
        "code": "A-001",
        "given_name": "Ana",
        "family_name": "Reyes",
        "email": "ana@mail.example",
        "birth_date": None,
        "language": "en",
        "timezone": "America/Denver",
        "clinician": okafor(),
        "indication": "depression",
        "protocol": "six-then-boosters",
        "email_consent_on": START.date(),
        "status": "active",
    }
    return PatientRow(**{**facts, **changes})


def ana(*, now: datetime = START, **changes) -> Course:
    """Ana's course, enrolled at `now`."""
    return enrol(ana_row(**changes), by="front desk", now=now)


def ben(*, now: datetime = START, **changes) -> Course:
    """Ben Carter's course; his clinician is Dr Lindqvist."""
    facts = {
        "code": "A-002",
        "given_name": "Ben",
        "family_name": "Carter",
        "email": "ben@mail.example",
        "clinician": lindqvist(),
        **changes,
    }
    return enrol(ana_row(**facts), by="front desk", now=now)


def treated(course: Course, at: datetime, **facts) -> Session:
    """A session that took place at `at`, recorded an hour later."""
    return record_session(course, at=at, by="front desk", now=at + HOUR, **facts)


def due(course: Course, survey: str, *, now: datetime) -> Occurrence:
    """The occurrence of `survey` that is open at `now`."""
    open_due(now=now)
    return course.occurrences.get(survey=survey, state="due", due_at__lte=now)


def phq9(*values: int | str | None, function: int | str | None = 0) -> dict:
    """Nine answers in order, and question 10."""
    return {**{str(n): value for n, value in enumerate(values, 1)}, "10": function}
