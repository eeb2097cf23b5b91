"""This week: a fixed order of reasons, each with its rule; silence counted; nobody called well."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from reports.clinic.caseload import in_order
from reports.clinic.pulse import pulse
from surveys.actions import send
from surveys.actions.answer import record_old_response, submit
from surveys.actions.enrol import set_status
from surveys.actions.schedule import close_windows, open_due
from surveys.models import Course, Message, Occurrence
from tests import cast

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
# Six sessions in three weeks from 9 March, then every four weeks; scores by week since enrolment.
INDUCTION = [7, 10, 14, 17, 21, 24]
AGAIN = [52, 80, 108, 136]
NOW = cast.START + timedelta(days=150)
SETTLED = [18, 18, 15, 11, 9, 7, 7, 6, 7, 7, 6, 7, 7, 6, 7, 7, 6, 7, 7]


def course(code: str, scores: list[int], *, item9: int = 0, silent_weeks: int = 0) -> Course:
    """A course with these weekly scores, the last one two days before NOW or before the silence."""
    made = cast.ana(code=code, given_name=code, email=f"{code}@mail.example".lower())
    starts = NOW - WEEK * (len(scores) + silent_weeks)
    for days in [*INDUCTION, *AGAIN]:
        if starts + timedelta(days=days) < NOW:
            cast.treated(made, starts + timedelta(days=days), route="IV")
    for number, total in enumerate(scores):
        at = starts + WEEK * number + timedelta(days=5)
        nine = item9 if number == len(scores) - 1 else 0
        form = cast.phq9(*items(total - nine), nine)
        record_old_response(made, "phq9", form, None, answered_at=at, by="import", now=at)
    return made


def items(total: int) -> list[int]:
    """Eight answers that come to `total`."""
    full, rest = divmod(total, 3)
    return [*[3] * full, *([rest] if rest else []), *[0] * 8][:8]


@pytest.fixture
def week(enter, clock):
    def show() -> str:
        clock(NOW)
        return enter(cast.okafor()).get("/week/").content.decode()

    return show


def table(page: str) -> list[tuple[str, str]]:
    """The rows under "Worth a look": who, and which kind of reason."""
    part = page.split("<h2>Worth a look</h2>")[1].split("<h2>Decisions due</h2>")[0]
    codes = re.findall(r'class="id"[^>]*>([^<]+)<', part)
    return list(zip(codes, re.findall(r'class="kind">([^<]+)<', part), strict=True))


def test_the_order_is_by_kind_of_reason_and_then_by_number(week):
    course("A-7", [18, *[16] * 18])
    course("A-6", SETTLED[:12], silent_weeks=5)
    course("A-5", [18, 17])
    harmed = course("A-4", SETTLED)
    detached = {"detached": 3}
    record_old_response(
        harmed, "after_session", detached, None, answered_at=NOW - cast.DAY, by="import", now=NOW
    )
    course("A-3", [*SETTLED[:-1], 15])
    course("A-2", [*SETTLED[:-2], 15, 15])
    course("A-1", SETTLED, item9=1)
    course("A-0", SETTLED, item9=1)
    assert table(week()) == [
        ("A-0", "open alert"),
        ("A-1", "open alert"),
        ("A-2", "confirmed change"),
        ("A-3", "single flag"),
        ("A-4", "harm"),
        ("A-5", "early course"),
        ("A-7", "no response"),
        ("A-6", "silence"),
    ]


class Place:
    """What the order looks at, and nothing else."""

    def __init__(self, place: int, code: str) -> None:
        self.page = type("Page", (), {"attention": type("At", (), {"place": place})})
        self.patient = type("Who", (), {"code": code})
        self.code = code


def test_within_a_kind_the_order_says_nothing_but_the_number():
    rows = [Place(1, "A-9"), Place(0, "A-3"), Place(1, "A-1"), Place(6, "A-0")]
    assert [row.code for row in in_order(rows)] == ["A-3", "A-1", "A-9", "A-0"]


def test_the_page_says_that_it_does_not_rank_and_that_silence_is_not_health(week):
    course("G-1", SETTLED)
    page = week()
    assert "Not a ranking of risk" in page
    assert "No rule fired: this does not mean well." in page
    assert "no risk" not in page.lower()


def test_each_reason_names_its_rule(week):
    course("C-1", [*SETTLED[:-2], 15, 15])
    course("B-1", SETTLED, item9=1)
    part = week().split("<h2>Worth a look</h2>")[1]
    rules = re.findall(r'class="why">.*?class="rule">([^<]*)<', part, re.DOTALL)[:2]
    assert rules[0] == "S1†"
    assert {"L1†", "T2†"} & set(rules[1].split())


def test_only_the_clinicians_own_patients_are_listed_and_a_lead_sees_all(week, enter):
    course("A-1", SETTLED)
    cast.ben()
    assert "A-002" not in week()
    lead = enter(cast.lead()).get("/week/").content.decode()
    assert "A-002" in lead
    assert "A-1" in lead


@pytest.mark.parametrize(
    ("status", "listed"),
    [("active", True), ("on_hold", True), ("discharged", False), ("deceased", False)],
)
def test_who_has_left_is_not_followed(week, status, listed):
    made = course("A-1", SETTLED)
    set_status(made.patient, status, by="desk", now=NOW)
    assert ("A-1</a>" in week()) is listed


def test_the_first_day_with_nothing_to_show_is_shown(enter):
    cast.ana()
    page = enter(cast.okafor()).get("/week/").content.decode()
    assert ("A-001", "early course") in table(page)
    assert "none yet" in page


def test_an_open_alert_can_be_acknowledged_from_here(week, enter):
    course("B-1", SETTLED, item9=1)
    action = re.search(r'action="(/alerts/\d+/acknowledge/)"', week())[1]
    assert enter(cast.okafor()).post(action).status_code == 302
    assert "Outcome not recorded." in week()


def test_nobody_on_call_is_said_on_every_page(enter, clock):
    staff = cast.okafor()
    staff.on_call = False
    staff.save()
    assert "Nobody is on call." in enter(staff).get("/week/").content.decode()


# --- how fresh the page is


@pytest.fixture
def asked() -> Occurrence:
    """Ana's first form, sent."""
    first = cast.due(cast.ana(), "baseline", now=cast.START)
    send.invite(first.pk, by="flow", now=cast.START)
    first.refresh_from_db()
    return first


def test_forms_of_the_last_seven_days_are_counted_by_what_became_of_them(asked):
    patients = [asked.course.patient]
    assert pulse(patients, cast.START).due == (("still open", 1),)
    answers = {"phq9": cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 0)}
    submit(asked, answers, mode="web", by="patient", now=cast.START + cast.HOUR)
    now = cast.START + 2 * cast.HOUR
    assert pulse(patients, now).due == (("answered", 1),)
    assert pulse(patients, now).answered_percent == 100
    assert pulse(patients, now).newest_answer == cast.START + cast.HOUR


def test_a_form_leaves_the_count_after_seven_days(asked):
    patients = [asked.course.patient]
    edge = asked.due_at + WEEK
    assert pulse(patients, edge - cast.MINUTE).due_total == 1
    assert pulse(patients, edge).due_total == 0


def test_nothing_closed_yet_has_no_percentage(asked):
    assert pulse([asked.course.patient], cast.START).answered_percent is None


def test_mail_is_the_last_accepted_and_what_waits_or_is_in_doubt(asked):
    told = pulse([asked.course.patient], cast.START)
    assert (told.last_accepted, told.waiting, told.in_doubt) == (cast.START, 0, 0)
    Message.objects.update(state="in_doubt")
    assert pulse([asked.course.patient], cast.START).in_doubt == 1


def test_a_bounce_is_counted_for_those_patients_only(asked):
    Message.objects.update(state="bounced", state_at=cast.START)
    assert pulse([asked.course.patient], cast.START + cast.HOUR).bounced == 1
    assert pulse([cast.ben().patient], cast.START + cast.HOUR).bounced == 0


def test_a_closed_window_is_no_answer_not_a_zero(asked):
    now = asked.closes_at
    open_due(now=now)
    close_windows(by="flow", now=now)
    old = Occurrence.objects.filter(pk=asked.pk)
    old.update(due_at=now - WEEK + cast.HOUR)
    told = pulse([asked.course.patient], now)
    assert dict(told.due)["no answer"] == 1
    assert told.answered_percent == 0


def test_a_client_without_sign_in_sees_none_of_it():
    assert Client().get("/week/").status_code == 302
