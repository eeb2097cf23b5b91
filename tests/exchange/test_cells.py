"""Bad cells, one at a time: where it is, what is wrong, what to do."""

import pytest

from surveys.exchange.batch import SourceFile
from tests.exchange.checked import said
from tests.exchange.files import SESSION, csv, patients, responses, sessions, totals

PATIENT_CELLS = [
    ("patient_id", "", "is blank. Every patient needs an id that never changes."),
    ("patient_id", "x" * 41, "is longer than 40 signs. Shorten it."),
    ("given_name", "An\x07a", '"An�a" holds a line break or a control character. Type the text'),
    ("given_name", "An�a", 'a letter of "An�a" was lost when the file was saved. Type it again'),
    ("email", "ana", '"ana" is not one mail address. Write it like ana@example.org.'),
    ("email", "ana@mail", '"ana@mail" is not one mail address'),
    ("email", "a@b.example;c@d.example", "is not one mail address"),
    ("email", "Ana <a@b.example>", "is not one mail address"),
    (
        "email",
        "josé@mail.example",
        '"josé@mail.example" holds é, which not every mail server takes. Write an address of plain'
        " letters, like ana@example.org.",
    ),
    ("email", "ana@exämple.com", "holds ä, which not every mail server takes."),
    ("birth_date", "5/27/1984", '"5/27/1984" is not a date. Write it like 1984-05-27.'),
    ("birth_date", "19840527", '"19840527" is not a date. Write it like 1984-05-27.'),
    ("birth_date", "1985-02-29", '"1985-02-29" is not in the calendar. Write it like'),
    ("birth_date", "1899-12-31", "1899-12-31 is not between 1900-01-01 and 2026-03-03. Check the"),
    ("birth_date", "2026-03-04", "2026-03-04 is not between 1900-01-01 and 2026-03-03. Check the"),
    ("birth_date", "１９８４-05-27", "is not a date. Write it like 1984-05-27."),
    ("language", "English", '"English" is not a language code. Write it like en.'),
    ("timezone", "MST7", '"MST7" is not a time zone. Write it like America/Denver.'),
    ("timezone", "../../etc/passwd", "is not a time zone. Write it like America/Denver."),
    ("clinician_email", "", "is blank. Write who receives the weekly reports."),
    (
        "clinician_email",
        "new@alderstreet.example",
        '"new@alderstreet.example" is not a clinician here. Run: afterglow staff add '
        'new@alderstreet.example --name "THEIR NAME" --role clinician',
    ),
    ("indication", "", "is blank. Write what is treated, such as depression."),
    (
        "protocol",
        "six",
        '"six" is not a known protocol. Write one of: six-then-boosters, three-two-three.',
    ),
    ("protocol", "", "is blank. Write one of: six-then-boosters, three-two-three."),
    ("email_consent_on", "yes", '"yes" is not a date. Write it like 1984-05-27.'),
    (
        "status",
        "gone",
        '"gone" is not a known status. Write one of: active, deceased, discharged, on_hold.',
    ),
]


SESSION_CELLS = [
    ("patient_id", "", "is blank. Write whose session this is."),
    ("patient_id", "A-9", '"A-9" is neither in the patients file nor in the records. Add the'),
    ("patient_id", "a-001", "is neither in the patients file nor in the records. Write A-001 if"),
    ("session_at", "", "is blank. Write when it was, like 2026-03-14T14:00."),
    ("session_at", "2026-02-27", '"2026-02-27" is not a date and time. Write it like 2026-03-14'),
    ("session_at", "2/27/26 2:00 PM", "is not a date and time. Write it like 2026-03-14T14:00."),
    ("session_at", "2026-02-30T10:00", "is not in the calendar. Write it like 2026-03-14T14:00."),
    ("session_at", "2026-02-27T24:30", "is not in the calendar. Write it like 2026-03-14T14:00."),
    ("session_at", "0026-02-27T10:00", "the year 26 cannot be right. Check the year."),
    ("session_at", "1989-12-31T10:00", "the year 1989 cannot be right. Check the year."),
    ("session_at", "2101-01-01T10:00Z", "the year 2101 cannot be right. Check the year."),
    ("session_at", "0001-01-01T00:00+14:00", "the year 1 cannot be right. Check the year."),
    (
        "session_at",
        "2026-03-02T09:01",
        "2026-03-02T09:01 is in the future, yet done. Correct the date, or write planned in the",
    ),
    ("dose_mg_per_kg", "0.049", "0.049 is not between 0.05 and 3 mg/kg. Check the unit: mg per kg"),
    ("dose_mg_per_kg", "3.001", "3.001 is not between 0.05 and 3 mg/kg. Check the unit: mg per kg"),
    ("dose_mg_per_kg", "35", "35 is not between 0.05 and 3 mg/kg. Check the unit: mg per kg of"),
    ("dose_mg_per_kg", "-0.5", '"-0.5" is not a number. Write a number with a decimal point'),
    ("dose_mg_per_kg", "0.5 mg/kg", '"0.5 mg/kg" is not a number. Write a number with a decimal'),
    ("dose_mg_per_kg", "0.1234", '"0.1234" is not a number. Write a number with a decimal point'),
    ("dose_mg_per_kg", "NaN", '"NaN" is not a number. Write a number with a decimal point'),
    ("dose_mg_per_kg", "1e0", '"1e0" is not a number. Write a number with a decimal point'),
    ("duration_minutes", "40.0", '"40.0" is not a whole number. Write 1 to 1440 minutes.'),
    ("duration_minutes", "0", "0 is not between 1 and 1440. Write 1 to 1440 minutes."),
    ("duration_minutes", "1441", "1441 is not between 1 and 1440. Write 1 to 1440 minutes."),
    ("status", "", "is blank. Write one of: planned, done, cancelled, missed."),
    (
        "status",
        "Done",
        '"Done" is not a known status. Write one of: cancelled, done, missed, planned.',
    ),
]

RESPONSE_CELLS = [
    ("patient_id", "A-9", '"A-9" is neither in the patients file nor in the records. Add the'),
    ("instrument", "", "is blank. Write one of: after_session, cgi_i, gad7"),
    ("instrument", "PHQ-9", '"PHQ-9" is not a known instrument. Write one of: after_session, '),
    ("answered_at", "2026-03-02T09:01", "2026-03-02T09:01 is in the future. Correct the date."),
    ("answered_at", "2026-03-03", "2026-03-03 is in the future. Correct the date."),
    ("answered_at", "2026-02-30", "is not in the calendar. Write it like 2026-03-14T14:00."),
    ("answered_at", "", "is blank. Write when it was answered, like 2026-03-14."),
    ("answered_at", "yesterday", '"yesterday" is not a date and time. Write it like 2026-03-14T'),
    ("3", "4", '"4" is not an answer to item 3. Write one of 0, 1, 2, 3, or declined, or leave'),
    ("9", "-1", '"-1" is not an answer to item 9. Write one of 0, 1, 2, 3, or declined, or leave'),
    ("9", "2.0", '"2.0" is not an answer to item 9. Write one of 0, 1, 2, 3, or declined, or'),
    ("9", "often", '"often" is not an answer to item 9. Write one of 0, 1, 2, 3, or declined'),
    ("9", "１", '"１" is not an answer to item 9. Write one of 0, 1, 2, 3, or declined, or leave'),
]

CELLS = [
    (of, *row)
    for of, table in (
        (patients, PATIENT_CELLS), (sessions, SESSION_CELLS), (responses, RESPONSE_CELLS)
    )
    for row in table
]  # fmt: skip


@pytest.mark.parametrize(("of", "column", "cell", "message"), CELLS)
def test_a_bad_cell_is_named(of, column: str, cell: str, message: str):
    problem = said(of({column: cell}))
    assert problem.startswith(f"{of.__name__}.csv, line 2, column {column}: ")
    assert message in problem


def test_a_dose_with_a_decimal_comma_is_named():
    row = csv({**SESSION, "dose_mg_per_kg": '"0,5"'})
    assert '"0,5" is not a number. Write a number with a decimal point, not a comma' in said(
        SourceFile("sessions.csv", row.encode())
    )


@pytest.mark.parametrize(
    ("instrument", "total", "message"),
    [
        ("phq9", "28", "28 is not between 0 and 27. Write 0 to 27 for phq9."),
        ("phq9", "-1", '"-1" is not a whole number. Write 0 to 27 for phq9.'),
        ("phq9", "12.5", '"12.5" is not a whole number. Write 0 to 27 for phq9.'),
        ("phq9", "declined", '"declined" is not a whole number. Write 0 to 27 for phq9.'),
        ("gad7", "22", "22 is not between 0 and 21. Write 0 to 21 for gad7."),
        ("after_session", "3", "after_session has no total. Write its answers item by item."),
    ],
)
def test_a_bad_total_is_named(instrument: str, total: str, message: str):
    problem = said(totals({"instrument": instrument, "total": total}))
    assert problem == f"totals.csv, line 2, column total: {message}"
