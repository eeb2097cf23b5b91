"""The pages behind a mailed link, and what anybody sees when something is wrong."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from surveys import wallclock
from surveys.actions import answer, leave
from surveys.actions.draft import draft_of, save_draft
from surveys.actions.mail import minutes_for
from surveys.actions.once_more import differs, heed
from surveys.models import Draft, Occurrence
from surveys.pace import count
from surveys.patient import forms, link, permit, pin
from surveys.patient.pages import Office, bare, office_for, see, shown
from surveys.patient.slowed import retry_after, slowed, unless_too_many
from surveys.patient.thanks import thanked
from surveys.states import IllegalMove

asks = require_http_methods(["GET", "HEAD", "POST"])
# Beside the survey that was kept: say nothing of what it holds.
QUIET = "-quiet"


# --- the mailed addresses: the secret goes into a cookie, the reader to a page without it


@require_safe
def open_form(request: HttpRequest, secret: str) -> HttpResponse:
    return link.add(request, see("form"), secret)


@require_safe
def open_not_me(request: HttpRequest, secret: str) -> HttpResponse:
    return link.add(request, see("not-me"), secret)


@csrf_exempt
@asks
def open_stop(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows the choice. A mail program's own unsubscribe button posts this one sentence."""
    if request.method != "POST":
        return link.add(request, see("stop"), secret)
    occurrence = answer.occurrence_mailed(secret)
    if occurrence and request.POST.get("List-Unsubscribe") == "One-Click":
        leave.stop_mails(occurrence, now=wallclock.now())
    # no redirect: RFC 8058 forbids one, since mail programs do not follow it with a POST
    page = bare(request, "stop_done.html", 200, _us(occurrence) if occurrence else None)
    return page if occurrence else unless_too_many(request, page)


# --- the pages


@asks
def form(request: HttpRequest) -> HttpResponse:
    now = wallclock.now()
    secret = link.meant(request)
    opened = answer.occurrence_for(secret, now=now)
    permitted = answer.survey_open(permit.link_of(request), now=now)
    occurrence = permitted or opened
    pin_missing = pin.is_missing(request, occurrence)
    if occurrence and not answer.instruments_of(occurrence):
        return _nothing_asked(request, occurrence, now, may_tell=bool(permitted) or not pin_missing)
    sent = request.method == "POST"
    mistaken = sent and occurrence is not None and _is_for_another(request, occurrence)
    if pin_missing and not (permitted or mistaken):
        return link.add(request, see("pin"), secret)
    if not sent:
        response = _opened(request, occurrence)
    else:
        at_hand = occurrence == opened and not pin_missing
        response = _receive(request, occurrence, now, at_hand=at_hand)
    return pin.keep_open(request, occurrence, response)


def _opened(request: HttpRequest, occurrence: Occurrence | None) -> HttpResponse:
    if occurrence is None:
        return _dead(request)
    found = draft_of(occurrence)
    return _resume_page(request, occurrence, found) if found else _form_page(request, occurrence)


def _receive(
    request: HttpRequest, occurrence: Occurrence | None, now: datetime, *, at_hand: bool
) -> HttpResponse:
    """`at_hand`: this browser came by the link within the hours in which it is shown anything."""
    if occurrence is None or answer.survey_sent(permit.link_of(request)):
        return _sent_before(request, now)
    if _is_for_another(request, occurrence):
        return bare(request, "other_link.html", 409, _us(occurrence))
    if "resuming" in request.POST:
        return _resume(request, occurrence)
    reading = read(request, occurrence)
    pointed_out, later = "pointed_out" in request.POST, request.POST.get("send") == "later"
    trouble = forms.trouble(reading, pointed_out=pointed_out or later)
    seconds = too_many(request, occurrence, reading, complete=not (trouble or later))
    if seconds:
        return _slowed_form(request, occurrence, reading, seconds, pointed_out=pointed_out)
    # kept also where a question is pointed out: the reader may leave at that
    if (later or trouble) and (reading.chosen or reading.unasked):
        by = f"patient:{occurrence.course.patient_id}"
        if not save_draft(occurrence, reading.said, by=by, now=now):
            return _sent_before(request, now)
    if trouble:
        return _form_page(request, occurrence, reading, trouble, pointed_out=pointed_out)
    if later:
        may_say = at_hand or bool(answer.alarming(occurrence, reading.said))
        return link.keep(see("kept"), f"{occurrence.ref}{'' if may_say else QUIET}", kind="kept")
    return _submit(request, occurrence, reading, now, sent_here=at_hand)


def _nothing_asked(
    request: HttpRequest, occurrence: Occurrence, now: datetime, *, may_tell: bool
) -> HttpResponse:
    """All that it asked was switched off since the mail left. A page opened before may still come
    in: no form is made of it, and what it says of death or self-harm is told."""
    if request.method != "POST":
        return _dead(request)
    if may_tell and not _is_for_another(request, occurrence):
        by, said = f"patient:{occurrence.course.patient_id}", read(request, occurrence).said
        if heed(occurrence, said, how=answer.SWITCHED_OFF, by=by, now=now):
            return _not_saved(request, _us(occurrence), told=True)
    return unless_too_many(request, _not_saved(request))


def read(request: HttpRequest, occurrence: Occurrence) -> forms.Reading:
    """What was posted. A page opened before a questionnaire was switched off still showed it."""
    asked, off = answer.instruments_of(occurrence), answer.switched_off(occurrence)
    return forms.read(asked, request.POST, switched_off=off)


def too_many(
    request: HttpRequest, occurrence: Occurrence, reading: forms.Reading, *, complete: bool
) -> int:
    """Counts a post through an open link; seconds to wait before it is read, 0 to read it now."""
    instruments = (*answer.instruments_of(occurrence), *answer.switched_off(occurrence))
    seconds = count("link", str(occurrence.ref))
    return 0 if forms.must_be_read(instruments, reading, complete=complete) else seconds


def _resume_page(
    request: HttpRequest, occurrence: Occurrence, found: Draft, *, asked: bool = False
) -> HttpResponse:
    """Answers kept are shown, and can be sent, only after a choice: programs press buttons, too."""
    facts = {
        "ref": occurrence.ref,
        "saved_at": found.saved_at,
        "zone": occurrence.course.patient.timezone,
        "asked": asked,
    }
    return shown(request, "resume.html", _us(occurrence), **facts)


def _resume(request: HttpRequest, occurrence: Occurrence) -> HttpResponse:
    found = draft_of(occurrence)
    if found is None or request.POST.get("choice") == "anew":
        return _form_page(request, occurrence)
    if request.POST.get("choice") != "on":
        return _resume_page(request, occurrence, found, asked=True)
    reading = forms.resumed(answer.instruments_of(occurrence), found.answers)
    return _form_page(request, occurrence, reading)


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """Shown to the browser that saved, not to whoever else holds the link: it may say of what."""
    ref, quiet, _ = link.kept(request, kind="kept").partition(QUIET)
    occurrence = Occurrence.objects.filter(ref=ref).first() if ref else None
    found = draft_of(occurrence) if occurrence else None
    if occurrence is None or found is None:
        return _dead(request)
    facts = {
        "closes_at": occurrence.closes_at,
        "zone": occurrence.course.patient.timezone,
        "alarming": found.alarming_since is not None,
        "told": bool(found.concerns),
        "quiet": bool(quiet),
    }
    return shown(request, "kept.html", _us(occurrence), **facts)


def _submit(
    request: HttpRequest,
    occurrence: Occurrence,
    reading: forms.Reading,
    now: datetime,
    *,
    sent_here: bool,
) -> HttpResponse:
    by = f"patient:{occurrence.course.patient_id}"
    try:
        done = answer.submit(occurrence, reading.said, mode="web", by=by, now=now)
    except IllegalMove:  # withdrawn while the page was open
        _heed_closed(request, occurrence, now)
        return _not_saved(request)
    if done.again:
        return _sent_before(request, now)
    return thanked(occurrence, sent_here=sent_here)


def _sent_before(request: HttpRequest, now: datetime) -> HttpResponse:
    """The button was pressed twice: thanks again. Any other link that no longer opens: as ever.

    What the first form did not say of death or self-harm, and this one does, is told all the same.
    """
    row = answer.survey_sent(permit.link_of(request)) or answer.occurrence_sent(link.meant(request))
    if row is None:
        if closed := answer.survey_known(permit.link_of(request)):
            _heed_closed(request, closed, now)
        return unless_too_many(request, _not_saved(request))
    if _is_for_another(request, row) or "resuming" in request.POST:
        return thanked(row, sent_here=False)
    asked = answer.instruments_to_heed(row, row.instruments)
    answers = forms.read(asked, request.POST).answers
    heed(row, answers, by=f"patient:{row.course.patient_id}", now=now)
    return thanked(row, sent_here=False, others_came=differs(row, answers))


def _heed_closed(request: HttpRequest, row: Occurrence, now: datetime) -> None:
    """No form is taken any more: the patient was discharged, or the window closed, while its page
    lay open. What it says of death or self-harm is told all the same. The page's own permit proves
    that it was opened while its link lived; nobody is shown that anything was told."""
    asked = answer.instruments_to_heed(row, row.instruments)
    said = forms.read(asked, request.POST).answers
    by = f"patient:{row.course.patient_id}"
    heed(row, said, how=answer.TOO_LATE, by=by, now=now)


def _form_page(
    request: HttpRequest,
    occurrence: Occurrence,
    reading: forms.Reading = forms.NOTHING,
    trouble: str = "",
    *,
    pointed_out: bool = False,
) -> HttpResponse:
    facts = form_facts(occurrence, reading, trouble, pointed_out=pointed_out)
    facts["permit"] = permit.for_page(request, occurrence)
    return shown(request, "form.html", _us(occurrence), **facts, may_keep=True)


def _slowed_form(
    request: HttpRequest,
    occurrence: Occurrence,
    reading: forms.Reading,
    seconds: int,
    *,
    pointed_out: bool,
) -> HttpResponse:
    """The page as it was filled in: waiting loses nobody an answer."""
    reading = forms.as_filled_in(reading)
    page = _form_page(request, occurrence, reading, "slowed", pointed_out=pointed_out)
    page.status_code = 429
    return retry_after(page, seconds)


def form_facts(
    occurrence: Occurrence, reading: forms.Reading, trouble: str, *, pointed_out: bool
) -> dict[str, Any]:
    """What the form's page shows, whoever opened it."""
    instruments = answer.instruments_of(occurrence)
    parts = forms.parts(instruments, forms.pointing_at(trouble, reading))
    questions = [question for part in parts for question in part.questions]
    return {
        "ref": occurrence.ref,
        "parts": parts,
        "count": len(questions),
        "open": [question for question in questions if question.open],
        "licences": forms.licences(instruments),
        # as the mail said
        "minutes": minutes_for(occurrence),
        "trouble": trouble,
        "pointed_out": pointed_out or trouble == "open",
    }


@asks
def not_me(request: HttpRequest) -> HttpResponse:
    return _choose(request, "not_me.html", leave.not_me, "not-me-done")


@asks
def stop(request: HttpRequest) -> HttpResponse:
    return _choose(request, "stop.html", leave.stop_mails, "stop-done")


def _choose(
    request: HttpRequest, template: str, act: Callable[..., None], done: str
) -> HttpResponse:
    """Acts on "yes" alone. A post without a choice, as machines send it, changes nothing."""
    secret = link.meant(request)
    occurrence = answer.occurrence_mailed(secret)
    if occurrence is None:
        return _dead(request)
    if request.method == "POST" and _is_for_another(request, occurrence):
        return bare(request, "other_link.html", 409, _us(occurrence))
    choice = request.POST.get("choice")
    if choice == "no":
        return link.add(request, see("form"), secret)
    if choice == "yes":
        act(occurrence, now=wallclock.now())
        return link.drop(request, see(done), secret)
    if request.method == "POST" and (seconds := count("link", str(occurrence.ref))):
        return slowed(request, seconds, _us(occurrence))
    facts = {"ref": occurrence.ref, "asked": request.method == "POST"}
    return shown(request, template, _us(occurrence), **facts)


@require_safe
def not_me_done(request: HttpRequest) -> HttpResponse:
    return bare(request, "not_me_done.html", 200)


@require_safe
def stop_done(request: HttpRequest) -> HttpResponse:
    return bare(request, "stop_done.html", 200)


def _us(occurrence: Occurrence) -> Office:
    return office_for(occurrence.course.patient)


def _is_for_another(request: HttpRequest, occurrence: Occurrence) -> bool:
    """Links in one browser share the cookie; a page is only good for the link it came from."""
    return request.POST.get("form") != str(occurrence.ref)


def _dead(request: HttpRequest) -> HttpResponse:
    """Unknown, expired, used or withdrawn: the same page, so that nobody can tell which."""
    return unless_too_many(request, bare(request, "dead.html", 404))


def _not_saved(
    request: HttpRequest, us: Office | None = None, *, told: bool = False
) -> HttpResponse:
    """Answers came through a link that no longer takes any: say so, whatever closed it. What was
    kept is not shown by a page left lying for hours; the link in the mail leads back."""
    left = "resuming" in request.POST and not link.kept(request)
    hours = link.SECONDS // 3600
    return bare(request, "not_saved.html", 404, us, left=left, hours=hours, told=told)


# --- when something is wrong: every page still shows whom to call


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return bare(request, "bad_request.html", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return bare(request, "forbidden.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return bare(request, "not_found.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return bare(request, "server_error.html", 500)


def csrf_failure(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    return bare(request, "cookies.html", 403)
