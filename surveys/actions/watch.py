"""What only the operator can mend, read from the ledger: for `check`, the banner and a mail."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from surveys.actions.doubt import undecided
from surveys.actions.lease import LEASE
from surveys.actions.mail import MIXED_UP, UNFIT, hand_over
from surveys.in_use import protocols_in_use
from surveys.models import ClockWatch, Course, MailEvent, MailLine, Message, Patient, Staff

# Half of all mails are spoken of within a minute; a day of silence about one is a fault.
SILENT_AFTER = timedelta(hours=24)
FORGOTTEN_AFTER = timedelta(days=8)
MANY_TRIES, TRIED_FOR = 6, timedelta(hours=1)
UNREAD_FOR = timedelta(hours=1)
FOLLOWED = ("active", "on_hold")
PLAN_LEFT = timedelta(days=14)  # upkeep plans on when thirty are left
STUCK_AFTER = 5 * LEASE  # upkeep comes every five minutes


@dataclass(frozen=True)
class Alarm:
    """`what` may stand in a mail: neutral words, no names. `so` says what to do, and may name
    staff: only pages for staff and `check` show it."""

    code: str
    what: str
    so: str


def alarms(*, now: datetime) -> list[Alarm]:
    """Everything that is wrong now; empty when mail flows and is spoken of."""
    of_mail = (
        *_line(now),
        *_bounces(now),
        *_silence(now),
        *_doubts(now),
        *_stuck(now),
        *_unfit(now),
        *_tried_in_vain(now),
        *_staff_not_reached(now),
    )
    astray = list(_clock())
    not_planned = () if astray else _not_planned(now)
    return [*astray, *of_mail, *_unread(), *not_planned]


def _clock() -> Iterator[Alarm]:
    row = ClockWatch.objects.exclude(wrong_since=None).filter(pk=1).first()
    if row:
        yield Alarm(
            "clock",
            f"The clock jumped by {row.jump_seconds / 3600:+.1f} hours. Invitations and closing"
            " wait; alerts go on.",
            "Set the clock right and it goes on by itself. Where the clock is right as it stands,"
            " type: afterglow clock --trust",
        )


def _line(now: datetime) -> Iterator[Alarm]:
    row = MailLine.objects.exclude(closed_until=None).filter(pk=1).first()
    if row and row.closed_since:
        since = f"{row.closed_since:%Y-%m-%d %H:%M} UTC"
        yield Alarm(
            "line",
            f"No mail leaves since {since}: {row.why}.",
            "Look at the key or password of the mail transport, and at its sender. One letter"
            " tries it every five minutes; the rest wait and none is lost.",
        )


def last_heard() -> datetime | None:
    """When the provider last told us anything."""
    newest: datetime | None = MailEvent.objects.aggregate(at=Max("received_at"))["at"]
    return newest


def _bounces(now: datetime) -> Iterator[Alarm]:
    row = MailLine.objects.filter(bounces_unread_since__lte=now - UNREAD_FOR).first()
    if row and row.bounces_unread_since:
        since = f"{row.bounces_unread_since:%Y-%m-%d %H:%M} UTC"
        yield Alarm(
            "bounces",
            f"The mailbox for returned mail could not be read since {since}.",
            "Look at AFTERGLOW_BOUNCE_IMAP_HOST, _USER and _PASSWORD; `afterglow check` says what"
            " the server answered. Nothing is lost: it is read once it opens.",
        )


def silent(*, now: datetime) -> int:
    """Mails that SendGrid took and, a day later, has still said nothing of."""
    if settings.MAIL != "sendgrid" or not settings.SENDGRID_WEBHOOK_KEY:
        return 0
    taken = Message.objects.filter(transport="sendgrid", state="accepted", heard=None)
    late = taken.filter(handed_at__lte=now - SILENT_AFTER, handed_at__gt=now - FORGOTTEN_AFTER)
    return late.count()


def _silence(now: datetime) -> Iterator[Alarm]:
    if count := silent(now=now):
        last = last_heard()
        since = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "ever"
        yield Alarm(
            "silence",
            f"The provider has said nothing of {count} mails it took over a day ago; heard nothing"
            f" {since}.",
            "Look at SendGrid's event webhook: its address, and AFTERGLOW_SENDGRID_WEBHOOK_KEY.",
        )


def _doubts(now: datetime) -> Iterator[Alarm]:
    if count := undecided(now=now).count():
        yield Alarm(
            "doubt",
            f"{count} mails may or may not have left, for longer than"
            f" {settings.DOUBT_HOURS} hours.",
            "The front desk decides for each on the contact page: send again, or leave it.",
        )


def _stuck(now: datetime) -> Iterator[Alarm]:
    old = Message.objects.filter(state="sending", lease_until__lte=now - STUCK_AFTER).count()
    if old:
        yield Alarm(
            "stuck",
            f"{old} mails were being handed over when the sender stopped, and nothing freed them.",
            "See that the flows run: `afterglow up`, or `afterglow upkeep` by hand.",
        )


def _unfit(now: datetime) -> Iterator[Alarm]:
    failed = Message.objects.filter(state="failed", patient__isnull=False)
    lately = failed.filter(state_at__gt=now - FORGOTTEN_AFTER)
    for code, error, what, so in HELD_BACK:
        if count := lately.filter(error=error).count():
            yield Alarm(code, f"{count} mails {what}, and were not sent.", so)


HELD_BACK = (
    ("unfit", UNFIT, "named somebody",
     "Look at the clinic's name and address in the settings; the front desk telephones."),
    ("mixed up", MIXED_UP, "did not match their patient",
     "This must never happen: type `afterglow verify`, and report it with what it says."),
)  # fmt: skip


def _tried_in_vain(now: datetime) -> Iterator[Alarm]:
    tried = Message.objects.filter(state="retry", attempts__gte=MANY_TRIES)
    tried = tried.filter(queued_at__lte=now - TRIED_FOR)
    if count := tried.count():
        why = tried.order_by("-state_at").values_list("error", flat=True).first()
        yield Alarm(
            "retry",
            f"{count} mails have been tried for an hour and more: {why}.",
            "Look at the address of the mail server or provider, and at the firewall. They are"
            " tried again every hour, and none is lost.",
        )


def _staff_not_reached(now: datetime) -> Iterator[Alarm]:
    """Staff whose newest mail came back: an alert to them may be read by nobody."""
    mails = Message.objects.filter(staff__is_active=True, state_at__gt=now - FORGOTTEN_AFTER)
    told = mails.filter(state__in=["delivered", *CAME_BACK]).select_related("staff")
    newest = {one.staff: one for one in told.order_by("queued_at", "pk")}
    lost = sorted(str(who) for who, one in newest.items() if _came_back(who, one))
    if lost:
        yield Alarm(
            "staff",
            f"Mail to {len(lost)} of the staff comes back.",
            f"It concerns {', '.join(lost)}. Put somebody else on call until it is mended; ask the"
            " mail provider to take the address off its suppression list, or give them an account"
            " with the right address: afterglow staff --help",
        )


CAME_BACK = ("bounced", "dropped", "failed")


def _came_back(who: Staff, newest: Message) -> bool:
    """A corrected address has had no mail come back yet."""
    return newest.state in CAME_BACK and newest.to_address == who.email


def _unread() -> Iterator[Alarm]:
    """A lead reads about everybody; without one, whose clinician has left is read about by none."""
    here = Staff.objects.filter(is_active=True)
    orphans = Patient.objects.filter(status__in=FOLLOWED, clinician__is_active=False)
    if not here.filter(role="lead").exists() and (count := orphans.count()):
        yield Alarm(
            "unread",
            f"{count} people are followed by nobody who still works here.",
            "Type: afterglow staff leave EMAIL --successor EMAIL, with the address of whoever"
            " left. Their weekly pages and alerts go to the successor.",
        )


def _not_planned(now: datetime) -> Iterator[Alarm]:
    """Courses that upkeep cannot plan on: their protocol's file is gone, or something else."""
    courses = Course.objects.filter(ended_at=None, patient__status__in=FOLLOWED)
    lost = courses.exclude(protocol__in=protocols_in_use())
    if names := sorted(set(lost.values_list("protocol", flat=True))):
        yield Alarm(
            "protocol",
            f"The plans of {lost.count()} people cannot go on: a file of the schedule is missing.",
            "Put back into protocols/, in the folder that AFTERGLOW_INSTRUMENTS names, the file"
            f" of: {', '.join(names)}. What is open stays open, without reminders.",
        )
    behind = courses.filter(planned_until__lt=now + PLAN_LEFT)
    if count := behind.exclude(pk__in=lost).count():
        yield Alarm(
            "plan",
            f"The plans of {count} people were not carried on and end within two weeks.",
            "Type `afterglow upkeep`: what it fails at stands in its log, by the number of the"
            " course and the kind of error. Report that.",
        )


def tell_operator(*, by: str, now: datetime) -> Counter[str]:
    """One mail a day and alarm to AFTERGLOW_OPERATOR_EMAIL; what waits is handed over."""
    if settings.OPERATOR_EMAIL:
        for alarm in alarms(now=now):
            _queue(alarm, now)
    waiting = Message.objects.filter(kind="operator", state__in=["queued", "retry"])
    ids = list(waiting.values_list("pk", flat=True))
    return Counter(hand_over(pk, by=by, now=now) for pk in ids)


def _queue(alarm: Alarm, now: datetime) -> None:
    Message.objects.get_or_create(
        key=f"operator:{alarm.code}:{now:%Y-%m-%d}",
        defaults={
            "kind": "operator",
            "to_address": settings.OPERATOR_EMAIL,
            "counts": {"what": alarm.what},
            "state_at": now,
            "queued_at": now,
        },
    )
