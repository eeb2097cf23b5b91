"""Answers come in: stored, scored, triaged and alerted in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from surveys import events
from surveys.actions.again import follow_short_form
from surveys.actions.alert import raise_alert, raise_unsent
from surveys.actions.clock import trusted
from surveys.actions.moves import move_message, move_occurrence
from surveys.actions.same_time import free_instant
from surveys.actions.schedule import locked
from surveys.in_use import edition_in_use, instruments_to_ask, instruments_to_read
from surveys.instrument import Instrument
from surveys.models import Alert, Course, Draft, Occurrence, Response, Score, Token
from surveys.recall import overlap_days
from surveys.scoring import Answers, ScoreResult, score, score_total
from surveys.stepping import shipped_stepping
from surveys.tokens import digest
from surveys.triage import Concern, concerns, from_kept, left_unsaid, safety_concerns

# An old record's positive item 9 is a fact to acknowledge, not a reason to ring at night.
FRESH_ENOUGH_TO_PAGE = timedelta(days=14)
# How an answer came to be in no stored form, as its alert says it.
SWITCHED_OFF = "sent after its questionnaire was switched off"
TOO_LATE = "sent after its form had closed"


@dataclass(frozen=True)
class Submitted:
    """`again`: the survey had been answered before; nothing was written."""

    responses: tuple[Response, ...]
    alert: Alert | None
    again: bool = False


def occurrence_for(secret: str, *, now: datetime) -> Occurrence | None:
    """The survey behind a link that still opens, else None, whatever the cause. Writes nothing."""
    return survey_open(digest(secret), now=now)


def survey_open(link: str, *, now: datetime) -> Occurrence | None:
    """The same, for a link of which only the digest is known."""
    token = _token(digest=link, revoked_at=None, expires_at__gt=trusted(now))
    return token.occurrence if token else None


def occurrence_mailed(secret: str) -> Occurrence | None:
    """The survey of a link mailed to the patient's present address, answered or expired too.

    Whoever reads that address may still stop the mails or say that they were not meant for them.
    """
    token = _token(digest=digest(secret))
    return token.occurrence if token and _reaches_the_patient(token) else None


def occurrence_sent(secret: str) -> Occurrence | None:
    """The answered survey of a link that died with its answers, else None.

    One that died before them, of a corrected address or a mail turned away, is in the hands of
    somebody who never was the patient: it is as unknown as any other.
    """
    return survey_sent(digest(secret))


def survey_sent(link: str) -> Occurrence | None:
    """The same, for a link of which only the digest is known."""
    token = _token(
        digest=link,
        occurrence__state="answered",
        revoked_at__gte=F("occurrence__state_at"),
    )
    return _still_theirs(token)


def survey_known(link: str) -> Occurrence | None:
    """The survey of a link in the hands of whom it was mailed to, whether it still opens or not.

    Not where the address was corrected since, or somebody said that it is not the patient's.
    """
    return _still_theirs(_token(digest=link))


def _still_theirs(token: Token | None) -> Occurrence | None:
    if token is None or token.occurrence.course.patient.mail_stop == "not_me":
        return None
    return token.occurrence if _reaches_the_patient(token) else None


def _token(**which: Any) -> Token | None:
    tokens = Token.objects.select_related("message", "occurrence__course__patient")
    return tokens.filter(**which).first()


def _reaches_the_patient(token: Token) -> bool:
    """Capitals make no other address."""
    present = token.occurrence.course.patient.email
    return token.message.to_address.casefold() == present.casefold()


def instruments_of(occurrence: Occurrence) -> tuple[Instrument, ...]:
    """The questionnaires of this survey, in the order they are asked and in the patient's language
    where the clinic confirmed it. One that the clinic has switched off since is left out."""
    # the short form is planned only while the clinic's lead allows it; once sent it may be answered
    short = shipped_stepping().short
    language = occurrence.course.patient.language
    known = {**instruments_to_ask(), short: instruments_to_read()[short]}
    return tuple(
        known[name].in_language(language) for name in occurrence.instruments if name in known
    )


def instruments_to_heed(occurrence: Occurrence, names: Iterable[str]) -> tuple[Instrument, ...]:
    """Those of these names that a file declares, switched off since or not: what was said of death
    or self-harm stays said."""
    known, language = instruments_to_read(), occurrence.course.patient.language
    return tuple(known[name].in_language(language) for name in names if name in known)


def switched_off(occurrence: Occurrence) -> tuple[Instrument, ...]:
    """The questionnaires of this survey that a file declares and nobody is asked any more. A page
    opened before still shows them."""
    asked = {one.id for one in instruments_of(occurrence)}
    left = [name for name in occurrence.instruments if name not in asked]
    return instruments_to_heed(occurrence, left)


def alarming(occurrence: Occurrence, answers: Mapping[str, Answers]) -> tuple[Concern, ...]:
    """What these answers say of death or self-harm, whether or not it is asked any more."""
    return tuple(
        concern
        for instrument in instruments_to_heed(occurrence, answers)
        for concern in safety_concerns(instrument, answers[instrument.id])
    )


@transaction.atomic
def submit(
    occurrence: Occurrence,
    answers: Mapping[str, Answers],
    *,
    mode: str,
    by: str,
    now: datetime,
    answered_at: datetime | None = None,
) -> Submitted:
    """Stores every form of the survey, or none. A second submit changes nothing.

    `answered_at`: when a form on paper was filled in; now, where nothing else is said; the next
    free second where another form stands at that instant: none is refused for its time. A positive
    short form brings the full one into the plan here and now: no flow has to run for that. Answers
    to a questionnaire switched off since make no form; of death or self-harm they are told.

    Raises AnswerError on an answer the instrument does not offer, and StillBlank when nothing at
    all was answered or declined: an empty form is no answer.
    """
    answered_at = answered_at or now
    short = shipped_stepping().short in occurrence.instruments
    if short:
        locked(occurrence.course)  # before its surveys, as everybody does who changes a plan
    held = Occurrence.objects.select_for_update(of=("self",), no_key=True)
    row = held.select_related("course__patient").get(pk=occurrence.pk)
    if row.state == "answered":
        done = tuple(row.responses.all())
        return Submitted(done, Alert.objects.filter(response__in=done).first(), again=True)
    asked = instruments_of(row)
    if all(value is None for one in asked for value in answers.get(one.id, {}).values()):
        raise StillBlank
    answered_at = free_instant(row.course, list(row.instruments), answered_at)
    _close(row, now)  # its mails and links are held before an alert writes its event
    kept = [
        _store(
            row.course,
            instrument,
            answers.get(instrument.id, {}),
            occurrence=row,
            answered_at=answered_at,
            mode=mode,
            late=answered_at >= row.closes_at,
            by=by,
            now=now,
        )
        for instrument in asked
    ]
    beside = {name: form for name, form in answers.items() if name not in {i.id for i in asked}}
    rest = _tell_the_rest(row, answers, beside, answered_at=answered_at, by=by, now=now)
    events.record("answered", f"occurrence:{row.pk}", by=by, now=now, forms=len(kept))
    if short:
        follow_short_form(row.course, by=by, now=now)
    alerts = (alert for alert in (*(one for _, one in kept), rest) if alert)
    return Submitted(tuple(response for response, _ in kept), next(alerts, None))


def _tell_the_rest(
    row: Occurrence,
    answers: Mapping[str, Answers],
    beside: Mapping[str, Answers],
    *,
    answered_at: datetime,
    by: str,
    now: datetime,
) -> Alert | None:
    """Tells at once what was said of death or self-harm and stands in no form: `beside` it, to a
    questionnaire switched off since, or kept before and left open now. What was kept is erased.

    An older form, typed from paper, takes nothing back of what was kept after it was filled in.
    """
    told = raise_unsent(row, alarming(row, beside), how=SWITCHED_OFF, by=by, now=now)
    draft = Draft.objects.filter(occurrence=row).first()
    if draft is None:
        return told
    kept = from_kept(draft.concerns)
    unsaid = kept if answered_at < draft.saved_at else left_unsaid(kept, answers)
    draft.delete()
    return raise_unsent(row, unsaid, by=by, now=now) or told


class StillBlank(ValueError):
    """Nothing was answered and nothing declined."""


def _close(row: Occurrence, now: datetime) -> None:
    move_occurrence(row, "answered", now=now)
    Token.objects.filter(occurrence=row, revoked_at=None).update(revoked_at=now)
    for message in row.messages.filter(state__in=["queued", "retry"]):
        move_message(message, "cancelled", now=now)


@transaction.atomic
def rate(
    course: Course, instrument_id: str, answers: Answers, *, since: datetime, by: str, now: datetime
) -> Response:
    """What a clinician judges, on an instrument made for that. Never mailed, due at no time.

    `since`: when the page was opened; the same judgement by the same person after that is one
    pressed twice. Raises ValueError for an instrument that patients answer, AnswerError and
    StillBlank as `submit` does.
    """
    instrument = instruments_to_ask()[instrument_id]
    if instrument.kind != "clinician-rated":
        raise ValueError(f"{instrument_id} is answered by patients")
    if all(value is None for value in answers.values()):
        raise StillBlank
    course = locked(course)
    mine = Response.objects.filter(course=course, instrument=instrument_id, entered_by=by)
    found = mine.filter(recorded_at__gte=since, answers=dict(answers)).first()
    if found:
        return found
    at = free_instant(course, [instrument_id], now)
    response, _ = _store(
        course, instrument, answers, occurrence=None, answered_at=at, mode="rated", late=False,
        by=by, now=now,
    )  # fmt: skip
    events.record("rated", f"patient:{course.patient_id}", by=by, now=now, response=response.pk)
    return response


@transaction.atomic
def record_old_response(
    course: Course,
    instrument_id: str,
    answers: Answers | None,
    total: int | None,
    *,
    answered_at: datetime,
    by: str,
    now: datetime,
) -> Response:
    """A form from before: item by item, or only its total, which is marked. Stored once.

    ValueError where another form is stored at that instant: an import names it before it writes.
    """
    instrument = instruments_to_read()[instrument_id]
    found = Response.objects.filter(
        patient_id=course.patient_id, instrument=instrument_id, answered_at=answered_at
    ).first()
    mode = "import" if answers else "import_total"
    same = found and (found.mode, found.answers) == (mode, dict(answers or {}))
    if found and not (same and (answers or found.score.total == total)):
        raise ValueError(f"response {found.pk} holds other answers at that instant")
    if found:
        return found
    result = None if answers else score_total(instrument, total)
    response, _ = _store(
        course,
        instrument,
        answers or {},
        occurrence=None,
        answered_at=answered_at,
        mode=mode,
        late=False,
        by=by,
        now=now,
        result=result,
    )
    events.record("imported form", f"patient:{course.patient_id}", by=by, now=now, mode=mode)
    return response


def _store(
    course: Course,
    instrument: Instrument,
    answers: Answers,
    *,
    occurrence: Occurrence | None,
    answered_at: datetime,
    mode: str,
    late: bool,
    by: str,
    now: datetime,
    result: ScoreResult | None = None,
) -> tuple[Response, Alert | None]:
    result = result or score(instrument, answers)
    before = _answers_before(course, instrument, answered_at)
    read_here = mode not in ("import", "import_total")
    response = Response.objects.create(
        patient_id=course.patient_id,
        course=course,
        occurrence=occurrence,
        instrument=instrument.id,
        instrument_version=instrument.version,
        edition=edition_in_use(instrument.id, instrument.language) if read_here else "",
        language=instrument.language if read_here else "",
        answers=dict(answers),
        answered_at=answered_at,
        recorded_at=now,
        entered_by=by,
        mode=mode,
        late=late,
        overlap_days=_asked_about_twice(course, instrument, answered_at),
    )
    Score.objects.create(response=response, **result.kept())
    found = concerns(instrument, answers, before)
    if not found:
        return response, None
    page = now - answered_at < FRESH_ENOUGH_TO_PAGE
    return response, raise_alert(response, found, page=page, by=by, now=now)


def _answers_before(
    course: Course, instrument: Instrument, answered_at: datetime
) -> Answers | None:
    before = Response.objects.filter(
        patient_id=course.patient_id, instrument=instrument.id, answered_at__lt=answered_at
    ).exclude(mode="import_total")
    return before.order_by("-answered_at").values_list("answers", flat=True).first()


def _asked_about_twice(course: Course, instrument: Instrument, answered_at: datetime) -> int | None:
    """Days of the recall period that the patient's form before this one asked about too."""
    earlier = Response.objects.filter(
        patient_id=course.patient_id, instrument=instrument.id, answered_at__lt=answered_at
    )
    previous = earlier.order_by("-answered_at").values_list("answered_at", flat=True).first()
    if previous is None or instrument.recall_days is None:
        return None
    return overlap_days(previous, answered_at, instrument.recall_days)
