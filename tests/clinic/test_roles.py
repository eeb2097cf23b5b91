"""Who may open what. Every route is in this table, and every cell of it is tried."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from reports.clinic import roles
from reports.packets import weekly_packet
from surveys.actions.answer import submit
from surveys.actions.history import record_history
from surveys.history import HistoryStatement
from surveys.models import Staff
from tests import cast
from tests.clinic.conftest import browser_of

pytestmark = pytest.mark.django_db

# o opens · s sent to sign in · r refused · h hidden, as if it did not exist
#
# The patient is Ana. People: nobody signed in; her clinician; another clinician; another clinician
# on call while Ana's alert is open; the lead; the front desk.
PEOPLE = ("nobody", "hers", "another", "on_call", "lead", "front_desk")
TABLE = {
    "GET home": "s o o o o o",
    "GET sign_in": "o o o o o o",
    "POST sign_out": "s o o o o o",
    "GET typed_before": "s o o o o o",
    "POST typed_before": "s o o o o o",
    "GET week": "s o o o o r",
    "GET packet": "s o o o o r",
    "GET packet_pdf": "s o h h h r",
    "GET patients": "s o o o o r",
    "GET methods": "s o o o o r",
    "GET cohort": "s o o o o r",
    "GET patient": "s o h o o r",
    "POST patient": "s o h h o r",
    "GET report": "s o h o o r",
    "GET report_pdf": "s o h o o r",
    "GET alerts": "s o o o o r",
    "GET alert": "s o h o o r",
    "POST acknowledge": "s o h o o r",
    "POST close_alert": "s o h o o r",
    "GET front_desk": "s o o o o o",
    "GET enrolment": "s r r r o o",
    "POST enrolment": "s r r r o o",
    "GET plan": "s o h h o o",
    "GET protocol": "s o h h o r",
    "POST protocol": "s o h h o r",
    "GET collect": "s o h h o o",
    "POST tablet": "s o h h o o",
    "GET typed": "s o h h o r",
    "POST typed": "s o h h o r",
    "GET rating": "s o h h o r",
    "POST rating": "s o h h o r",
    "GET history": "s o h h o r",
    "POST history": "s o h h o r",
    "GET edit_history": "s o h h o r",
    "POST edit_history": "s o h h o r",
    "GET contact": "s o h h o o",
    "POST contact": "s o h h o o",
    "POST status": "s o h h o o",
    "POST mail_again": "s o h h o o",
    "POST pin": "s o h h o o",
    "POST doubt": "s o h h o o",
    "GET new_session": "s o h h o o",
    "POST new_session": "s o h h o o",
    "GET edit_session": "s o h h o o",
    "POST edit_session": "s o h h o o",
    # opens for a signature only; without a key set there is no such page
    "POST sendgrid-events": "h h h h h h",
}
SHEET = "11111111-1111-4111-8111-111111111111"
OUTCOMES = {"o": "opens", "s": "sent to sign in", "r": "refused", "h": "hidden"}
CELLS = [
    (*route.split(), person, OUTCOMES[letter])
    for route, row in TABLE.items()
    for person, letter in zip(PEOPLE, row.split(), strict=True)
]


@pytest.fixture
def scene() -> dict:
    """Ana after her first form, which raised an alert that nobody has acknowledged."""
    course = cast.ana()
    occurrence = cast.due(course, "baseline", now=cast.START)
    answers = {"phq9": cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 1)}
    alert = submit(occurrence, answers, mode="web", by="patient", now=cast.START).alert
    session = cast.treated(course, cast.START - 2 * cast.HOUR)
    packet = weekly_packet(
        cast.okafor(), [course], week=cast.START.date(), by="flow", now=cast.START
    )
    told = HistoryStatement("tms")
    entry = record_history(course.patient, told, by="staff:1", now=cast.START)
    found = {"ref": course.patient.ref, "key": session.key, "number": alert.pk}
    found["entry"] = entry.key
    return found | {"packet": packet.pk}


def outcome(response) -> str:
    if response.status_code == 302 and response["Location"].startswith("/sign-in/?next="):
        return "sent to sign in"
    return {403: "refused", 404: "hidden"}.get(response.status_code, "opens")


def person(name: str) -> Client:
    people = {
        "hers": lambda: Staff.objects.get(name="N. Okafor"),
        "another": cast.lindqvist,
        "on_call": lambda: cast.lindqvist(on_call=True),
        "lead": cast.lead,
        "front_desk": cast.ruiz,
    }
    return browser_of(people[name]()) if name in people else Client()


def ask(client: Client, method: str, name: str, scene: dict) -> object:
    arguments = {
        "alert": ["number"], "acknowledge": ["number"], "close_alert": ["number"],
        "patient": ["ref"], "plan": ["ref"], "protocol": ["ref"], "collect": ["ref"],
        "tablet": ["ref"],
        "contact": ["ref"], "status": ["ref"], "mail_again": ["ref"], "pin": ["ref"],
        "doubt": ["ref"],
        "new_session": ["ref"], "edit_session": ["ref", "key"],
    }  # fmt: skip
    known = {word: scene[word] for word in arguments.get(name, [])}
    if name == "typed":
        known = {"ref": scene["ref"], "mode": "phone", "form": f"weekly.{SHEET}"}
    if name in ("history", "edit_history"):
        known = {"ref": scene["ref"]}
        known |= {"key": scene["entry"]} if name == "edit_history" else {}
    if name == "rating":
        known = {"ref": scene["ref"], "instrument": "cgi_i"}
    if name == "packet_pdf":
        known = {"number": scene["packet"]}
    if name in ("report", "report_pdf"):
        known = {"ref": scene["ref"], "number": 1}
    typed = {"form": f"weekly.{SHEET}"} if name == "tablet" else {}
    return getattr(client, method.lower())(reverse(name, kwargs=known), typed)


@pytest.mark.parametrize(("method", "route", "who", "expected"), CELLS)
def test_each_route_opens_for_exactly_these_people(scene, method, route, who, expected):
    assert outcome(ask(person(who), method, route, scene)) == expected


def test_the_table_holds_every_route_of_the_clinic():
    named = {name for _, name in (row.split() for row in TABLE)}
    assert named == {name for name in clinic_routes() if not name.startswith("patient-")}


def clinic_routes() -> set[str]:
    def walk(entries) -> set[str]:
        found: set[str] = set()
        for entry in entries:
            found |= {entry.name} if isinstance(entry, URLPattern) else walk(entry.url_patterns)
        return found

    return walk(get_resolver().url_patterns)


def test_the_patients_door_asks_for_a_link_and_for_no_account():
    doors = [view for route, view in roles.routes(get_resolver()) if route.startswith("s/")]
    assert len(doors) >= 11
    assert {roles.declared(view) for view in doors} == {roles.ANYONE}


def test_a_closed_alert_shuts_the_patients_page_again(scene):
    on_call = person("on_call")
    page = reverse("patient", kwargs={"ref": scene["ref"]})
    assert on_call.get(page).status_code == 200
    on_call.post(reverse("acknowledge", kwargs={"number": scene["number"]}))
    outcome_page = reverse("close_alert", kwargs={"number": scene["number"]})
    on_call.post(outcome_page, {"outcome": "Called at once."})
    assert on_call.get(page).status_code == 404


def test_the_on_call_sees_no_decision_form(scene):
    page = reverse("patient", kwargs={"ref": scene["ref"]})
    pages = [person(who).get(page).content.decode() for who in ("hers", "on_call")]
    assert [each.count('name="option"') for each in pages] == [4, 0]


def test_the_front_desk_pages_hold_no_answer_and_no_score(scene):
    desk = person("front_desk")
    names = ("front_desk", "contact", "plan", "collect", "new_session", "enrolment")
    told = [ask(desk, "GET", name, scene).content.decode().lower() for name in names]
    secrets = ("several days", "self-harm", "item 9:", "total", "alert")
    assert [word for page in told for word in secrets if word in page] == []


@pytest.mark.urls("tests.clinic.undeclared")
def test_a_route_that_forgot_its_roles_stops_the_start():
    with pytest.raises(SystemCheckError) as caught:
        call_command("check")
    assert "inner/answers/ does not say who may open it" in str(caught.value)
    assert "inner/lead/" not in str(caught.value)


@pytest.mark.urls("tests.clinic.undeclared")
def test_and_would_open_for_nobody():
    lead = person("lead")
    codes = [lead.get(path).status_code for path in ("/inner/lead/", "/anyone/", "/inner/answers/")]
    assert codes == [200, 200, 403]
    assert Client().get("/inner/answers/").status_code == 403


@pytest.mark.parametrize("named", [(), ("clinician", "everybody")])
def test_a_role_nobody_has_cannot_be_declared(named):
    with pytest.raises(ValueError, match="Name at least one of"):
        roles.open_to(*named)


def test_the_roles_are_those_of_the_staff():
    assert {role for role, _ in Staff.ROLES} == roles.ROLES


def test_a_patient_who_does_not_exist_looks_like_somebody_elses(scene):
    client = person("another")
    known = client.get(f"/patients/{scene['ref']}/")
    unknown = client.get("/patients/00000000-0000-4000-8000-000000000000/")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
