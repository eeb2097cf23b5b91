"""Bad cells, one at a time: where it is, what is wrong, what to do."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from surveys.exchange import batch
from surveys.exchange.batch import Rows, SourceFile
from surveys.exchange.known import Known
from surveys.instrument import shipped_instruments
from tests.exchange.files import (
    NOW,
    PATIENT,
    RESPONSE,
    SESSION,
    csv,
    patients,
    responses,
    sessions,
    totals,
)

KNOWN = Known(
    NOW,
    "America/Denver",
    {"six-then-boosters", "three-two-three"},
    {"okafor@alderstreet.example"},
)
DENVER = {"A-001": ZoneInfo("America/Denver")}


def read(*files: SourceFile, zones=DENVER) -> tuple[Rows, list[str]]:
    found = batch.recognise(files, shipped_instruments())
    rows = batch.rows(found, KNOWN, zones, shipped_instruments())
    return rows, [str(problem) for problem in sorted({*found.problems, *rows.problems})]


def said(*files: SourceFile, zones=DENVER) -> str:
    """The one problem of these files."""
    (problem,) = read(*files, zones=zones)[1]
    return problem


PATIENT_CELLS = [
    ("patient_id", "", "is blank. Every patient needs an id that never changes."),
    ("patient_id", "x" * 41, "is longer than 40 signs. Shorten it."),
    ("given_name", "An\x07a", '"An�a" holds a line break or a control character. Type the text'),
    ("given_name", "An�a", 'a letter of "An�a" was lost when the file was saved. Type it again'),
    ("email", "ana", '"ana" is not one mail address. Write it like ana@example.org.'),
    ("email", "ana@mail", '"ana@mail" is not one mail address'),
    ("email", "a@b.example;c@d.example", "is not one mail address"),
    ("email", "Ana <a@b.example>", "is not one mail address"),
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


@pytest.mark.parametrize(("column", "cell", "message"), PATIENT_CELLS)
def test_a_bad_cell_of_a_patient_is_named(column: str, cell: str, message: str):
    problem = said(patients({column: cell}))
    assert problem.startswith(f"patients.csv, line 2, column {column}: ")
    assert message in problem


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


@pytest.mark.parametrize(("column", "cell", "message"), SESSION_CELLS)
def test_a_bad_cell_of_a_session_is_named(column: str, cell: str, message: str):
    problem = said(sessions({column: cell}))
    assert problem.startswith(f"sessions.csv, line 2, column {column}: ")
    assert message in problem


def test_a_dose_with_a_decimal_comma_is_named():
    row = csv({**SESSION, "dose_mg_per_kg": '"0,5"'})
    assert '"0,5" is not a number. Write a number with a decimal point, not a comma' in said(
        SourceFile("sessions.csv", row.encode())
    )


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


@pytest.mark.parametrize(("column", "cell", "message"), RESPONSE_CELLS)
def test_a_bad_cell_of_an_old_answer_is_named(column: str, cell: str, message: str):
    problem = said(responses({column: cell}))
    assert problem.startswith(f"responses.csv, line 2, column {column}: ")
    assert message in problem


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


def test_a_form_without_any_answer_is_named():
    blank = {item: "" for item in RESPONSE if item not in ("patient_id", "instrument")}
    blank["answered_at"] = RESPONSE["answered_at"]
    assert "line 2: there is neither an answer nor a total" in said(responses(blank))


def test_answers_beside_a_total_are_named():
    row = csv({**RESPONSE, "total": "0"})
    assert "column total: there are answers and a total. Leave total blank" in said(
        SourceFile("responses.csv", row.encode())
    )


def test_an_answer_to_an_item_the_instrument_lacks_is_named():
    answers = {"instrument": "gad7", "8": "1", "9": "", "10": ""}
    assert 'column 8: gad7 has no item "8", yet there is an answer' in said(responses(answers))


def test_a_phq9_file_without_a_column_for_question_9_is_named():
    short = {name: cell for name, cell in RESPONSE.items() if name != "9"}
    assert said(SourceFile("responses.csv", csv(short).encode())) == (
        'responses.csv, line 1, column 9: the answers to phq9 need a column "9". '
        "Add it; leave its cells blank where the question was not answered."
    )


def test_a_column_for_the_unscored_question_10_may_be_absent():
    short = {name: cell for name, cell in RESPONSE.items() if name != "10"}
    rows, problems = read(SourceFile("responses.csv", csv(short).encode()))
    assert problems == []
    assert "10" not in rows.responses[0].answers


@pytest.mark.parametrize("dose", ["0.05", "3", "3.000", "0.5"])
def test_doses_on_the_limits_are_accepted(dose: str):
    rows, problems = read(sessions({"dose_mg_per_kg": dose}))
    assert problems == []
    assert rows.sessions[0].dose_mg_per_kg == Decimal(dose)


def test_a_session_that_ends_at_this_very_moment_is_not_in_the_future():
    assert read(sessions({"session_at": "2026-03-02T09:00"}))[1] == []


@pytest.mark.parametrize(
    ("at", "accepted"), [("2028-03-01T09:00", True), ("2028-03-02T09:00", False)]
)
def test_a_plan_more_than_two_years_ahead_is_a_wrong_year(at: str, accepted: bool):
    problems = read(sessions({"session_at": at, "status": "planned"}))[1]
    assert (problems == []) == accepted


@pytest.mark.parametrize(
    ("zone", "stated", "instant"),
    [
        ("America/Denver", "2026-02-27T14:00", "2026-02-27T21:00"),
        ("America/Denver", "2026-02-27 14:00:30", "2026-02-27T21:00:30"),
        ("America/Denver", "2026-02-27T14:00Z", "2026-02-27T14:00"),
        ("America/Denver", "2026-02-27T14:00+05:45", "2026-02-27T08:15"),
        ("Asia/Kathmandu", "2026-02-27T14:00", "2026-02-27T08:15"),
        # clocks went forward at 02:00: the first moment after the gap
        ("America/New_York", "2025-03-09T02:30", "2025-03-09T07:00"),
        # clocks went back at 02:00: 01:30 came twice, the first is meant
        ("America/New_York", "2025-11-02T01:30", "2025-11-02T05:30"),
    ],
)
def test_a_time_without_offset_is_what_the_patients_clock_showed(zone, stated, instant):
    rows, problems = read(sessions({"session_at": stated}), zones={"A-001": ZoneInfo(zone)})
    assert problems == []
    assert rows.sessions[0].at == datetime.fromisoformat(instant).replace(tzinfo=UTC)


def test_the_zone_of_a_patient_in_the_same_import_counts_before_the_recorded_one():
    rows, _ = read(patients({"timezone": "Asia/Kathmandu"}), sessions())
    assert rows.sessions[0].at == datetime(2026, 2, 27, 8, 15, tzinfo=UTC)


def test_blank_cells_are_missing_not_wrong():
    blank = {
        "email": "",
        "birth_date": "",
        "language": "",
        "timezone": "",
        "email_consent_on": "",
        "status": "",
        "family_name": "",
    }
    rows, problems = read(patients(blank))
    assert problems == []
    (row,) = rows.patients
    assert (row.email, row.birth_date, row.email_consent_on) == ("", None, None)
    assert (row.language, row.timezone, row.status) == ("en", "America/Denver", "")


def test_a_patient_needs_one_of_two_names():
    assert "column given_name: given_name and family_name are both blank" in said(
        patients({"given_name": "", "family_name": ""})
    )


def test_blank_and_declined_answers_are_kept_apart():
    rows, _ = read(responses({"1": "", "2": "declined", "3": "Declined", "4": "3"}))
    answers = rows.responses[0].answers
    assert [answers[item] for item in "1234"] == [None, "declined", "declined", 3]


def test_a_row_given_twice_is_named_with_both_lines():
    assert said(patients({}, {"patient_id": "A-002"}, {})) == (
        "patients.csv, line 4, column patient_id: lines 2 and 4 are both for the same patient. "
        "Delete one of the two rows."
    )


def test_one_session_written_in_two_offsets_is_the_same_session():
    twice = sessions({"session_at": "2026-02-27T14:00"}, {"session_at": "2026-02-27T21:00Z"})
    assert "column session_at: lines 2 and 3 are both the same session" in said(twice)


@pytest.mark.parametrize("second", [{}, {"9": "3"}, {"answered_at": "2026-02-27T01:30Z", "9": "3"}])
def test_two_rows_of_one_instant_are_named_with_both_lines_and_what_to_do(second):
    """Whichever was kept, an answer to question 9 might be lost with the other."""
    assert said(responses({}, second)) == (
        "responses.csv, line 3, column answered_at: lines 2 and 3 are both the same form. If they"
        " are two forms, write the time of each, like 2026-03-14T09:30; if they are one, delete"
        " a row."
    )


def test_two_papers_of_one_day_are_named_until_each_has_its_time():
    days = [{"answered_at": "2026-02-26"}, {"answered_at": "2026-02-26", "9": "3"}]
    assert "lines 2 and 3 are both the same form" in said(responses(*days))
    days[1]["answered_at"] = "2026-02-26T18:30"
    assert len(read(responses(*days))[0].responses) == 2


def test_two_forms_of_two_instruments_at_one_moment_are_two_forms():
    gad7 = {"instrument": "gad7", "8": "", "9": "", "10": ""}
    assert read(responses({}, gad7))[1] == []


def test_missing_and_unknown_columns_are_all_named():
    header = [name for name in PATIENT if name not in ("timezone", "protocol")]
    file = SourceFile("patients.csv", (",".join([*header, "Timezone"]) + "\n").encode())
    problems = read(file)[1]
    assert [problem.split(". ")[0] for problem in problems] == [
        'patients.csv, line 1, column Timezone: a patients file has no column "Timezone"',
        "patients.csv, line 1, column protocol: a patients file needs this column",
        "patients.csv, line 1, column timezone: a patients file needs this column",
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("form_id,1,2,3", "column form_id: these are answers to score, without patient and date"),
        ("patient_id,week,hamd", "the header is not one of patients, sessions or responses"),
        ("patient_id,instrument,answered_at", "line 1: there is no column with answers"),
        ("patient_id,instrument,answered_at,21", 'has no column "21"'),
    ],
)
def test_a_header_of_no_known_kind_is_answered_with_what_it_should_be(header, message):
    problems = read(SourceFile("file.csv", f"{header}\n".encode()))[1]
    assert message in "\n".join(problems)


def test_two_files_of_one_kind_are_not_mixed():
    again = SourceFile("again.csv", patients().data)
    assert said(patients(), again) == (
        "again.csv, line 1: this and patients.csv are both patients files. "
        "Import them one after another."
    )


def test_files_are_known_by_their_header_not_by_their_name():
    rows, problems = read(
        SourceFile("b.csv", sessions().data), SourceFile("a.csv", patients().data), zones={}
    )
    assert problems == []
    assert len(rows.sessions) == len(rows.patients) == 1


def test_an_unreadable_patients_file_does_not_make_strangers_of_everybody_else():
    broken = SourceFile("patients.csv", b"\xff\xfe")
    assert read(broken, sessions(), zones={})[1] == [
        "patients.csv: is saved as UTF-16, not as UTF-8. In the spreadsheet choose "
        '"Save as", then "CSV UTF-8 (comma delimited)".'
    ]


def test_every_problem_of_every_file_is_listed_in_order():
    problems = read(
        sessions({"status": "x"}, {"status": "y", "session_at": "2026-02-20T14:00"}),
        patients({"email": "x", "birth_date": "y"}),
    )[1]
    assert [problem.split(":")[0] for problem in problems] == [
        "patients.csv, line 2, column birth_date",
        "patients.csv, line 2, column email",
        "sessions.csv, line 2, column status",
        "sessions.csv, line 3, column status",
    ]


def test_a_total_is_read_as_a_total_alone():
    rows, problems = read(totals())
    assert problems == []
    (row,) = rows.responses
    assert (row.total, row.answers) == (17, None)
    assert row.answered_at == datetime(2025, 11, 3, 17, tzinfo=UTC)


def test_an_answer_with_a_day_alone_is_read_as_the_beginning_of_the_patients_day():
    rows, problems = read(totals({"answered_at": "2025-11-03"}))
    assert problems == []
    assert rows.responses[0].answered_at == datetime(2025, 11, 3, 7, tzinfo=UTC)


def test_birth_dates_on_the_limits_are_accepted():
    for day in (date(1900, 1, 1), NOW.date() + timedelta(days=1)):
        assert read(patients({"birth_date": str(day)}))[1] == []
