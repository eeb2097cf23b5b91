"""Rows that are wrong together though each cell is right, and what good rows come to."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from surveys.exchange.batch import SourceFile
from tests.exchange.checked import read, said
from tests.exchange.files import NOW, PATIENT, RESPONSE, csv, patients, responses, sessions, totals


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


def test_capitals_make_no_other_patient_of_a_file():
    assert said(patients({}, {"patient_id": "a-001"})).startswith(
        "patients.csv, line 3, column patient_id: lines 2 and 3 are both for the same patient."
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
