"""Importing into the records: all or nothing, once or twice."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from surveys.actions.enrol import set_status
from surveys.exchange.batch import SourceFile
from surveys.exchange.importing import bring_in
from surveys.models import Alert, Course, Event, Message, Occurrence, Patient, Response, Session
from tests import cast
from tests.exchange.files import NOW, SESSION, csv, patients, responses, sessions, totals

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clinic():
    return cast.okafor()


def brought_in(*files, now=NOW, **options):
    return bring_in(files, by="front desk", now=now, **options)


def accepted(*files, now=NOW, **options):
    outcome = brought_in(*files, now=now, **options)
    assert [str(problem) for problem in outcome.problems] == []
    return outcome


def refused(*files, now=NOW, **options) -> str:
    """The one problem, after making sure that nothing at all was written."""
    before = records()
    (problem,) = brought_in(*files, now=now, **options).problems
    assert records() == before
    return str(problem)


def records() -> dict[str, tuple[int, str]]:
    """Every table of the house: how many rows, and a hash of all they hold."""
    tables = [*apps.get_app_config("surveys").get_models()]
    return {table.__name__: digest(table) for table in tables}


def digest(table) -> tuple[int, str]:
    rows = list(table.objects.order_by("pk").values_list())
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()


def counts(outcome) -> dict[str, tuple[int, int, int]]:
    return {
        kind: (count.new, count.changed, count.unchanged) for kind, count in outcome.counts.items()
    }


def everything():
    return patients(), sessions(), responses()


def test_three_files_become_a_patient_a_session_and_a_response():
    outcome = accepted(*everything())
    assert counts(outcome) == {
        "patients": (1, 0, 0),
        "sessions": (1, 0, 0),
        "responses": (1, 0, 0),
    }
    assert Session.objects.get().course == Course.objects.get(patient__code="A-001")
    assert Response.objects.get().mode == "import"
    assert outcome.surveys_planned == Occurrence.objects.filter(state="planned").count() > 0


@pytest.mark.parametrize("later", [timedelta(0), 3 * DAY])
def test_the_same_files_again_change_nothing(later: timedelta):
    accepted(*everything())
    accepted(totals())
    before = records()
    outcome = accepted(*everything(), now=NOW + later)
    assert not outcome.wrote
    accepted(totals(), now=NOW + later)
    assert records() == before


def test_the_files_one_by_one_or_together_make_the_same_history():
    for file in everything():
        accepted(file)
    assert not accepted(*everything()).wrote


def test_a_dry_run_says_what_would_change_and_writes_nothing():
    before = records()
    rehearsed = accepted(*everything(), dry_run=True)
    assert records() == before
    assert counts(accepted(*everything())) == counts(rehearsed)


def test_a_dry_run_names_the_fields_that_would_change():
    accepted(*everything())
    outcome = accepted(
        patients({"email": "new@mail.example", "language": "es"}),
        sessions({"dose_mg_per_kg": "0.6"}),
        dry_run=True,
    )
    assert [str(change) for change in outcome.changes] == [
        "patients.csv, line 2: A-001 changed language, email",
        "sessions.csv, line 2: A-001 changed dose_mg_per_kg",
    ]
    assert Patient.objects.get().email == "ana@mail.example"


def test_one_bad_row_keeps_the_good_rows_of_every_file_out():
    problem = refused(patients(), sessions({}, {"session_at": "soon"}), responses())
    assert problem.startswith("sessions.csv, line 3, column session_at:")
    assert Patient.objects.count() == 0


def test_a_corrected_session_becomes_a_new_version():
    accepted(*everything())
    accepted(sessions({"dose_mg_per_kg": "0.6"}))
    versions = Session.objects.order_by("version").values_list("version", "dose_mg_per_kg")
    assert [(version, float(dose)) for version, dose in versions] == [(1, 0.5), (2, 0.6)]


def test_sessions_may_come_for_patients_who_are_already_in_the_records():
    cast.ana(now=NOW)
    accepted(sessions())
    assert Session.objects.get().at == datetime(2026, 2, 27, 21, tzinfo=UTC)


def test_a_blank_status_leaves_a_known_patient_as_they_are():
    accepted(patients({"status": "on_hold"}))
    accepted(patients({"status": "", "email": "new@mail.example"}))
    assert Patient.objects.get().status == "on_hold"
    accepted(patients({"patient_id": "A-002", "status": ""}))
    assert Patient.objects.get(code="A-002").status == "active"


@pytest.mark.parametrize("status", ["discharged", "deceased"])
def test_nobody_who_has_left_is_asked_anything(status: str):
    accepted(patients({"status": status}), sessions())
    assert Occurrence.objects.count() == 0


@pytest.mark.parametrize("status", ["discharged", "deceased"])
def test_a_late_session_does_not_wake_the_surveys_of_somebody_who_has_left(status: str):
    accepted(*everything())
    set_status(Patient.objects.get(), status, by="front desk", now=NOW)
    accepted(sessions({"session_at": "2026-02-24T14:00"}))
    assert not Occurrence.objects.filter(state__in=["planned", "due"]).exists()


def test_an_import_does_not_bring_the_dead_back():
    accepted(patients({"status": "deceased"}))
    assert 'column status: "A-001" is recorded as deceased, the file says active' in refused(
        patients({"status": "active"})
    )


@pytest.mark.parametrize(
    ("column", "cell"), [("protocol", "three-two-three"), ("indication", "PTSD")]
)
def test_an_import_does_not_change_a_course_that_has_begun(column: str, cell: str):
    accepted(patients())
    assert f'the open course of "A-001" has the {column}' in refused(patients({column: cell}))


def test_a_course_that_has_ended_takes_no_more_rows():
    accepted(patients())
    Course.objects.update(ended_at=NOW)
    assert 'column patient_id: the course of "A-001" has ended' in refused(sessions())


@pytest.mark.parametrize("fields", [{"is_active": False}, {"role": "front_desk"}])
def test_only_a_clinician_who_works_here_may_have_patients(clinic, fields):
    type(clinic).objects.filter(pk=clinic.pk).update(**fields)
    assert "is not a clinician here. Run: afterglow staff add okafor@" in refused(patients())


def test_the_case_of_a_clinicians_address_does_not_matter():
    accepted(patients({"clinician_email": "Okafor@AlderStreet.example"}))
    assert Patient.objects.get().clinician == cast.okafor()


def many(number: int, **changes) -> list[dict]:
    return [
        {"patient_id": f"P-{place}", "email": f"p{place}@mail.example", **changes}
        for place in range(number)
    ]


@pytest.mark.parametrize(
    ("known", "moved", "taken"), [(10, 3, True), (10, 4, False), (30, 6, True), (30, 7, False)]
)
def test_a_wave_of_new_addresses_is_refused(known: int, moved: int, taken: bool):
    accepted(patients(*many(known)))
    rows = many(known)
    for place in range(moved):
        rows[place]["email"] = f"other{place}@mail.example"
    outcome = brought_in(patients(*rows))
    assert (not outcome.problems) == taken
    if not taken:
        assert f"{moved} of {known} known patients would get another address" in str(
            outcome.problems[0]
        )
        accepted(patients(*rows), addresses_changed=True)


def test_addresses_that_were_missing_so_far_are_not_a_wave():
    accepted(patients(*many(10, email="")))
    accepted(patients(*many(10)))


@pytest.mark.parametrize(
    ("other", "apart"), [("2026-02-27T19:59", False), ("2026-02-27T20:00", True)]
)
def test_two_sessions_within_six_hours_are_one_with_a_wrong_time(other: str, apart: bool):
    accepted(patients(), sessions())
    outcome = brought_in(sessions({"session_at": other}))
    assert (not outcome.problems) == apart


def test_a_corrected_time_is_two_rows_the_old_one_cancelled():
    accepted(patients(), sessions())
    accepted(sessions({"status": "cancelled"}, {"session_at": "2026-02-27T15:00"}))
    current = Session.objects.filter(superseded_at=None).values_list("status", flat=True)
    assert sorted(current) == ["cancelled", "done"]


def test_a_patient_who_moved_does_not_get_every_old_session_twice():
    accepted(patients(), sessions())
    moved = patients({"timezone": "America/New_York"})
    assert "this is less than 6 hours from another session of the same patient" in refused(
        moved, sessions()
    )
    accepted(moved)
    refused(sessions())
    accepted(sessions({"session_at": "2026-02-27T14:00-07:00"}))


def test_an_old_total_is_kept_and_marked():
    accepted(patients())
    outcome = accepted(totals())
    form = Response.objects.get()
    assert (form.mode, form.score.total, form.answers) == ("import_total", 17, {})
    assert outcome.totals_only == 1


@pytest.mark.parametrize("again", [responses({"1": "3"}), responses({"1": ""})])
def test_a_stored_form_is_never_overwritten(again: SourceFile):
    accepted(patients(), responses())
    assert "a form with other answers is already stored for this moment" in refused(again)


def test_a_total_does_not_replace_answers_nor_answers_a_total():
    at = {"answered_at": "2026-02-26T18:30"}
    accepted(patients(), responses())
    assert "a form with other answers is already stored" in refused(totals({**at, "total": "0"}))


@pytest.mark.parametrize("answer", ["1", "2", "3"])
@pytest.mark.parametrize("days_ago", [0, 13, 14, 400])
def test_every_imported_positive_question_9_has_exactly_one_alert(answer: str, days_ago: int):
    at = (NOW - days_ago * DAY).isoformat(timespec="minutes")
    files = patients(), responses({"answered_at": at, "9": answer})
    assert accepted(*files).alerts_raised == 1
    assert accepted(*files).alerts_raised == 0
    assert Alert.objects.get().response.answered_at == NOW - days_ago * DAY


def test_a_total_raises_no_alert_because_question_9_is_not_known():
    accepted(patients(), totals({"total": "27"}))
    assert not Alert.objects.exists()


def test_an_import_writes_to_nobody():
    accepted(patients(), sessions(), responses({"answered_at": "2025-03-01T10:00", "9": "3"}))
    assert not Message.objects.filter(kind="invitation").exists()


def test_an_import_is_one_event_beside_those_of_its_rows_and_holds_no_names():
    accepted(*everything())
    event = Event.objects.get(verb="imported")
    assert event.subject.startswith("import:")
    assert event.detail == {"patients": [1, 0], "sessions": [1, 0], "responses": [1, 0]}
    assert "Ana" not in repr(list(Event.objects.values_list()))


def test_an_empty_history_is_imported_as_nothing():
    outcome = accepted(SourceFile("sessions.csv", (",".join(SESSION) + "\n").encode()))
    assert not outcome.wrote


def test_text_that_looks_like_a_formula_is_stored_as_it_is():
    accepted(patients({"family_name": "=HYPERLINK(1)"}))
    assert Patient.objects.get().family_name == "=HYPERLINK(1)"


def ten_thousand_sessions() -> list[dict]:
    start = datetime(2024, 1, 1, 10, tzinfo=UTC)
    return [
        {
            **SESSION,
            "patient_id": f"P-{number % 200}",
            "session_at": (start + (number // 200) * 7 * DAY).isoformat(),
        }
        for number in range(10_000)
    ]


def test_one_bad_cell_in_ten_thousand_rows_is_found_and_nothing_is_written():
    rows = ten_thousand_sessions()
    rows[7_000]["dose_mg_per_kg"] = "50"
    file = SourceFile("sessions.csv", csv(*rows).encode())
    assert refused(patients(*many(200)), file) == (
        "sessions.csv, line 7002, column dose_mg_per_kg: 50 is not between 0.05 and 3 mg/kg. "
        "Check the unit: mg per kg of body weight."
    )


# --- the same number in other capitals


@pytest.mark.parametrize("written", ["a-001b", "A-001b", "a-001B"])
def test_a_number_that_differs_in_capitals_alone_is_neither_enrolled_nor_taken_for_known(written):
    accepted(patients({"patient_id": "A-001B"}))
    assert refused(patients({"patient_id": written, "given_name": "Dora"})) == (
        f'patients.csv, line 2, column patient_id: "{written}" differs from "A-001B" in the records'
        " in capitals alone. Write A-001B if that is who is meant; if not, give this patient"
        " another number."
    )


@pytest.mark.parametrize(
    ("known", "written"), [("Ä-1", "ä-1"), ("ä-1", "Ä-1"), ("ЖÉ-7", "жé-7"), ("STRASSE", "straße")]
)
def test_letters_that_no_database_folds_alike_are_compared_here(known, written):
    """SQLite folds plain letters alone: the same files would make two patients there and be refused
    by PostgreSQL."""
    accepted(patients({"patient_id": known}))
    problem = refused(patients({"patient_id": written, "given_name": "Dora"}))
    assert problem.startswith(
        f'patients.csv, line 2, column patient_id: "{written}" differs from "{known}" in the'
        f" records in capitals alone. Write {known} if"
    )
    both = patients({"patient_id": "Ö-2"}, {"patient_id": "ö-2"})
    assert "lines 2 and 3 are both for the same patient" in refused(both)


@pytest.mark.parametrize("file", [sessions, responses])
def test_a_session_or_form_in_other_capitals_is_led_to_whom_it_may_mean(file):
    accepted(patients({"patient_id": "Ab-1"}))
    problem = refused(file({"patient_id": "aB-1"}))
    assert problem.endswith(
        '"aB-1" is neither in the patients file nor in the records. Write Ab-1 if that is who is'
        " meant."
    )


@pytest.mark.parametrize("other", ["A-002", "a-002"])
def test_a_number_enrolled_while_the_import_runs_is_named_and_nothing_is_written(other: str):
    def somebody_else(done: int, _of: int) -> None:
        if done == 1:
            cast.ben(code=other)

    both = patients({}, {"patient_id": "A-002", "email": ""})
    assert refused(both, progress=somebody_else) == (
        f'patients.csv, line 3, column patient_id: "{other}" was enrolled by somebody else while'
        " this import ran. Look whether it is the same person; then import again."
    )


# --- perhaps the same person


CLEO = {"patient_id": "C-1", "given_name": "Cleo", "family_name": "Dahl", "email": "c@mail.example"}
NAME = "family_name: perhaps the same person as A-001: name and birth date are the same."
ADDRESS = "email: perhaps the same person as A-001: the address is the same."


@pytest.mark.parametrize("first", ["recorded", "same file"])
@pytest.mark.parametrize(
    ("second", "columns"),
    [
        ({"email": "other@mail.example"}, [NAME]),
        ({"given_name": "ANA", "family_name": "reyes", "email": ""}, [NAME]),
        ({"given_name": "Cleo", "email": "ANA@mail.example"}, [ADDRESS]),
        ({}, [ADDRESS, NAME]),
        ({"birth_date": "1984-05-28", "email": "other@mail.example"}, []),
        ({"birth_date": "", "email": ""}, []),
        (CLEO, []),
    ],
)
def test_somebody_known_under_another_number_is_warned_of_and_imported(first, second, columns):
    other = {"patient_id": "A-002", **second}
    if first == "recorded":
        accepted(patients())
    outcome = accepted(patients({}, other))
    told = sorted(str(one) for one in outcome.warnings)
    assert [one.split(". ")[0] + "." for one in told] == [
        f"patients.csv, line 3, column {column}" for column in columns
    ]
    assert Patient.objects.count() == 2


def test_a_known_patient_is_no_warning_of_themselves():
    accepted(patients({}, {"patient_id": "A-002"}))
    assert accepted(patients({}, {"patient_id": "A-002"})).warnings == ()
