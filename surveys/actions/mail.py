"""The mail ledger: queue, claim, hand over, record what is known.

A crash between claim and record leaves a `sending` row whose lease nobody renews; the sweep turns
it into `in_doubt`. Staff alerts are repeated whatever happened; an invitation in doubt is never
resent.
"""

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from surveys import events
from surveys.actions.held import held_message
from surveys.actions.lease import LEASE, is_over, kept_alive
from surveys.actions.line import LONGEST_PAUSE, close_line, line, may_leave, open_line, out_of_reach
from surveys.actions.moves import move_message
from surveys.actions.outcome import follow, settle, stop_mail
from surveys.actions.pause import waits_for
from surveys.actions.unreachable import why_not
from surveys.in_use import instruments_to_read
from surveys.mail import compose
from surveys.mail.letter import Letter
from surveys.mail.lint import TellingMail, refuse_naming
from surveys.mail.transports import Outcome, Transport, to_folder, to_sendgrid, to_smtp
from surveys.models import Alert, Message, Occurrence, Patient, Token
from surveys.tokens import digest, mint

LINK = re.compile(r"/s/([A-Za-z0-9_-]{43})")
DIGITS = re.compile(r"\d+")
LINK_GRACE = timedelta(hours=2)  # a form opened before the window closed may still be sent
# A survey is tried until its window closes and an alert until somebody acknowledges it; the
# weekly mail has no such end of its own.
MOST_WEEKLY_ATTEMPTS = 50
UNFIT = "the letter names somebody or what it is about"
MIXED_UP = "the letter does not match its patient"
# Surveys that never wait for a mail again.
ENDED = ("answered", "expired", "skipped", "unreachable")


class WrongAddress(RuntimeError):
    """Letter, link and patient do not belong together; nothing was handed over."""


def hand_over(message_id: int, *, by: str, now: datetime) -> str:
    """Claims one queued message, hands it to the transport, records the outcome; returns the state.

    Somebody else's message, or one that may no longer leave, is left alone or cancelled.
    """
    try:
        letter = _claim(message_id, now)
    except TellingMail:
        return _never_leaves(message_id, UNFIT, by=by, now=now)
    except WrongAddress:
        return _never_leaves(message_id, MIXED_UP, by=by, now=now)
    if letter is None:
        return Message.objects.get(pk=message_id).state
    with kept_alive(message_id, now=now):
        outcome = _transport()(letter)
    return _record(message_id, outcome, by=by, now=now)


@transaction.atomic
def _never_leaves(message_id: int, why: str, *, by: str, now: datetime) -> str:
    """A letter that is unfit to leave is so at every try: this one is over, and counted.

    Where it does not match its patient, whose survey it is nobody knows: that one is left alone.
    """
    message = held_message(message_id)
    if message.state in ("queued", "retry") and move_message(message, "sending", now=now):
        move_message(message, "failed", now=now, error=why)
        if why != MIXED_UP:
            follow(message, "failed", "", now=now)
        events.record("mail failed", f"message:{message.pk}", by=by, now=now, kind=message.kind)
    return message.state


@transaction.atomic
def _claim(message_id: int, now: datetime) -> Letter | None:
    message = held_message(message_id)
    if message.state not in ("queued", "retry") or not _is_time(message.retry_at, now):
        return None
    if message.patient_id and message.occurrence.state in ("planned", "superseded"):
        return None  # the survey was moved or withdrawn; its mail leaves when it is due again
    if message.patient_id and message.to_address != message.patient.email:
        return None  # corrected meanwhile; the next pass takes the new address
    if message.patient_id and _may_no_longer_leave(message, now):
        move_message(message, "cancelled", now=now)
        return None
    # asked when it was queued and again now that the patient is held: two passes may have queued
    if message.patient and waits_for(message.patient, hour=now, now=now):
        return None
    if not may_leave(now):
        return None
    claimed = move_message(
        message,
        "sending",
        now=now,
        handed_at=now,
        lease_until=now + LEASE,
        transport=settings.MAIL,
        attempts=message.attempts + 1,
    )
    if not claimed:
        return None
    return _patient_letter(message, now) if message.patient_id else _staff_letter(message)


def _is_time(retry_at: datetime | None, now: datetime) -> bool:
    """A pause longer than any we make was written by a clock that was wrong, and is over."""
    return retry_at is None or not now < retry_at <= now + LONGEST_PAUSE


def _may_no_longer_leave(message: Message, now: datetime) -> bool:
    patient, occurrence = message.occurrence.course.patient, message.occurrence
    return (
        why_not(patient) is not None
        or occurrence.state not in ("due", "sent")
        or now >= occurrence.closes_at
    )


def _office() -> compose.Office:
    return compose.Office(
        settings.CLINIC_NAME, settings.CLINIC_PHONE, settings.MAIL_FROM, settings.BASE_URL
    )


def _patient_letter(message: Message, now: datetime) -> Letter:
    occurrence = message.occurrence
    patient = occurrence.course.patient
    secret = mint()
    Token.objects.filter(message=message, revoked_at=None).update(revoked_at=now)
    token = Token.objects.create(
        message=message,
        occurrence=occurrence,
        digest=digest(secret),
        minted_at=now,
        expires_at=occurrence.closes_at + LINK_GRACE,
    )
    letter = compose.invitation(
        _office(),
        ref=str(message.ref),
        to=message.to_address,
        secret=secret,
        minutes=minutes_for(occurrence),
        closes_at=occurrence.closes_at,
        zone=patient.timezone,
        again=message.kind == "reminder",
        language=patient.language,
    )
    belong_together(letter, message, token, patient)
    names = (patient.given_name, patient.family_name, patient.code)
    # of the phone only its digits: "ask for Reyes" would name a patient of that name
    ours = (settings.CLINIC_NAME, settings.BASE_URL, *DIGITS.findall(settings.CLINIC_PHONE))
    refuse_naming(names, letter, said_anyway=" ".join(ours))
    return letter


def belong_together(letter: Letter, message: Message, token: Token, patient: Patient) -> None:
    """The last look before hand-over: one sorting error once sent 56,000 mails to wrong people."""
    same = (
        token.occurrence.course.patient_id == message.patient_id == patient.pk
        and letter.to == message.to_address == patient.email
        and token.message_id == message.pk
        and token.occurrence_id == message.occurrence_id
        and letter.ref == str(message.ref)
        and links_of(letter) == {token.digest}
    )
    if not same:
        raise WrongAddress(f"message {message.pk} does not match its patient")


def links_of(letter: Letter) -> set[str]:
    """The digest of every link secret in the letter, headers included."""
    everything = " ".join((letter.text, letter.html, *letter.headers.values()))
    return {digest(secret) for secret in LINK.findall(everything)}


def minutes_for(occurrence: Occurrence) -> int:
    """How long the survey takes, in whole minutes, from its instruments' own estimates."""
    asked = (instruments_to_read()[name] for name in occurrence.instruments)
    return max(1, sum(instrument.minutes or 1 for instrument in asked))


def _staff_letter(message: Message) -> Letter:
    ref, to = str(message.ref), message.to_address
    if message.kind == "operator":
        return compose.operator_notice(_office(), ref=ref, to=to, what=message.counts["what"])
    if message.alert:
        round_ = int(message.counts.get("round", 0))
        return compose.alert_notice(
            _office(), ref=ref, to=to, number=message.alert.number, round_=round_
        )
    return compose.weekly_notice(_office(), ref=ref, to=to, counts=message.counts)


@cache
def _transport() -> Transport:
    if settings.MAIL == "sendgrid":
        return to_sendgrid(
            settings.SENDGRID_KEY,
            host=settings.SENDGRID_HOST,
            timeout=settings.MAIL_TIMEOUT_SECONDS,
        )
    if settings.MAIL == "smtp":
        return to_smtp(
            settings.SMTP_HOST,
            settings.SMTP_PORT,
            user=settings.SMTP_USER,
            password=settings.SMTP_PASSWORD,
            starttls=settings.SMTP_STARTTLS,
            bounces_to=settings.BOUNCES_TO,
            timeout=settings.MAIL_TIMEOUT_SECONDS,
        )
    return to_folder(settings.MAIL_FOLDER)


# What each outcome makes of the message; what waits is tried again.
STATE_AFTER = {
    "accepted": "accepted", "address_refused": "bounced", "refused": "failed",
    "later": "retry", "out_of_reach": "retry", "stopped": "retry", "in_doubt": "in_doubt",
}  # fmt: skip


@transaction.atomic
def _record(message_id: int, outcome: Outcome, *, by: str, now: datetime) -> str:
    message = held_message(message_id)
    if message.state != "sending":
        return _too_late(message, outcome, by=by, now=now)
    state = STATE_AFTER[outcome.kind]
    if state == "retry" and message.kind == "weekly" and message.attempts >= MOST_WEEKLY_ATTEMPTS:
        state = "failed"
    fields: dict[str, Any] = {"error": outcome.detail[:300], "lease_until": None}
    fields |= _of_the_line(message, outcome, by=by, now=now)
    if state == "accepted":
        fields["accepted_at"] = now
    if not move_message(message, state, now=now, **fields):
        return message.state
    events.record(f"mail {state}", f"message:{message.pk}", by=by, now=now, kind=message.kind)
    if state == "bounced":
        stop_mail(message, [("bounced", now)], by=by, now=now)
    follow(message, state, state, now=now)
    return settle(message, by=by, now=now)


def _of_the_line(message: Message, outcome: Outcome, *, by: str, now: datetime) -> dict[str, Any]:
    """Closes or opens the line for all; when this message is tried again."""
    if outcome.kind == "stopped" and _others_pass(message, outcome):
        return {"retry_at": now + LONGEST_PAUSE}
    if outcome.kind == "stopped" or outcome.until:
        ends = close_line(outcome.detail[:60], outcome.until, by=by, now=now)
        return {"retry_at": ends, "attempts": message.attempts - 1}
    if outcome.kind == "out_of_reach":
        out_of_reach(now=now)
    if outcome.kind in ("later", "out_of_reach"):
        return {"retry_at": now + backoff(message.attempts)}
    if outcome.kind != "in_doubt":
        open_line(by=by, now=now)
    return {}


def _others_pass(message: Message, outcome: Outcome) -> bool:
    """Stopped again in the same words, though another letter has opened the line since: a server
    that may not send to one address says it as one that may not send at all."""
    is_open = line().closed_until is None
    return bool(message.patient_id and is_open and message.error == outcome.detail[:300] != "")


def _too_late(message: Message, outcome: Outcome, *, by: str, now: datetime) -> str:
    """The lease ran out while the provider took its time. That it took the mail is still news."""
    if message.state == "in_doubt" and outcome.kind == "accepted":
        move_message(message, "accepted", now=now, accepted_at=now, error="")
        follow(message, "accepted", "", now=now)
        events.record("mail accepted", f"message:{message.pk}", by=by, now=now, kind=message.kind)
    return message.state


def backoff(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, at most an hour."""
    return timedelta(minutes=min(60, 2 ** max(0, attempts - 1)))


def sweep_stuck(*, by: str, now: datetime) -> int:
    """Claims whose sender died: nobody knows whether the letter left. Returns how many.

    An alert whose notice it was is due again at once: told twice, never late.
    """
    stuck = Message.objects.filter(is_over(now), state="sending").values_list("pk", flat=True)
    return sum(_free(pk, by=by, now=now) for pk in list(stuck))


@transaction.atomic
def _free(message_id: int, *, by: str, now: datetime) -> bool:
    message = held_message(message_id)
    # asked again now that it is held: its sender may just have given a sign
    dead = Message.objects.filter(is_over(now), pk=message_id, state="sending").exists()
    freed = dead and move_message(
        message, "in_doubt", now=now, lease_until=None, error="sender stopped half-way"
    )
    if not freed:
        return False
    if message.alert_id:
        Alert.objects.filter(pk=message.alert_id, acknowledged_at=None).update(next_notice_at=now)
    events.record("mail in doubt", f"message:{message.pk}", by=by, now=now, kind=message.kind)
    settle(message, by=by, now=now)
    return True


def sweep_idle(*, now: datetime) -> int:
    """Letters that wait for a survey which has ended meanwhile. Returns how many were withdrawn.

    One that was moved or withdrawn may yet come back, and its letter with it, while its window is
    open. Later it would come back with another window, and be invited to anew.
    """
    waiting = Message.objects.filter(state__in=["queued", "retry"], occurrence__isnull=False)
    over = Q(occurrence__state__in=ENDED) | Q(occurrence__closes_at__lte=now)
    pks = waiting.filter(over).values_list("pk", flat=True)
    return sum(_withdraw(pk, now) for pk in list(pks))


@transaction.atomic
def _withdraw(message_id: int, now: datetime) -> bool:
    message = held_message(message_id)
    row = message.occurrence
    over = row.state in ENDED or row.closes_at <= now
    waits = message.state in ("queued", "retry")
    return waits and over and move_message(message, "cancelled", now=now)
