"""What the provider says of our mail: believed when signed, counted once, drawn to its meaning."""

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.clinic.to_reach import to_reach
from surveys.actions import enrol, leave
from surveys.actions.hear import hear
from surveys.actions.send import invite
from surveys.mail.heard import Heard, read_batch
from surveys.models import Alert, MailEvent, Message, Occurrence, Patient
from tests import cast, proof
from tests.cast import DAY, HOUR, MINUTE, START
from tests.doors import every_row
from tests.mail import provider
from tests.mail.provider import body_of, event, post, tell

pytestmark = pytest.mark.django_db

NOW = START + HOUR


@pytest.fixture(autouse=True)
def key(settings):
    settings.SENDGRID_WEBHOOK_KEY = provider.PUBLIC_KEY


@pytest.fixture
def sent() -> Message:
    """Ana's first invitation, which the provider has accepted."""
    occurrence = cast.due(cast.ana(), "baseline", now=START)
    assert invite(occurrence.pk, by="system", now=NOW) == "accepted"
    return Message.objects.get(occurrence=occurrence)


def fate(message: Message) -> tuple[str, str, str, str]:
    """Message, survey, why, and what keeps mail from the patient now."""
    message.refresh_from_db()
    row, patient = message.occurrence, message.patient
    row.refresh_from_db()
    patient.refresh_from_db()
    return message.state, row.state, row.reason, patient.mail_stop


@pytest.mark.parametrize(
    ("told", "message", "survey", "reason", "stop"),
    [
        (["processed"], "accepted", "sent", "", ""),
        (["deferred", "deferred"], "accepted", "sent", "", ""),
        (["processed", "delivered"], "delivered", "sent", "", ""),
        (["dropped"], "dropped", "unreachable", "dropped", "dropped"),
        (["bounce"], "bounced", "unreachable", "bounced", "bounced"),
        (["blocked"], "bounced", "unreachable", "blocked", "blocked"),
        (["deferred", "deferred", "bounce"], "bounced", "unreachable", "bounced", "bounced"),
        (["delivered", "bounce"], "bounced", "unreachable", "bounced", "bounced"),
        (["delivered", "spamreport"], "delivered", "sent", "", "complained"),
        (["delivered", "unsubscribe"], "delivered", "sent", "", "stopped"),
        (["group_unsubscribe"], "delivered", "sent", "", "stopped"),
        (["delivered", "open", "click"], "delivered", "sent", "", ""),
    ],
)
def test_what_the_provider_says_and_what_becomes_of_it(sent, told, message, survey, reason, stop):
    said = [event(sent.ref, kind, NOW + n * MINUTE) for n, kind in enumerate(told)]
    assert tell(*said) == 204
    assert fate(sent) == (message, survey, reason, stop)


def test_opens_and_clicks_are_never_stored(sent):
    tell(event(sent.ref, "open", NOW), event(sent.ref, "click", NOW, url="https://x.example"))
    assert MailEvent.objects.count() == 0


def test_nothing_but_kind_and_time_is_kept(sent):
    tell(event(sent.ref, "bounce", NOW, reason="550 ana@mail.example unknown", ip="192.0.2.1"))
    (row,) = MailEvent.objects.values()
    assert set(row) == {"id", "message_id", "kind", "at", "received_at"}


@pytest.mark.parametrize("kind", ["bounce", "blocked", "dropped", "spamreport", "unsubscribe"])
def test_whoever_mail_no_longer_reaches_is_on_the_front_desks_list(sent, kind):
    tell(event(sent.ref, kind, NOW))
    assert [call.patient.pk for call in to_reach(Patient.objects.all())] == [sent.patient_id]


def test_the_same_event_46_times_under_new_ids_counts_once(sent):
    for _ in range(46):
        tell(event(sent.ref, "delivered", NOW))
    assert MailEvent.objects.count() == 1
    assert fate(sent)[0] == "delivered"


def test_a_mail_in_doubt_that_the_provider_has_is_sent(sent):
    Message.objects.update(state="in_doubt")
    Occurrence.objects.filter(pk=sent.occurrence_id).update(state="due", sent_at=None)
    tell(event(sent.ref, "processed", NOW))
    assert fate(sent)[:2] == ("accepted", "sent")


@pytest.mark.parametrize("believed", ["queued", "retry", "failed", "not_accepted", "cancelled"])
def test_that_the_provider_has_a_mail_outweighs_what_we_believed(sent, believed):
    Message.objects.update(state=believed)
    tell(event(sent.ref, "delivered", NOW))
    assert fate(sent)[0] == "delivered"


def test_while_a_mail_is_being_handed_over_its_events_wait(sent):
    Message.objects.update(state="sending")
    tell(event(sent.ref, "delivered", NOW))
    assert fate(sent)[0] == "sending"
    assert MailEvent.objects.count() == 1


def test_a_dropped_alert_goes_to_somebody_else_at_once(sent):
    course = sent.occurrence.course
    alert = Alert.objects.create(
        patient=course.patient, level="urgent", concerns=[], raised_at=NOW,
        next_notice_at=NOW + DAY,
        response=course.responses.create(
            patient=course.patient, instrument="phq9", instrument_version=1, answered_at=NOW,
            recorded_at=NOW, entered_by="p", mode="web",
        ),
    )  # fmt: skip
    mail = Message.objects.create(
        key="alert", kind="alert", alert=alert, staff=cast.okafor(), state="accepted",
        to_address="okafor@alderstreet.example", state_at=NOW, queued_at=NOW,
    )  # fmt: skip
    hear([Heard(mail.ref, "dropped", NOW)], by="sendgrid", now=NOW + MINUTE)
    alert.refresh_from_db()
    assert alert.next_notice_at == NOW + MINUTE


def test_a_late_bounce_does_not_stop_an_address_corrected_since(sent):
    enrol.set_address(sent.patient, "ana.reyes@mail.example", by="front desk", now=NOW + DAY)
    tell(event(sent.ref, "bounce", NOW))
    assert fate(sent) == ("bounced", "unreachable", "bounced", "")


def test_an_old_bounce_does_not_undo_what_the_front_desk_settled_since(sent):
    tell(event(sent.ref, "bounce", NOW))
    sent.patient.refresh_from_db()
    leave.mail_again(sent.patient, by="front desk", now=NOW + DAY)
    tell(event(sent.ref, "bounce", NOW + MINUTE))
    assert fate(sent)[3] == ""
    tell(event(sent.ref, "bounce", NOW + 2 * DAY))
    assert fate(sent)[3] == "bounced"


def test_a_bounce_never_covers_up_that_somebody_else_reads_the_address(sent):
    leave.not_me(sent.occurrence, now=NOW)
    tell(event(sent.ref, "bounce", NOW))
    assert fate(sent)[3] == "not_me"


# --- who is believed


def test_a_month_late_event_in_a_fresh_post_is_believed(sent):
    assert tell(event(sent.ref, "delivered", NOW - 30 * DAY)) == 204
    assert fate(sent)[0] == "delivered"


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(days=3, minutes=1), 403),
        (timedelta(days=2, hours=23), 204),
        (timedelta(), 204),
        (timedelta(minutes=-9), 204),
        (timedelta(minutes=-11), 403),
    ],
)
def test_a_post_may_be_three_days_old_and_ten_minutes_ahead(sent, age, status):
    stamp = str(int((datetime.now(UTC) - age).timestamp()))
    assert post(body_of([event(sent.ref, "delivered", NOW)]), stamp=stamp).status_code == status


def forged(sent: Message) -> dict:
    good = body_of([event(sent.ref, "bounce", NOW)])
    other = json.dumps(json.loads(good), indent=1).encode()
    return {
        "signed by a stranger": lambda: post(good, key=provider.STRANGER),
        "one byte changed": lambda: post(good.replace(b"bounce", b"dropped"), signed=good),
        "written anew": lambda: post(other, signed=good),
        "no stamp": lambda: post(good, stamp=""),
        "stamp no number": lambda: post(good, stamp="now"),
        "stamp beyond time": lambda: post(good, stamp="9" * 30),
        "not utf-8": lambda: post(b"\xff\xfe" + good),
        "unsigned": lambda: Client().post(provider.DOOR, good, content_type="application/json"),
        "signature no base64": lambda: Client().post(
            provider.DOOR, good, content_type="application/json",
            headers={
                "X-Twilio-Email-Event-Webhook-Signature": "é!",
                "X-Twilio-Email-Event-Webhook-Timestamp": str(int(time.time())),
            },
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    "how",
    [
        "signed by a stranger", "one byte changed", "written anew", "no stamp", "stamp no number",
        "stamp beyond time", "not utf-8", "unsigned", "signature no base64",
    ],
)  # fmt: skip
def test_forged_or_unsigned_is_refused_and_writes_nothing(sent, how):
    before = every_row()
    assert forged(sent)[how]().status_code == 403
    assert every_row() == before


@pytest.mark.parametrize("body", [b"{}", b"null", b"[", b"[" * 100_000, b""])
def test_signed_but_no_list_of_events_is_refused(sent, body):
    assert post(body).status_code == 400
    assert MailEvent.objects.count() == 0


def test_unsigned_posts_are_slowed_and_signed_ones_from_the_same_address_never(sent):
    before, unsigned = every_row(), forged(sent)["unsigned"]
    assert [unsigned().status_code for _ in range(60)] == [403] * 60
    slowed = unsigned()
    assert slowed.status_code == 429
    assert 1 <= int(slowed["Retry-After"]) <= 60
    assert every_row() == before
    assert {tell(event(sent.ref, "delivered", NOW)) for _ in range(3)} == {204}
    assert fate(sent)[0] == "delivered"


def test_a_post_longer_than_a_megabyte_is_refused(sent):
    assert post(b"[" + b" " * 1024 * 1024 + b"]").status_code == 413
    assert post(b"[" + b" " * 1024 * 768 + b"]").status_code == 204


def test_without_a_key_there_is_no_such_page(sent, settings):
    settings.SENDGRID_WEBHOOK_KEY = ""
    assert tell(event(sent.ref, "bounce", NOW)) == 404


def test_looking_at_the_door_does_nothing(sent):
    assert Client().get(provider.DOOR).status_code == 405


BAD_ELEMENTS = [
    None, 7, "bounce", [], {}, {"event": "bounce"}, {"event": ["bounce"], "ref": 1},
    {"event": "bounce", "timestamp": "soon", "ref": "x"},
    {"event": "bounce", "timestamp": 1e400, "ref": "00000000-0000-4000-8000-000000000000"},
    {"event": "bounce", "timestamp": 1, "ref": None}, {"event": "new kind of event"},
    {"event": "bounce", "timestamp": 1_700_000_000, "ref": "00000000-0000-4000-8000-000000000000"},
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ELEMENTS)
def test_one_bad_element_drops_none_of_its_neighbours(sent, bad):
    good = [event(sent.ref, "processed", NOW), event(sent.ref, "delivered", NOW)]
    assert tell(good[0], bad, good[1]) == 204
    assert fate(sent)[0] == "delivered"
    assert MailEvent.objects.count() == 2


# --- whatever the order, the copies and the batches


def balance() -> dict:
    """All that events may change, without when it was heard."""
    return {
        "messages": list(Message.objects.order_by("pk").values_list("pk", "state")),
        "heard": sorted(MailEvent.objects.values_list("message", "kind", "at")),
        "surveys": list(Occurrence.objects.order_by("pk").values_list("pk", "state", "reason")),
        "patients": list(Patient.objects.order_by("pk").values_list("pk", "mail_stop")),
    }


class Undone(Exception):
    """Ends a transaction so that nothing of it stays."""


def by_the_door(*elements: object) -> None:
    assert tell(*elements) == 204


def behind_the_door(*elements: object) -> None:
    """The same without the signed post around it."""
    heard, _ = read_batch(body_of(elements))
    hear(heard, by="sendgrid", now=NOW)


def after(batches: list[list], comes: Callable[..., None] = behind_the_door) -> dict:
    """The balance once these batches have come in, one after the other; then all is undone."""
    found: dict = {}
    try:
        with transaction.atomic():
            for batch in batches:
                comes(*batch)
            found.update(balance())
            raise Undone
    except Undone:
        return found


KINDS = (
    "processed", "deferred", "delivered", "dropped", "blocked", "bounce", "spamreport",
    "unsubscribe", "open", "click",
)  # fmt: skip
HEARD = st.tuples(st.integers(0, 2), st.sampled_from(KINDS), st.integers(0, 2))


EVENTS = st.lists(HEARD, min_size=1, max_size=6, unique=True)
WAYS = 5


@st.composite
def arrivals(draw) -> tuple[list, list[list]]:
    """Some events, and ways in which they may arrive."""
    events = draw(EVENTS)
    return events, [arrival(draw, events) for _ in range(WAYS)]


def arrival(draw: Callable, events: list) -> list:
    """One way: copied, shuffled, split, one bad element among each batch."""
    copies = [one for one in events for _ in range(draw(st.integers(1, 4)))]
    shuffled = draw(st.permutations(copies))
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(shuffled) - 1)), max_size=4)))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    bad = [draw(st.none() | st.sampled_from(range(len(BAD_ELEMENTS)))) for _ in batches]
    return list(zip(batches, bad, strict=True))


@pytest.mark.proof
def test_order_copies_and_batches_never_change_the_outcome():
    """Three messages: one accepted, one in doubt, one to be tried again after a refusal."""
    refs, differences, tried = three_messages(), [], Counter()

    def elements(batch: tuple[list, int | None]) -> list:
        said = [event(refs[n], kind, NOW + minute * MINUTE) for n, kind, minute in batch[0]]
        return said if batch[1] is None else [*said, BAD_ELEMENTS[batch[1]]]

    @settings(
        max_examples=proof.share(15, 2_000), deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(arrivals())
    def whatever_the_way(case):
        events, ways = case
        once = after([elements((sorted(events), None))])
        for way, comes in zip(ways, (by_the_door, *[behind_the_door] * (WAYS - 1)), strict=True):
            tried[comes] += 1
            if after([elements(batch) for batch in way], comes) != once:
                differences.append(way)

    whatever_the_way()
    found = (
        f"{len(differences)} differences in {tried.total()}, {tried[by_the_door]} of them posted"
    )
    target = "10,000 arrivals, 0 differences"
    proof.record("T4", "webhook: order, copies, batches", target=target, found=found)
    assert not differences, differences[0]


def three_messages() -> list:
    refs = []
    for n, state in enumerate(["accepted", "in_doubt", "retry"]):
        course = cast.ana(code=f"A-{n}", email=f"p{n}@mail.example")
        occurrence = cast.due(course, "baseline", now=START)
        invite(occurrence.pk, by="system", now=NOW)
        message = Message.objects.get(occurrence=occurrence)
        if state != "accepted":
            Message.objects.filter(pk=message.pk).update(state=state)
            Occurrence.objects.filter(pk=occurrence.pk).update(state="due", sent_at=None)
        refs.append(message.ref)
    return refs
