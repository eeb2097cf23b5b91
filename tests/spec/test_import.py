"""What the front desk may expect of an import.

A clinic keeps three files: patients, sessions, and old answers. `afterglow import` takes any of
them. Either every row goes in or none does; whatever is wrong is named with its file, line and
column, and with what to do about it.
"""

import pytest

from surveys.exchange.batch import SourceFile
from surveys.exchange.importing import bring_in
from surveys.models import Alert, Patient, Response, Session
from surveys.protocol import shipped_protocols
from tests import cast

pytestmark = pytest.mark.django_db

PATIENTS = """\
patient_id,given_name,family_name,email,birth_date,language,timezone,clinician_email,indication,protocol,email_consent_on,status
A-001,Ana,Reyes,ana@mail.example,1984-05-27,en,America/Denver,okafor@alderstreet.example,depression,six-then-boosters,2026-02-20,active
A-002,Ben,Carter,,,en,America/New_York,okafor@alderstreet.example,depression,three-two-three,,active
"""
SESSIONS = """\
patient_id,session_at,route,dose_mg_per_kg,duration_minutes,status
A-001,2026-02-24T14:00,iv,0.5,40,done
A-001,2026-02-27T14:00,iv,0.5,40,done
A-002,2026-02-27T14:00,im,,,done
"""
ANSWERS = """\
patient_id,instrument,answered_at,1,2,3,4,5,6,7,8,9,10
A-001,phq9,2026-02-23T18:30,2,3,2,3,1,2,2,1,1,2
A-002,phq9,2026-02-23T18:30,2,3,2,,1,declined,2,1,0,
"""
TOTALS = """\
patient_id,instrument,answered_at,total
A-001,phq9,2025-11-03,19
"""


@pytest.fixture(autouse=True)
def the_clinic():
    cast.okafor()


def front_desk_imports(**files: str) -> list[str]:
    """Imports the files as one and returns what is said to be wrong."""
    sources = [SourceFile(f"{name}.csv", text.encode()) for name, text in files.items()]
    outcome = bring_in(sources, by="front desk", now=cast.START)
    return [str(problem) for problem in outcome.problems]


def in_the_records() -> tuple[int, int, int]:
    return Patient.objects.count(), Session.objects.count(), Response.objects.count()


def test_three_files_go_in_together():
    assert front_desk_imports(patients=PATIENTS, sessions=SESSIONS, answers=ANSWERS) == []
    assert in_the_records() == (2, 3, 2)


def test_the_same_files_can_be_imported_every_day():
    for _ in range(3):
        assert front_desk_imports(patients=PATIENTS, sessions=SESSIONS, answers=ANSWERS) == []
    assert in_the_records() == (2, 3, 2)


def test_a_time_is_what_the_clock_on_the_patients_wall_showed():
    front_desk_imports(patients=PATIENTS, sessions=SESSIONS)
    new_york = Session.objects.get(course__patient__code="A-002")
    denver = Session.objects.filter(course__patient__code="A-001").last()
    assert (denver.at - new_york.at).total_seconds() == 2 * 3600


def test_one_wrong_cell_keeps_everything_out_and_is_named():
    milligrams = SESSIONS.replace("iv,0.5,40,done\nA-002", "iv,35,40,done\nA-002")
    assert front_desk_imports(patients=PATIENTS, sessions=milligrams) == [
        "sessions.csv, line 3, column dose_mg_per_kg: 35 is not between 0.05 and 3 mg/kg. "
        "Check the unit: mg per kg of body weight."
    ]
    assert in_the_records() == (0, 0, 0)


def test_all_mistakes_are_named_at_once_in_the_order_of_the_files():
    mistakes = front_desk_imports(
        patients=PATIENTS.replace("1984-05-27", "27/05/1984").replace("three-two-three", "323"),
        sessions=SESSIONS.replace("A-002", "A-020"),
        answers=ANSWERS.replace("declined", "refused"),
    )
    assert mistakes == [
        'answers.csv, line 3, column 6: "refused" is not an answer to item 6. '
        "Write one of 0, 1, 2, 3, or declined, or leave it blank if it is missing.",
        'patients.csv, line 2, column birth_date: "27/05/1984" is not a date. '
        "Write it like 1984-05-27.",
        'patients.csv, line 3, column protocol: "323" is not a known protocol. '
        f"Write one of: {', '.join(shipped_protocols())}.",
        'sessions.csv, line 4, column patient_id: "A-020" is neither in the patients file nor in '
        "the records. Add the patient to the patients file or correct the id.",
    ]


def test_a_session_that_has_not_happened_yet_is_planned_not_done():
    early = SESSIONS.replace("2026-02-27T14:00,iv,0.5,40,done", "2026-03-09T14:00,iv,,,done")
    assert front_desk_imports(patients=PATIENTS, sessions=early) == [
        "sessions.csv, line 3, column session_at: 2026-03-09T14:00 is in the future, yet done. "
        "Correct the date, or write planned in the column status."
    ]
    assert (
        front_desk_imports(patients=PATIENTS, sessions=early.replace(",,,done", ",,,planned")) == []
    )


def test_a_clinician_must_be_known_before_their_patients():
    unknown = PATIENTS.replace("okafor@", "meyer@", 1)
    assert front_desk_imports(patients=unknown) == [
        'patients.csv, line 2, column clinician_email: "meyer@alderstreet.example" is not a '
        "clinician here. Run: afterglow staff add meyer@alderstreet.example "
        '--name "THEIR NAME" --role clinician'
    ]


def test_a_blank_answer_is_missing_and_a_declined_one_is_declined():
    front_desk_imports(patients=PATIENTS, answers=ANSWERS)
    answers = Response.objects.get(patient__code="A-002").answers
    assert (answers["4"], answers["6"], answers["9"]) == (None, "declined", 0)


def test_old_records_may_hold_only_a_day_and_a_total_and_stay_marked_as_such():
    assert front_desk_imports(patients=PATIENTS, totals=TOTALS) == []
    form = Response.objects.get()
    assert (form.mode, form.score.total, form.score.band) == (
        "import_total",
        19,
        "moderately severe",
    )


def test_a_session_needs_its_time_because_surveys_are_due_so_many_hours_later():
    day_alone = SESSIONS.replace("2026-02-24T14:00", "2026-02-24")
    assert front_desk_imports(patients=PATIENTS, sessions=day_alone) == [
        'sessions.csv, line 2, column session_at: "2026-02-24" is not a date and time. '
        "Write it like 2026-03-14T14:00."
    ]


def test_a_positive_question_9_raises_its_alert_however_it_comes_in():
    front_desk_imports(patients=PATIENTS, answers=ANSWERS)
    alert = Alert.objects.get()
    assert (alert.patient.code, alert.state) == ("A-001", "open")


def test_a_spreadsheet_saved_in_an_old_encoding_is_answered_with_how_to_save_it():
    old = SourceFile("patients.csv", PATIENTS.replace("Reyes", "Núñez").encode("cp1252"))
    (problem,) = bring_in([old], by="front desk", now=cast.START).problems
    assert str(problem) == (
        "patients.csv, line 2, column family_name: the sign stored as byte FA is not UTF-8; "
        'the file uses another encoding. In the spreadsheet choose "Save as", '
        'then "CSV UTF-8 (comma delimited)".'
    )
