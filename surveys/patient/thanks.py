"""The page after sending: what is saved, who is told, own totals where the clinic allows them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from surveys import wallclock
from surveys.actions.alert import alerts_told
from surveys.models import Occurrence
from surveys.patient import link
from surveys.patient.own_totals import own_totals
from surveys.patient.pages import bare, office_for, see, shown

SENT = "sent"
# Only the browser that sent the answers is shown totals: a link in a mail may be read by others.
OWN = "own"
# Other answers came after the first, which stand: said to the browser that sent them.
OTHERS = "others"


def thanked(occurrence: Occurrence, *, sent_here: bool, others_came: bool = False) -> HttpResponse:
    ref = str(occurrence.ref)
    response = first_stand(link.keep(see("thanks"), ref, kind=SENT), ref, others_came=others_came)
    return link.keep(response, ref, kind=OWN) if sent_here else response


def first_stand(response: HttpResponse, ref: str, *, others_came: bool) -> HttpResponse:
    """For the next page: whether answers came that do not replace the first."""
    if others_came:
        return link.keep(response, ref, kind=OTHERS)
    return link.forget(response, kind=OTHERS)


def others_came(request: HttpRequest, occurrence: Occurrence) -> bool:
    return link.kept(request, kind=OTHERS) == str(occurrence.ref)


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Shown after each submit of this browser for a while. It never says what was answered."""
    ref = link.kept(request, kind=SENT)
    occurrence = Occurrence.objects.filter(ref=ref, state="answered").first() if ref else None
    if occurrence is None:
        return bare(request, "dead.html", 404)
    patient, told = occurrence.course.patient, told_of(occurrence)
    own = link.kept(request, kind=OWN) == ref
    if told == "before" and not own:
        told = ""  # of what was kept before, nothing is said but to the browser that sent
    facts = {
        "answered_at": occurrence.state_at,
        "zone": patient.timezone,
        "told": told,
        "others_came": others_came(request, occurrence),
        "totals": own_totals(occurrence, now=wallclock.now()) if own and not told else (),
    }
    return shown(request, "thanks.html", office_for(patient), **facts)


def told_of(occurrence: Occurrence) -> str:
    """ "now" where these answers told the clinic, "before" where only what was kept before and not
    sent did, else empty."""
    raised = [alert.raised_at for alert in alerts_told(occurrence)]
    if not raised:
        return ""
    return "now" if max(raised) >= occurrence.state_at else "before"
