"""Does the ledger balance: everything that must hold between its rows, whatever happened.

Each rule finds the rows that break it. A healthy installation breaks none, at any moment: what the
scheduler has yet to do counts only once it is long overdue.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from surveys import events, states
from surveys.actions.alert import untold_of
from surveys.clock_watch import MOST_FORWARD
from surveys.delivery import same_address
from surveys.edition import edition
from surveys.in_use import instruments_to_read
from surveys.instrument import Instrument
from surveys.models import (
    Alert,
    Draft,
    Message,
    Occurrence,
    OccurrenceVersion,
    Response,
    Score,
    Token,
)
from surveys.scoring import AnswerError, score, score_total
from surveys.triage import concerns, from_kept
from surveys.words_gone import words_gone

# The scheduler comes every minute: so late, it has stopped or cannot do it.
OVERDUE = timedelta(hours=1)
HANDED_OVER = ["accepted", "delivered"]
HANDED_OVER_OR_UNKNOWN = [*HANDED_OVER, "bounced", "dropped", "in_doubt", "not_accepted"]
OPEN = ["planned", "due", "sent"]
NOT_TAKEN_ON = ["open", "notified", "escalated"]


def complaints(*, now: datetime) -> Iterator[str]:
    """One line for each thing that is not as it must be."""
    if broken := events.first_broken():
        yield f"Event {broken} does not follow from the one before it: the record was altered."
    for gone in words_gone():
        yield f"{gone.what}. {gone.fix}"
    for rule in RULES:
        for number in rule.broken_by(now):
            yield rule.says.format(number)


@dataclass(frozen=True)
class Rule:
    """`says` what is wrong with the row of a number; `broken_by` names these numbers."""

    says: str
    broken_by: Callable[[datetime], Iterable[int]]


def _numbers(rows: QuerySet) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


# --- surveys


def asked_twice(_now: datetime) -> list[int]:
    invited = Q(messages__kind="invitation", messages__state__in=HANDED_OVER)
    # where a person had a doubtful one sent again, both may have arrived
    by_choice = Message.objects.filter(decision="resend").values("occurrence")
    # to an address that was corrected a form is invited anew
    counted = Occurrence.objects.exclude(pk__in=by_choice).values("pk", "messages__to_address")
    counted = counted.annotate(mails=Count("messages", filter=invited)).filter(mails__gt=1)
    return sorted({row["pk"] for row in counted})


def sent_without_mail(_now: datetime) -> list[int]:
    mailed = Message.objects.filter(state__in=HANDED_OVER_OR_UNKNOWN, occurrence__isnull=False)
    sent = Occurrence.objects.filter(sent_at__isnull=False)
    return _numbers(sent.exclude(pk__in=mailed.values("occurrence")))


def answered_without_form(_now: datetime) -> list[int]:
    return _numbers(Occurrence.objects.filter(state="answered", responses=None))


def formed_without_answered(_now: datetime) -> list[int]:
    with_forms = Response.objects.filter(occurrence__isnull=False).values("occurrence")
    return _numbers(Occurrence.objects.filter(pk__in=with_forms).exclude(state="answered"))


def never_closed(now: datetime) -> list[int]:
    return _numbers(Occurrence.objects.filter(state__in=OPEN, closes_at__lte=now - OVERDUE))


def not_as_written_down(_now: datetime) -> list[int]:
    """That a planned one is due, the clock says: no version tells."""
    newest = OccurrenceVersion.objects.filter(occurrence=OuterRef("pk")).order_by(
        "-known_from", "-pk"
    )
    told = Occurrence.objects.annotate(
        told=Coalesce(Subquery(newest.values("state")[:1]), Value(""))
    )
    same = Q(told=F("state")) | Q(told__in=["planned", "due"], state__in=["planned", "due"])
    return _numbers(told.exclude(same))


# --- forms


def unalarmed(_now: datetime) -> list[int]:
    """Read here and not in the query: there "9" would mean the tenth element of a list."""
    forms = Response.objects.filter(alert=None).exclude(mode="import_total")
    return [form.pk for form, asked in _read(forms) if _must_be_told(form, asked)]


def _must_be_told(form: Response, instrument: Instrument) -> bool | None:
    try:
        return bool(concerns(instrument, form.answers))
    except AnswerError:  # nothing can be read out of it: it comes to no score, and that is named
        return None


def scored_otherwise(_now: datetime) -> list[int]:
    forms = Response.objects.select_related("score")
    return [form.pk for form, asked in _read(forms) if not _comes_to(form, asked)]


def _comes_to(form: Response, instrument: Instrument) -> bool:
    """Total, band and all else; where only a total was recorded, what that one comes to."""
    try:
        held = form.score
        if form.mode == "import_total":
            read = score_total(instrument, held.total)
        else:
            read = score(instrument, form.answers)
        return all(getattr(held, name) == value for name, value in read.kept().items())
    except (AnswerError, Score.DoesNotExist):
        return False


def _read(forms: QuerySet[Response]) -> Iterator[tuple[Response, Instrument]]:
    """In the order of their numbers, those whose questionnaire is now as it was answered. One that
    was changed under its version `afterglow check` names."""
    known = instruments_to_read()
    edition_now = cache(lambda name, language: edition(known[name].in_language(language)))
    for form in forms.order_by("pk").iterator(chunk_size=1000):
        instrument = known.get(form.instrument)
        if instrument is None or instrument.version != form.instrument_version:
            continue
        if form.edition in ("", edition_now(form.instrument, form.language)):
            yield form, instrument


# --- alerts


def told_nobody_since(now: datetime) -> list[int]:
    waiting = Alert.objects.filter(state__in=NOT_TAKEN_ON)
    # that of an old record is counted every week and rings nobody: it never had a notice
    silent = Q(next_notice_at=None) & (Q(notices__gt=0) | Q(response=None))
    return _numbers(waiting.filter(silent | Q(next_notice_at__lte=now - OVERDUE)))


def taken_on_by_nobody(_now: datetime) -> list[int]:
    taken = Alert.objects.exclude(state__in=NOT_TAKEN_ON)
    return _numbers(taken.filter(Q(acknowledged_by=None) | Q(acknowledged_at=None)))


def taken_on_and_open(_now: datetime) -> list[int]:
    """Nobody would be told of it again, whatever its state says."""
    waiting = Alert.objects.filter(state__in=NOT_TAKEN_ON)
    return _numbers(waiting.exclude(acknowledged_by=None, acknowledged_at=None))


def half_closed(_now: datetime) -> list[int]:
    ended = Q(closed_at__isnull=False) & ~Q(outcome="")
    begun = Q(closed_at__isnull=False) | ~Q(outcome="")
    return _numbers(Alert.objects.filter(Q(state="closed") & ~ended | ~Q(state="closed") & begun))


def alarm_of_nothing(_now: datetime) -> list[int]:
    forms = Response.objects.filter(alert__isnull=False).select_related("alert")
    return sorted(
        form.alert.pk for form, asked in _read(forms) if _must_be_told(form, asked) is False
    )


def left_untold(now: datetime) -> list[int]:
    """By the survey's number: answers begun about death or self-harm, and no alert says as much."""
    waiting = Q(alarming_since__gt=now - OVERDUE, alarming_since__lte=now + MOST_FORWARD)
    begun = Draft.objects.exclude(waiting).exclude(concerns=[]).select_related("occurrence")
    return sorted(
        one.occurrence_id for one in begun if untold_of(one.occurrence, from_kept(one.concerns))
    )


# --- mails and links


def to_somebody_else(_now: datetime) -> list[int]:
    of_a_survey = Message.objects.filter(occurrence__isnull=False)
    return _numbers(of_a_survey.exclude(patient=F("occurrence__course__patient")))


def linked_to_another(_now: datetime) -> list[int]:
    crossed = Token.objects.exclude(occurrence=F("message__occurrence"))
    return sorted(set(crossed.values_list("message", flat=True)))


def open_after_the_answer(now: datetime) -> list[int]:
    alive = Token.objects.filter(revoked_at=None, expires_at__gt=now, occurrence__state="answered")
    return sorted(set(alive.values_list("occurrence", flat=True)))


def open_to_whom_it_was(now: datetime) -> list[int]:
    present = F("occurrence__course__patient__email")
    alive = Token.objects.filter(revoked_at=None, expires_at__gt=now)
    elsewhere = alive.exclude(message__to_address=present).annotate(present=present)
    rows = elsewhere.values_list("message", "message__to_address", "present")
    return sorted({number for number, to, present in rows if not same_address(to, present)})


def stuck(now: datetime) -> list[int]:
    return _numbers(Message.objects.filter(state="sending", lease_until__lte=now - OVERDUE))


def in_nobodys_hands(_now: datetime) -> list[int]:
    return _numbers(Message.objects.filter(state="sending", lease_until=None))


# --- whose, and where in its life


def of_somebody_else(_now: datetime) -> list[int]:
    theirs = Q(patient=F("course__patient"))
    planned = Q(occurrence=None) | Q(occurrence__course=F("course"))
    return _numbers(Response.objects.exclude(theirs & planned))


def alarm_of_somebody_else(_now: datetime) -> list[int]:
    whose = Coalesce("response__patient", "unsent__course__patient")
    return _numbers(Alert.objects.exclude(patient=whose))


def in_no_state(
    model: type[Occurrence | Alert | Message], table: states.Table
) -> Callable[[datetime], list[int]]:
    return lambda _now: _numbers(model.objects.exclude(state__in=table))


RULES = (
    Rule("Survey {} was accepted for delivery more than once.", asked_twice),
    Rule("Survey {} counts as sent, but no mail of it was handed over.", sent_without_mail),
    Rule("Survey {} counts as answered, but holds no answer.", answered_without_form),
    Rule("Survey {} holds answers, but does not count as answered.", formed_without_answered),
    Rule(
        "Survey {} is over and counts as nothing yet. Is the scheduler running? Else type:"
        " afterglow upkeep",
        never_closed,
    ),
    Rule("Survey {} is not as its own history says.", not_as_written_down),
    Rule("Survey {} is in no known state.", in_no_state(Occurrence, states.OCCURRENCE)),
    Rule("Form {} holds what must be told and has no alert.", unalarmed),
    Rule("Form {} does not come to the score that is kept of it.", scored_otherwise),
    Rule("Form {} is kept under another patient or course than it belongs to.", of_somebody_else),
    Rule(
        "Alert {} waits for somebody, and nobody was told for an hour. Is the scheduler running?"
        " Else type: afterglow alert",
        told_nobody_since,
    ),
    Rule("Alert {} counts as taken on, but by nobody.", taken_on_by_nobody),
    Rule("Alert {} counts as waiting, and yet as taken on by somebody.", taken_on_and_open),
    Rule("Alert {} is closed by its state or by its words, not by both.", half_closed),
    Rule("Alert {} is about another patient than the answers behind it.", alarm_of_somebody_else),
    Rule("Alert {} is about a form in which nothing must be told.", alarm_of_nothing),
    Rule("Alert {} is in no known state.", in_no_state(Alert, states.ALERT)),
    Rule(
        "Survey {} was begun with an answer that must be told, and nobody was. Is the scheduler"
        " running? Else type: afterglow alert",
        left_untold,
    ),
    Rule("Mail {} is not for the patient of its survey.", to_somebody_else),
    Rule("Mail {} holds a link to another survey than its own.", linked_to_another),
    Rule("Survey {} is answered, and a link to it still opens.", open_after_the_answer),
    Rule(
        "Mail {} holds a link that still opens and went to an address the patient has no more.",
        open_to_whom_it_was,
    ),
    Rule(
        "Mail {} has been half-way out for an hour. Is the scheduler running? Else type:"
        " afterglow upkeep",
        stuck,
    ),
    Rule(
        "Mail {} is half-way out, and nobody is known to carry it. Is the scheduler running? Else"
        " type: afterglow upkeep",
        in_nobodys_hands,
    ),
    Rule("Mail {} is in no known state.", in_no_state(Message, states.MESSAGE)),
)
