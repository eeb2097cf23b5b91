"""CSV files as a clinic would write them, built from one good row and what a test changes."""

from datetime import UTC, datetime

from surveys.exchange.batch import SourceFile

# A Monday, 09:00 in Denver.
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)

PATIENT = {
    "patient_id": "A-001",
    "given_name": "Ana",
    "family_name": "Reyes",
    "email": "ana@mail.example",
    "birth_date": "1984-05-27",
    "language": "en",
    "timezone": "America/Denver",
    "clinician_email": "okafor@alderstreet.example",
    "indication": "depression",
    "protocol": "six-then-boosters",
    "email_consent_on": "2026-02-20",
    "status": "active",
}
SESSION = {
    "patient_id": "A-001",
    "session_at": "2026-02-27T14:00",
    "route": "iv",
    "dose_mg_per_kg": "0.5",
    "duration_minutes": "40",
    "status": "done",
}
ITEMS = {str(item): "0" for item in range(1, 11)}
RESPONSE = {
    "patient_id": "A-001",
    "instrument": "phq9",
    "answered_at": "2026-02-26T18:30",
    **ITEMS,
}
TOTAL = {
    "patient_id": "A-001",
    "instrument": "phq9",
    "answered_at": "2025-11-03T10:00",
    "total": "17",
}


def csv(*rows: dict[str, str]) -> str:
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def file(name: str, *rows: dict[str, str]) -> SourceFile:
    return SourceFile(name, csv(*rows).encode())


def patients(*changes: dict[str, str]) -> SourceFile:
    return file("patients.csv", *({**PATIENT, **change} for change in changes or ({},)))


def sessions(*changes: dict[str, str]) -> SourceFile:
    return file("sessions.csv", *({**SESSION, **change} for change in changes or ({},)))


def responses(*changes: dict[str, str]) -> SourceFile:
    return file("responses.csv", *({**RESPONSE, **change} for change in changes or ({},)))


def totals(*changes: dict[str, str]) -> SourceFile:
    return file("totals.csv", *({**TOTAL, **change} for change in changes or ({},)))
