"""The front desk: enrolling, correcting, pausing, and the list of whom to reach."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from reports.clinic.forms import ContactForm
from reports.clinic.to_reach import to_reach
from surveys.actions import enrol, send
from surveys.actions.answer import submit
from surveys.actions.schedule import close_windows, open_due
from surveys.models import Course, Message, Occurrence, Patient, Token
from tests import cast, doors

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(enter) -> Client:
    return enter(cast.ruiz())


def typed(**changes) -> dict:
    return {
        "code": "A-100", "given_name": "Cleo", "family_name": "Dahl", "birth_date": "1980-02-01",
        "email": "cleo@mail.example", "email_consent_on": "2026-03-01", "language": "en",
        "timezone": "America/Denver", "clinician": str(cast.okafor().pk),
        "indication": "depression", "protocol": "six-then-boosters", **changes,
    }  # fmt: skip


def test_an_enrolled_patient_has_a_plan_at_once(desk):
    answer = desk.post("/front-desk/enrol/", typed())
    patient = Patient.objects.get(code="A-100")
    assert answer["Location"] == f"/patients/{patient.ref}/contact/"
    page = desk.get(answer["Location"]).content.decode()
    assert "First check-in" in page
    assert "Mon 2 Mar 2026, 09:00" in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"code": ""}, "Fill this in."),
        ({"code": "A 1"}, "Use letters, digits, dots, dashes."),
        ({"timezone": "Denver"}, "Write a zone such as America/Denver."),
        ({"email": "cleo"}, "Enter a valid email address."),
        ({"email": "cleo@exämple.com"}, "It holds ä, which not every mail server takes. Write an"),
        ({"email": "cléo@mail.example"}, "It holds é, which not every mail server takes."),
        ({"clinician": ""}, "Choose one."),
        ({"protocol": "another"}, "Select a valid choice."),
    ],
)
def test_a_slip_is_pointed_out_and_nobody_is_enrolled(desk, changes, told):
    answer = desk.post("/front-desk/enrol/", typed(**changes))
    assert (answer.status_code, Patient.objects.count()) == (422, 0)
    assert told in answer.content.decode()
    assert "Cleo" in answer.content.decode()


def test_a_number_given_by_two_people_at_once_is_pointed_out(desk, monkeypatch):
    """The other enrolment is committed between the form's look at the number and our own."""
    monkeypatch.setattr(ContactForm, "clean_code", lambda form: form.cleaned_data["code"])
    desk.post("/front-desk/enrol/", typed())
    before = doors.every_row()["surveys.Patient"]
    answer = desk.post("/front-desk/enrol/", typed(given_name="Dora", email="dora@mail.example"))
    assert answer.status_code == 422
    assert doors.every_row()["surveys.Patient"] == before
    told = "It is Cleo Dahl (A-100), enrolled on Mon 2 Mar 2026. Nothing was changed"
    assert told in answer.content.decode()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("codes", [["A-001"] * 4, ["A-001", "a-001"] * 2], ids=", ".join)
def test_of_many_who_give_a_number_at_once_one_enrols_and_the_others_are_told(monkeypatch, codes):
    """Each has found the number free before any of them writes. Capitals make no other number."""
    everybody, first_course = threading.Barrier(4), enrol._first_course

    def together(*args, **kwargs):
        everybody.wait(timeout=60)
        return first_course(*args, **kwargs)

    cast.okafor()
    monkeypatch.setattr(enrol, "_first_course", together)
    with ThreadPoolExecutor(4) as people:
        told = list(people.map(enrolled_by, range(4), codes))
    names = [name for name in told if not name.startswith("already: ")]
    assert len(names) == 1
    assert sorted({*told} - {*names}) == [f"already: {names[0]}"]
    assert [one.given_name for one in Patient.objects.all()] == names
    assert Course.objects.count() == 1


def enrolled_by(number: int, code: str) -> str:
    name = f"Typed by {number}"
    try:
        enrol.enrol_new(cast.ana_row(code=code, given_name=name), by="desk", now=cast.START)
    except enrol.AlreadyEnrolled as since:
        return f"already: {since.patient.given_name}"
    finally:
        connection.close()
    return name


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, True),
        ({"email": "other@mail.example"}, True),
        ({"email": "CLEO@mail.example", "family_name": "Ek"}, True),
        ({"email": "other@mail.example", "birth_date": "1980-02-02"}, False),
        ({"email": "", "birth_date": ""}, False),
        ({"email": "", "family_name": "Ek"}, False),
    ],
)
def test_somebody_enrolled_under_another_number_is_warned_of_and_not_refused(desk, changes, warned):
    desk.post("/front-desk/enrol/", typed())
    answer = desk.post("/front-desk/enrol/", typed(code="A-101", **changes), follow=True)
    assert Patient.objects.filter(code="A-101").exists()
    assert ("perhaps the same person as A-100." in answer.content.decode()) == warned


@pytest.mark.parametrize(("first", "second"), [("A-001", "A-001"), ("A-001", "a-001")])
def test_the_records_themselves_hold_a_number_once_however_it_is_written(first, second):
    patient = cast.ana(code=first).patient
    patient.pk, patient.ref, patient.code = None, uuid4(), second
    with pytest.raises(IntegrityError, match="one_patient_of_a_number"), transaction.atomic():
        patient.save()


@pytest.mark.parametrize("again", ["A-100", "a-100"])
def test_a_number_is_given_once_so_pressing_twice_enrols_once(desk, again):
    desk.post("/front-desk/enrol/", typed())
    answer = desk.post("/front-desk/enrol/", typed(code=again))
    assert "A patient has this number already." in answer.content.decode()
    assert Course.objects.count() == 1


def test_a_new_address_ends_the_links_sent_to_the_old_one(desk):
    course = cast.ana()
    send.invite(cast.due(course, "baseline", now=cast.START).pk, by="flow", now=cast.START)
    assert Token.objects.filter(revoked_at=None).count() == 1
    contact = typed(given_name="Ana", family_name="Reyes", email="new@mail.example")
    desk.post(f"/patients/{course.patient.ref}/contact/", contact)
    course.patient.refresh_from_db()
    assert course.patient.email == "new@mail.example"
    assert Token.objects.filter(revoked_at=None).count() == 0


@pytest.mark.parametrize(
    ("status", "planned"), [("on_hold", True), ("discharged", False), ("deceased", False)]
)
def test_a_status_is_recorded_and_the_page_says_what_it_does(desk, status, planned):
    patient = cast.ana().patient
    desk.post(f"/patients/{patient.ref}/status/", {"status": status})
    page = desk.get(f"/patients/{patient.ref}/contact/").content.decode()
    assert f"Nothing: {patient.get_status_display()}" not in page
    assert f"Nothing: {status.replace('_', ' ')}." in page
    assert Occurrence.objects.filter(state="planned").exists() is planned


def test_no_status_is_chosen_beforehand(desk):
    patient = cast.ana().patient
    page = desk.get(f"/patients/{patient.ref}/contact/").content.decode()
    assert " checked" not in page
    assert desk.post(f"/patients/{patient.ref}/status/").status_code == 422


def test_mail_flows_again_only_after_somebody_ticked_that_they_asked(desk):
    patient = cast.ana().patient
    Patient.objects.update(mail_stop="stopped")
    address = f"/patients/{patient.ref}/mail-again/"
    assert desk.post(address).status_code == 422
    assert Patient.objects.get().mail_stop == "stopped"
    desk.post(address, {"agreed": "on"})
    assert Patient.objects.get().mail_stop == ""


def test_what_people_type_is_shown_as_text(desk):
    desk.post("/front-desk/enrol/", typed(given_name="<script>alert(1)</script>"))
    page = desk.get("/front-desk/").content.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


# --- whom to reach


def reached() -> list[tuple[str, str]]:
    return [(call.why, call.next_step) for call in to_reach(Patient.objects.all())]


@pytest.mark.parametrize(
    ("changes", "call"),
    [
        ({}, []),
        ({"mail_stop": "bounced"}, [("Mail bounced", "check the address")]),
        ({"mail_stop": "stopped"}, [("Asked to stop mails", "agree another way")]),
        ({"mail_stop": "not_me"}, [("Somebody else reads this address", "ask for the right one")]),
        ({"email": ""}, [("No e-mail address", "ask for one")]),
        ({"email_consent_on": None}, [("Has not agreed to e-mail", "ask, or agree another way")]),
        ({"mail_stop": "bounced", "status": "on_hold"}, []),
        ({"mail_stop": "bounced", "status": "deceased"}, []),
    ],
)
def test_why_mail_does_not_reach_somebody_and_what_to_do(changes, call):
    cast.ana()
    Patient.objects.update(**changes)
    assert reached() == call


@pytest.mark.parametrize(
    ("status", "failures", "called"),
    [
        ("active", 5, True),
        ("on_hold", 4, False),
        ("on_hold", 5, True),
        ("discharged", 5, False),
        ("deceased", 5, False),
    ],
)
def test_who_is_locked_out_of_an_open_form_is_called_on_hold_too(
    settings, status, failures, called
):
    settings.PIN = True
    form = cast.due(cast.ana(), "baseline", now=cast.START)
    send.invite(form.pk, by="flow", now=cast.START)
    Patient.objects.update(status=status, pin="kept", pin_failures=failures)
    locked = ("Locked out by five wrong PINs", "call, then open the links again")
    assert reached() == ([locked] if called else [])
    form.refresh_from_db()
    if status == "on_hold":
        assert to_reach(Patient.objects.all(), now=form.closes_at) == [], "nothing to open now"


def ask_and_wait(course: Course, times: int) -> None:
    """Sends this many forms, one after another, and lets each window close unanswered."""
    for row in course.occurrences.filter(survey="weekly")[:times]:
        open_due(now=row.due_at)
        send.invite(row.pk, by="flow", now=row.due_at)
        close_windows(by="flow", now=row.closes_at)


@pytest.fixture
def course() -> Course:
    course = cast.ana()
    cast.treated(course, cast.START + cast.DAY)
    return course


@pytest.mark.parametrize(
    ("forms", "call"),
    [(1, []), (2, [("No answer to the last 2 forms", "telephone")]),
     (3, [("No answer to the last 3 forms", "telephone")])],
)  # fmt: skip
def test_two_forms_in_a_row_without_an_answer_are_worth_a_call(course, forms, call):
    ask_and_wait(course, forms)
    assert reached() == call


def test_an_answer_ends_the_silence(course):
    ask_and_wait(course, 2)
    row = course.occurrences.filter(survey="weekly", state="planned").first()
    open_due(now=row.due_at)
    send.invite(row.pk, by="flow", now=row.due_at)
    assert len(reached()) == 1
    row.refresh_from_db()
    answers = {"phq9": cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 0)}
    submit(row, answers, mode="web", by="patient", now=row.due_at + cast.HOUR)
    assert reached() == []


def test_a_form_still_open_is_not_yet_silence(course):
    ask_and_wait(course, 1)
    row = course.occurrences.filter(survey="weekly", state="planned").first()
    open_due(now=row.due_at)
    send.invite(row.pk, by="flow", now=row.due_at)
    assert reached() == []


# --- nobody answered, and nobody is mailed any more


CALL = ("No answer after every reminder; the form is still open", "telephone")


@pytest.mark.parametrize(
    ("hours", "happens", "called"),
    [
        (95, None, False),  # the second reminder left at 72 hours, and has its day
        (96, None, True),
        (200, None, True),
        (96, "answered", False),
        (96, "second reminder bounced", False),
        (96, "window closed", False),
        (96, "on hold", False),
    ],
)
def test_a_day_after_the_last_reminder_somebody_calls(mailbox, hours, happens, called):
    course = cast.ana()
    row = cast.due(course, "baseline", now=cast.START)
    send.invite(row.pk, by="flow", now=cast.START)
    for after in (24, 72):
        assert send.remind(row.pk, by="flow", now=cast.START + after * cast.HOUR) == "accepted"
    now = cast.START + hours * cast.HOUR
    if happens == "answered":
        submit(row, {"phq9": cast.phq9(*[0] * 9)}, mode="web", by="patient", now=now)
    if happens == "second reminder bounced":
        Message.objects.filter(key__endswith=":2").update(state="bounced")
    if happens == "window closed":
        Occurrence.objects.update(closes_at=now)
    if happens == "on hold":
        enrol.set_status(course.patient, "on_hold", by="desk", now=now)
    calls = [(one.why, one.next_step) for one in to_reach(Patient.objects.all(), now)]
    assert (CALL in calls) == called


def test_after_the_first_reminder_alone_nobody_calls(mailbox):
    row = cast.due(cast.ana(), "baseline", now=cast.START)
    send.invite(row.pk, by="flow", now=cast.START)
    send.remind(row.pk, by="flow", now=cast.START + 24 * cast.HOUR)
    assert to_reach(Patient.objects.all(), cast.START + 71 * cast.HOUR) == []
