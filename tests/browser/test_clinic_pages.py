"""The clinic's door in a real browser, on a phone and on a desk."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from reports.clinic import idle
from reports.models import Decision
from reports.packets import weekly_packet
from surveys import pace
from surveys.actions import send
from surveys.actions.answer import record_old_response, submit
from surveys.actions.history import record_history
from surveys.history import HistoryStatement
from surveys.models import Alert, Patient, Session
from tests import cast
from tests.browser.conftest import broken_rules

WIDTHS = [390, 1280]
NO_SCRIPT = {"java_script_enabled": False}
SMALLEST_TARGET = 46  # CSS pixels, for what is pressed on a phone


@pytest.fixture
def scene(transactional_db) -> dict:
    """Ana with a course of forms and sessions, an open alert, a report; Ben, whose mail bounced."""
    course = cast.ana()
    first = cast.due(course, "baseline", now=cast.START)
    send.invite(first.pk, by="flow", now=cast.START)
    for weeks in range(20, 0, -1):
        at = cast.START - timedelta(weeks=weeks)
        form = cast.phq9(*[2 if weeks > 12 else 1] * 8, 0)
        record_old_response(course, "phq9", form, None, answered_at=at, by="import", now=at)
    for weeks in (16, 15, 14, 13, 12, 11, 8, 4):
        at = cast.START - timedelta(weeks=weeks, hours=5)
        cast.treated(course, at, route="IV", dose_mg_per_kg="0.5", duration_minutes=40)
    weekly_packet(cast.okafor(), [course], week=cast.START.date(), by="flow", now=cast.START)
    answers = {"phq9": cast.phq9(2, 2, 2, 1, 1, 1, 1, 1, 1)}
    alert = submit(first, answers, mode="web", by="patient", now=cast.START).alert
    ben = cast.ben()
    Patient.objects.filter(pk=ben.patient_id).update(mail_stop="bounced")
    session = Session.objects.filter(course=course).last()
    taken = HistoryStatement("antidepressant", "Sertraline", "50 mg", since="2026-02")
    entry = record_history(course.patient, taken, by="test", now=cast.START)
    return {
        "ref": course.patient.ref, "alert": alert.pk, "key": session.key, "ben": ben.patient.ref,
        "form": uuid4(), "entry": entry.key,
    }  # fmt: skip


PAGES = {
    "week": "/week/",
    "packet": "/week/packet/",
    "patients": "/patients/",
    "cohort": "/cohort/",
    "methods": "/methods/",
    "patient": "/patients/{ref}/",
    "stored report": "/patients/{ref}/reports/1/",
    "alerts": "/alerts/",
    "alert": "/alerts/{alert}/",
    "front desk": "/front-desk/",
    "enrolment": "/front-desk/enrol/",
    "plan": "/patients/{ref}/plan/",
    "protocol": "/patients/{ref}/protocol/",
    "contact": "/patients/{ref}/contact/",
    "contact, mail stopped": "/patients/{ben}/contact/",
    "session": "/patients/{ref}/sessions/new/",
    "rating": "/patients/{ref}/rate/cgi_i/",
    "collect": "/patients/{ref}/answers/",
    "phone": "/patients/{ref}/answers/phone/weekly.{form}/",
    "paper": "/patients/{ref}/answers/paper/weekly.{form}/",
    "treatments and substances": "/patients/{ref}/history/",
    "one of them": "/patients/{ref}/history/{entry}/",
    "changing a session": "/patients/{ref}/sessions/{key}/",
}


def sign_in(page: Page, staff) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Email").fill(staff.email)
    page.get_by_label("Password").fill(cast.PASSWORD)
    press(page, "Sign in")


def press(page: Page, button: str, *, exact: bool = False) -> None:
    """Until the page that answers is there: what follows would else meet the page just left."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=exact).click()


def decide(page: Page, option: str) -> None:
    page.get_by_role("radio", name=option).check()
    page.get_by_label("Review on").fill("2026-04-01")
    page.get_by_label("Reason").fill("Better, not yet well.")


def is_sound(page: Page) -> None:
    """Nothing to scroll sideways, and no rule of accessibility broken."""
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, f"{page.url} scrolls sideways"
    assert broken_rules(page) == []


def too_small_for_a_thumb(page: Page) -> list[str]:
    """What is pressed, where it is seen at all."""
    return page.get_by_role("button").evaluate_all(
        """(all, least) => all.filter(button => button.checkVisibility()
               && button.getBoundingClientRect().height < least).map(button => button.innerText)""",
        SMALLEST_TARGET,
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_sound_and_what_is_pressed_on_a_phone_is_large_enough(scene, visitor, width):
    with visitor(width=width) as page:
        sign_in(page, cast.lead())
        for address in PAGES.values():
            shown = page.goto(address.format(**scene))
            assert (shown.status, urlsplit(page.url).path) == (200, address.format(**scene))
            is_sound(page)
            assert width > 390 or too_small_for_a_thumb(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_way_in_is_sound_even_when_slowed(scene, visitor, width):
    with visitor(width=width) as page:
        page.goto("/sign-in/")
        is_sound(page)
        for wrong in range(5):
            page.get_by_label("Email").fill("lead@alderstreet.example")
            page.get_by_label("Password").fill(f"wrong {wrong}")
            press(page, "Sign in")
        expect(page.get_by_role("heading", name="Sign-in is slowed")).to_be_visible()
        is_sound(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_way_in_that_many_knocked_at_is_sound(scene, visitor, width):
    for _ in range(30):
        pace.count("wrong-password", "127.0.0.1")
    with visitor(width=width) as page:
        sign_in(page, cast.lead())
        expect(page.get_by_role("heading", name="Sign-in is slowed")).to_be_visible()
        is_sound(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_was_typed_for_too_long_is_soundly_shown_again(scene, visitor, width):
    with visitor(width=width) as page:
        sign_in(page, cast.okafor())
        page.goto(PAGES["patient"].format(**scene))
        decide(page, "Continue")
        page.context.clear_cookies(name=idle.COOKIE)
        press(page, "Record decision")
        page.get_by_label("Email").fill(cast.okafor().email)
        page.get_by_label("Password").fill(cast.PASSWORD)
        press(page, "Sign in")
        expect(page.get_by_text("Better, not yet well.")).to_be_visible()
        is_sound(page)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("width", WIDTHS)
def test_forms_sent_back_with_mistakes_are_sound(scene, visitor, width):
    with visitor(width=width) as page:
        sign_in(page, cast.lead())
        for name, button in (("patient", "Record decision"), ("session", "Read it back"),
                             ("enrolment", "Enrol"), ("contact", "Record status")):  # fmt: skip
            page.goto(PAGES[name].format(**scene))
            page.eval_on_selector_all("form", "forms => forms.forEach(f => f.noValidate = true)")
            press(page, button, exact=True)
            is_sound(page)
            assert page.locator(".wrong").count() > 0


def test_from_the_alert_to_the_decision_without_scripts(scene, visitor):
    with visitor(width=390, **NO_SCRIPT) as page:
        sign_in(page, cast.okafor())
        press(page, "Acknowledge")
        page.get_by_label("What was done").fill("Called at once; seen this afternoon.")
        press(page, "Record outcome and close")
        page.get_by_role("link", name="A-001").first.click()
        decide(page, "Taper")
        page.get_by_label("If taper, interval in days").fill("28")
        press(page, "Record decision")
        expect(page.get_by_role("status")).to_contain_text("Decision recorded")
        press(page, "Sign out")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert Alert.objects.get().state == "closed"
    assert (Decision.objects.get().option, Decision.objects.get().interval_days) == ("taper", 28)


def test_a_session_is_read_back_before_it_is_recorded(scene, visitor):
    with visitor(width=390, **NO_SCRIPT) as page:
        sign_in(page, cast.ruiz())
        page.get_by_role("link", name="Session of A-002").click()
        page.get_by_label("Date").fill("2026-03-02")
        page.get_by_label("Start").fill("08:00")
        page.get_by_role("radio", name="Took place").check()
        press(page, "Read it back")
        expect(page.get_by_text("Mon 2 Mar 2026, 08:00")).to_be_visible()
        assert not Session.objects.filter(course__patient__code="A-002").exists()
        press(page, "Change something")
        page.get_by_label("Start").fill("08:30")
        press(page, "Read it back")
        press(page, "Record it")
        expect(page.get_by_role("status")).to_contain_text("Session recorded")
    recorded = Session.objects.get(course__patient__code="A-002")
    assert recorded.at.isoformat() == "2026-03-02T15:30:00+00:00"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_protocol_is_changed_after_its_preview_was_seen(scene, visitor, width):
    with visitor(width=width) as page:
        sign_in(page, cast.okafor())
        page.goto(PAGES["plan"].format(**scene))
        page.get_by_role("link", name="Change the protocol").click()
        page.get_by_role("radio", name="Taper").check()
        page.get_by_label("Reason").fill("Settled at two weeks.")
        press(page, "Show what would change")
        expect(page.get_by_text("dropped, protocol changed").first).to_be_visible()
        is_sound(page)
        press(page, "Change the protocol")
        expect(page.get_by_role("status")).to_contain_text("Protocol changed")
        is_sound(page)
    course = Patient.objects.get(ref=scene["ref"]).courses.get()
    assert course.protocol == "taper-ladder"


def test_the_whole_decision_can_be_made_with_the_keyboard(scene, visitor):
    with visitor(width=1280) as page:
        sign_in(page, cast.okafor())
        page.goto(PAGES["patient"].format(**scene))
        page.get_by_role("radio", name="Continue").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("04012026")
        page.get_by_label("Reason").focus()
        page.keyboard.type("Better, not yet well.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Decision recorded")
    assert Decision.objects.get().option == "continue"
