"""One line for all mail: closed while a key is refused or the provider asks for patience."""

import pytest

from flows.check import mail_and_clock
from reports.clinic.to_reach import HERE_INSTEAD, WHY_NOT_SENT, to_reach
from reports.freshness import counted
from reports.queries import course_facts
from surveys.actions import mail
from surveys.actions.collect import submit_here
from surveys.actions.line import LONGEST_PAUSE, close_line, may_leave
from surveys.actions.schedule import open_due
from surveys.actions.send import due_invitations, invite
from surveys.actions.watch import alarms, tell_operator
from surveys.mail.lint import telling_words
from surveys.mail.transports import to_sendgrid, to_smtp
from surveys.models import Event, Message, Occurrence, Patient
from tests import cast
from tests.cast import DAY, HOUR, MINUTE, START
from tests.clinic.conftest import browser_of
from tests.mail.sinks import sendgrid_fake, smtp_sink

pytestmark = pytest.mark.django_db

NOW = START + HOUR


@pytest.fixture
def provider(monkeypatch):
    """A SendGrid on loopback that every mail goes to."""
    with sendgrid_fake() as (fake, host):
        monkeypatch.setattr(mail, "_transport", lambda: to_sendgrid("SG.k", host=host, timeout=30))
        yield fake


def patients(count: int) -> None:
    for n in range(count):
        cast.due(cast.ana(code=f"C-{n}", email=f"p{n}@mail.example"), "baseline", now=START)


def one_pass(now) -> list[str]:
    return [invite(pk, by="flow", now=now) for pk in due_invitations(now=now)]


@pytest.mark.parametrize("refusal", [401, 403])
def test_a_refused_key_lets_one_request_in_five_minutes_try_again(provider, refusal):
    patients(8)
    provider.answers = [refusal] * 1000
    for minute in range(30):
        one_pass(NOW + minute * MINUTE)
    assert len(provider.requests) == 6
    assert set(Message.objects.values_list("state", flat=True)) == {"queued", "retry"}


def test_one_address_our_server_may_not_send_to_keeps_nobody_else_waiting(monkeypatch):
    """At first it may be the whole line; once others' letters pass it is that letter alone."""
    patients(4)
    with smtp_sink() as (sink, port):
        sink.refuse["p3@mail.example"] = "554 no"
        out = to_smtp("127.0.0.1", port, user="", password="", starttls=False, timeout=30)
        monkeypatch.setattr(mail, "_transport", lambda: out)
        left, alarming = [], []
        for minute in (0, 5, 10, 65, 125, 185, 245, 305):
            one_pass(NOW + minute * MINUTE)
            left.append(len(sink.letters))
            alarming.append([one.code for one in alarms(now=NOW + minute * MINUTE)])
    assert left == [0, 3, 3, 3, 3, 3, 3, 3]
    assert alarming == [["line"], [], [], [], [], [], [], ["retry"]]
    (waiting,) = Message.objects.exclude(state="accepted")
    assert (waiting.state, waiting.to_address) == ("retry", "p3@mail.example")
    assert waiting.attempts == 6, "tried once an hour"
    assert may_leave(NOW + 305 * MINUTE)


def test_once_the_key_is_right_again_everybody_is_mailed_once(provider):
    patients(5)
    provider.answers = [401] * 3
    for minute in range(120):
        one_pass(NOW + minute * MINUTE)
    assert sorted(provider.taken()) == sorted(
        map(str, Message.objects.values_list("ref", flat=True))
    )
    assert set(Message.objects.values_list("state", flat=True)) == {"accepted"}
    assert alarms(now=NOW + 2 * HOUR) == []


def test_a_refused_key_alarms_the_operator_and_stands_on_every_page(provider, settings):
    settings.OPERATOR_EMAIL = "operator@office.example"
    patients(1)
    provider.answers = [401]
    one_pass(NOW)
    (alarm,) = alarms(now=NOW)
    assert alarm.what == "No mail leaves since 2026-03-02 17:00 UTC: HTTP 401: key refused."
    assert alarm.what in browser_of(cast.ruiz()).get("/front-desk/").content.decode()
    assert tell_operator(by="flow", now=NOW + MINUTE) == {"queued": 1}
    assert tell_operator(by="flow", now=NOW + 6 * MINUTE) == {"accepted": 1}
    assert tell_operator(by="flow", now=NOW + 7 * MINUTE) == {}


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(90, 90), (1, 1), (-50, 1), (3 * 3600, 3600), (None, 60)],
    ids=["90 s", "1 s", "in the past", "longer than an hour", "unsaid: our own minute"],
)
def test_too_fast_waits_as_long_as_the_provider_asks(provider, asked, waits):
    patients(1)
    reset = {} if asked is None else {"X-RateLimit-Reset": str(int(NOW.timestamp()) + asked)}
    provider.answers = [(429, reset)]
    one_pass(NOW)
    (message,) = Message.objects.all()
    assert (message.retry_at - NOW).total_seconds() == waits


def test_too_fast_keeps_everybody_waiting(provider):
    patients(10)
    provider.answers = [(429, {"X-RateLimit-Reset": str(int((NOW + 3 * MINUTE).timestamp()))})]
    one_pass(NOW)
    one_pass(NOW + 2 * MINUTE)
    assert len(provider.requests) == 1
    one_pass(NOW + 3 * MINUTE)
    assert len(provider.taken()) == 10


@pytest.mark.parametrize(("refusal", "state"), [(400, "failed"), (413, "failed")])
def test_what_is_wrong_with_one_letter_is_final_for_it_and_stops_no_other(provider, refusal, state):
    patients(3)
    provider.answers = [refusal]
    one_pass(NOW)
    assert sorted(Message.objects.values_list("state", flat=True)) == [
        "accepted",
        "accepted",
        state,
    ]


def test_a_broken_provider_is_tried_until_the_window_closes_and_nothing_is_lost(provider):
    patients(1)
    provider.answers = [503] * 12
    for minute in range(0, 12 * 60, 5):
        one_pass(NOW + minute * MINUTE)
    assert Message.objects.get().state == "accepted"
    assert len(provider.taken()) == 1


def test_a_closed_line_and_its_opening_are_in_the_chain(provider):
    patients(1)
    provider.answers = [401, 401]
    for minute in range(20):
        one_pass(NOW + minute * MINUTE)
    verbs = [verb for verb in Event.objects.values_list("verb", flat=True) if "line" in verb]
    assert verbs == ["mail line closed", "mail line opened"]


def test_a_pause_written_by_a_clock_that_was_a_year_ahead_is_no_pause():
    close_line("HTTP 401", NOW + 365 * DAY, by="flow", now=NOW + 365 * DAY)
    assert may_leave(NOW)
    close_line("HTTP 429", NOW + LONGEST_PAUSE, by="flow", now=NOW)
    assert not may_leave(NOW)


def test_a_mail_to_the_operator_says_nothing_telling(provider, settings):
    settings.OPERATOR_EMAIL = "operator@office.example"
    settings.DOUBT_HOURS = 1
    patients(1)
    provider.answers = ["reset"]
    one_pass(NOW)
    assert tell_operator(by="flow", now=NOW + 2 * HOUR) == {"accepted": 1}
    request = provider.requests[-1]
    assert request["personalizations"][0]["to"] == [{"email": "operator@office.example"}]
    assert "1 mails may or may not have left" in request["content"][0]["value"]


@pytest.mark.parametrize(
    ("survey", "letter"),
    [
        ("due", "queued"),
        ("sent", "queued"),
        ("planned", "queued"),  # moved: its letter leaves with it
        ("superseded", "queued"),  # withdrawn: may yet come back
        ("answered", "cancelled"),
        ("skipped", "cancelled"),
        ("expired", "cancelled"),
        ("unreachable", "cancelled"),
    ],
)
def test_a_letter_waits_as_long_as_its_survey_may_need_it(provider, survey, letter):
    patients(1)
    provider.answers = [401]
    one_pass(NOW)
    Message.objects.update(state="queued")
    Occurrence.objects.filter(messages__isnull=False).update(state=survey)
    assert mail.sweep_idle(now=NOW + HOUR) == (letter == "cancelled")
    assert Message.objects.get().state == letter


@pytest.mark.parametrize("survey", ["due", "planned", "superseded", "cancelled"])
def test_no_letter_waits_beyond_the_window_of_its_survey(provider, survey):
    patients(1)
    provider.answers = [401]
    one_pass(NOW)
    Message.objects.update(state="retry")
    row = Occurrence.objects.filter(messages__isnull=False)
    row.update(state=survey)
    closes = row.get().closes_at
    assert [mail.sweep_idle(now=at) for at in (closes - MINUTE, closes)] == [0, 1]
    assert Message.objects.get().state == "cancelled"


def test_while_the_line_is_closed_patients_mail_waits_and_check_and_banner_say_so(provider):
    patients(2)
    provider.answers = [401] * 100
    one_pass(NOW)
    one_pass(NOW + MINUTE)
    assert set(Message.objects.values_list("state", flat=True)) <= {"queued", "retry"}
    told = "No mail leaves since 2026-03-02 17:00 UTC: HTTP 401: key refused."
    assert told in {one.what for one in mail_and_clock() if one.fix}
    assert told in browser_of(cast.ruiz()).get("/front-desk/").content.decode()


def test_a_letter_that_names_somebody_is_over_and_operator_and_desk_are_told(provider, settings):
    patients(1)
    settings.CLINIC_PHONE = "+1 303 555 0100, ask for Reyes"
    assert one_pass(NOW) == ["failed"]
    assert one_pass(NOW + MINUTE) == []
    assert provider.requests == []
    assert Occurrence.objects.get(messages__isnull=False).reason == "mail refused"
    assert [alarm.code for alarm in alarms(now=NOW)] == ["unfit"]
    assert called(NOW) == [(WHY_NOT_SENT[mail.UNFIT], HERE_INSTEAD)]
    page = browser_of(cast.ruiz()).get("/front-desk/").content.decode()
    assert "would have told too much" in page


def called(now) -> list[tuple[str, str]]:
    return [(call.why, call.next_step) for call in to_reach(Patient.objects.all(), now)]


@pytest.mark.parametrize("answer", [400, 413])
def test_a_letter_the_provider_refuses_for_good_is_counted_and_on_the_desks_list(provider, answer):
    patients(1)
    provider.answers = [answer]
    assert one_pass(NOW) == ["failed"]
    row = Occurrence.objects.get(messages__isnull=False)
    assert (row.state, row.reason) == ("skipped", "mail refused")
    assert called(NOW) == [("The mail provider refused a mail to them", HERE_INSTEAD)]
    facts = course_facts(row.course, as_of=NOW, known_at=NOW, number=1)
    assert counted(facts) == {"skipped": 1}, "and in the report's denominator"


@pytest.mark.parametrize("ends", ["answered", "mailed"])
def test_the_desks_row_goes_once_the_form_is_filled_in_or_another_mail_left(provider, ends):
    patients(1)
    provider.answers = [400]
    one_pass(NOW)
    row = Occurrence.objects.get(messages__isnull=False)
    if ends == "answered":
        submit_here(row, {"phq9": cast.phq9(*[0] * 9)}, mode="phone", by="desk", now=NOW + HOUR)
    else:
        cast.treated(row.course, NOW)
        open_due(now=NOW + 25 * HOUR)
        assert "accepted" in one_pass(NOW + 25 * HOUR)
    assert called(NOW + 26 * HOUR) == []


@pytest.mark.parametrize(
    ("newest", "alarming"),
    [
        (("bounced",), ["staff"]),
        (("dropped",), ["staff"]),
        (("failed",), ["staff"]),
        (("delivered",), []),
        (("accepted",), []),
        (("bounced", "delivered"), []),
        (("delivered", "dropped"), ["staff"]),
        (("dropped", "accepted"), ["staff"]),
    ],
)
def test_mail_to_staff_that_comes_back_alarms_by_name_on_the_page_and_without_in_the_mail(
    newest, alarming
):
    who = cast.okafor()
    for n, state in enumerate(newest):
        at = NOW + n * MINUTE
        Message.objects.create(
            key=f"alert:{n}", kind="alert", staff=who, to_address=who.email, state=state,
            queued_at=at, handed_at=at, state_at=at,
        )  # fmt: skip
    found = alarms(now=NOW + HOUR)
    assert [one.code for one in found] == alarming
    for one in found:
        assert who.name in one.so
        assert who.name not in one.what
        assert telling_words(one.what) == []
    who.email = "new@alderstreet.example"
    who.save()
    assert alarms(now=NOW + HOUR) == [], "a corrected address is another"
