"""A form's own permit to be handed in, for whoever left its page open overnight.

The link's cookie opens the page and what was kept before; it ends after four hours, for a borrowed
phone. The permit stands in the form and opens nothing: with it the answers of this one page, and no
other, are taken through the link that opened it, for as long as that link lives. It dies with the
link: with answers sent, an address corrected, a mail turned away, a patient who left, the end of
the window and its grace. Dead, it takes no form, and still says whose answer about death or
self-harm it was. Where a PIN is asked it counts only on a page shown after the PIN.
The forgery check and the limits of posts are asked all the same.
"""

from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from surveys.actions.pin import is_asked
from surveys.models import Occurrence, Patient, Token
from surveys.patient import link
from surveys.tokens import digest

FIELD = "permit"
SIGNER = Signer(salt="afterglow.permit")


def for_page(request: HttpRequest, occurrence: Occurrence) -> str:
    """What the page of a form carries. One that came back because of its permit keeps it."""
    if link_of(request):
        return request.POST[FIELD]
    return SIGNER.signature(_grants(digest(link.meant(request)), occurrence.course.patient))


def link_of(request: HttpRequest) -> str:
    """The digest of the link that opened the posted page, living or dead; empty where the page does
    not prove it, or asks to be shown what was kept."""
    given, ref = request.POST.get(FIELD, ""), request.POST.get("form", "")
    if not given or "resuming" in request.POST or not _is_ref(ref):
        return ""
    tokens = Token.objects.filter(occurrence__ref=ref).select_related("occurrence__course__patient")
    return next((one.digest for one in tokens if _is_good(given, one)), "")


def _is_ref(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _is_good(given: str, token: Token) -> bool:
    try:
        SIGNER.unsign(f"{_grants(token.digest, token.occurrence.course.patient)}:{given}")
    except BadSignature:
        return False
    return True


def _grants(link_digest: str, patient: Patient) -> str:
    """A page shown before a PIN was agreed is none of those shown after it was typed."""
    return f"{link_digest}.{'pin' if is_asked(patient) else 'open'}"
