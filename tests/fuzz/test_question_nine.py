"""Question 9 at one or more makes exactly one alert, by whatever way the form came, and nothing
that happens afterwards takes it away."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from flows import alert as escalator
from surveys.actions import alert as alerts
from surveys.actions import enrol, leave
from surveys.actions.answer import record_old_response, submit
from surveys.actions.draft import save_draft
from surveys.actions.schedule import close_windows, open_due
from surveys.actions.treat import record_session
from surveys.models import Alert, Course, Message, Occurrence, Response
from tests import cast, doors, proof
from tests.cast import DAY, HOUR, MINUTE, START, phq9

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

FORMS = proof.share(30, 10_000)
ANSWERS = [0, 1, 2, 3, None, "declined"]


def form(ninth) -> dict:
    return phq9(*[0] * 8, ninth, function=1)


def survey(course: Course) -> Occurrence:
    return course.occurrences.get(survey="baseline")


def by_mode(mode: str, *, after=HOUR) -> Callable:
    def store(course: Course, ninth) -> None:
        submit(survey(course), {"phq9": form(ninth)}, mode=mode, by="test", now=START + after)

    return store


def on_the_page(course: Course, ninth) -> None:
    row = survey(course)
    browser = doors.opened(doors.invited(row, Path(settings.MAIL_FOLDER), now=START))
    chosen = {f"phq9.{n}": str(v) for n, v in form(ninth).items() if v is not None}
    browser.post("/s/", {"form": str(row.ref), "pointed_out": "yes", **chosen})


def twice(course: Course, ninth) -> None:
    by_mode("web")(course, ninth)
    by_mode("web")(course, 0)


def after_the_window(course: Course, ninth) -> None:
    close_windows(by="test", now=START + 30 * DAY)
    by_mode("phone", after=30 * DAY)(course, ninth)


def on_hold(course: Course, ninth) -> None:
    enrol.set_status(course.patient, "on_hold", by="desk", now=START)
    by_mode("web")(course, ninth)


def mail_stopped(course: Course, ninth) -> None:
    leave.stop_mails(survey(course), now=START)
    by_mode("paper")(course, ninth)


def imported(course: Course, ninth, *, days: int = 1) -> None:
    at = START - days * DAY
    record_old_response(course, "phq9", form(ninth), None, answered_at=at, by="import", now=START)


def imported_twice(course: Course, ninth) -> None:
    imported(course, ninth)
    imported(course, ninth)


def long_ago(course: Course, ninth) -> None:
    imported(course, ninth, days=400)


def out_of_order(course: Course, ninth) -> None:
    by_mode("web")(course, 0)
    imported(course, ninth)


def nobody_on_call(course: Course, ninth) -> None:
    cast.okafor().__class__.objects.update(on_call=False)
    by_mode("web")(course, ninth)


PATHS = {
    "the page": on_the_page,
    "kiosk": by_mode("kiosk"),
    "phone": by_mode("phone"),
    "paper": by_mode("paper"),
    "late, within grace": by_mode("web", after=13 * DAY),
    "after the window closed": after_the_window,
    "pressed twice, second time 0": twice,
    "on hold": on_hold,
    "mail stopped": mail_stopped,
    "imported": imported,
    "imported twice": imported_twice,
    "imported, a year old": long_ago,
    "an older form after a newer one": out_of_order,
    "nobody on call": nobody_on_call,
}


@pytest.fixture
def course(settings, tmp_path, mailbox):
    settings.CLOCK_FILE = tmp_path / "clock"
    settings.CLOCK_FILE.write_text((START + HOUR).isoformat())
    found = cast.ana()
    open_due(now=START)
    return found


def wrong_alerts() -> list[int]:
    """Forms whose alerts are not exactly one where question 9 is positive, none elsewhere."""
    wrong = []
    for row in Response.objects.filter(instrument="phq9"):
        ninth = row.answers["9"]
        wanted = int(isinstance(ninth, int) and ninth >= 1)
        found = Alert.objects.filter(response=row).count()
        wrong += [row.pk] if found != wanted else []
    return wrong


# What may happen to an alert and its patient afterwards; none of it may take the alert away.


def acknowledged(course: Course) -> None:
    for one in Alert.objects.all():
        alerts.acknowledge(one.pk, staff=cast.okafor(), now=START + 2 * HOUR)
        alerts.close(one.pk, staff=cast.okafor(), outcome="called", now=START + 2 * HOUR)


def answered_again(course: Course) -> None:
    now = START + 20 * DAY
    record_old_response(course, "phq9", form(0), None, answered_at=now, by="import", now=now)


def discharged(course: Course) -> None:
    enrol.set_status(course.patient, "discharged", by="desk", now=START + DAY)


def said_not_me(course: Course) -> None:
    leave.not_me(survey(course), now=START + DAY)


def session_added(course: Course) -> None:
    record_session(course, at=START - DAY, by="desk", now=START + DAY)


def told(course: Course) -> None:
    for pk in alerts.due_alerts(now=START + 2 * HOUR):
        alerts.notify(pk, by="test", now=START + 2 * HOUR)


AFTERWARDS = [acknowledged, answered_again, discharged, said_not_me, session_added, told]


def judge(course: Course, path: str, ninth, then: list[Callable]) -> str:
    """What is wrong, or nothing. Taken back afterwards."""
    with transaction.atomic():
        PATHS[path](course, ninth)
        wrong = "alerts missing or too many" if wrong_alerts() else ""
        before = set(Alert.objects.values_list("pk", "response_id"))
        for happen in then:
            happen(course)
        if not before <= set(Alert.objects.values_list("pk", "response_id")) or wrong_alerts():
            wrong = "an alert was withdrawn"
        stored = Response.objects.filter(instrument="phq9").exists()
        transaction.set_rollback(True)
    course.patient.refresh_from_db()
    return wrong or ("" if stored else "nothing was stored")


def test_every_answer_by_every_path(course):
    tried = [(path, ninth) for path in PATHS for ninth in ANSWERS]
    wrong = [(path, ninth) for path, ninth in tried if judge(course, path, ninth, AFTERWARDS)]
    proof.record(
        "T11",
        "question 9, each answer by each path",
        target="exactly one alert where 1 or more, 0 withdrawn",
        found=f"{len(ANSWERS)} answers x {len(PATHS)} paths: {len(wrong)} wrong",
    )
    assert wrong == []


def draft_alerts(course: Course, ninth) -> list[tuple[int, int]]:
    """Alerts of the draft and of a response: before a quarter of an hour, after it, a minute later,
    once the form is sent, and a minute after that."""
    found = []

    def look(minutes: int) -> None:
        escalator.run_once(START + minutes * MINUTE)
        unsent = Alert.objects.filter(unsent=survey(course), level="standard")
        found.append((unsent.count(), Alert.objects.exclude(response=None).count()))

    with transaction.atomic():
        save_draft(survey(course), {"phq9": form(ninth)}, by="patient", now=START)
        look(14), look(15), look(16)
        by_mode("web")(course, ninth)
        look(60), look(61)
        transaction.set_rollback(True)
    return found


def test_a_draft_left_unsent_tells_once_and_the_form_sent_later_tells_once(course):
    wrong = []
    for ninth in ANSWERS:
        one = int(isinstance(ninth, int) and ninth >= 1)
        if draft_alerts(course, ninth) != [(0, 0), (one, 0), (one, 0), (one, one), (one, one)]:
            wrong.append(ninth)
    proof.record(
        "T11",
        "question 9 in a draft, left for 15 minutes, then sent",
        target="one lower alert for the draft, one for the form",
        found=f"{len(ANSWERS)} answers x 5 moments: {len(wrong)} wrong",
    )
    assert wrong == []


def test_question_nine_at_random(course):
    dice, wrong = random.Random(11), Counter()
    for _ in range(FORMS):
        then = dice.sample(AFTERWARDS, dice.randrange(len(AFTERWARDS) + 1))
        fault = judge(course, dice.choice([*PATHS]), dice.choice(ANSWERS), then)
        wrong.update([fault] if fault else [])
    proof.record(
        "T11",
        "question 9 at random, and what happens afterwards",
        target="10,000 forms: exactly one alert, 0 withdrawn",
        found=f"{FORMS}: {sum(wrong.values())} wrong",
    )
    assert not wrong


def test_the_judge_sees_a_missing_alert(course):
    by_mode("web")(course, 2)
    assert wrong_alerts() == []
    Message.objects.all().delete()
    Alert.objects.all().delete()
    assert len(wrong_alerts()) == 1
