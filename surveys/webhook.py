"""Where SendGrid tells what became of our mail. The signature is the only key to this door."""

import logging
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from surveys import wallclock
from surveys.actions.hear import hear
from surveys.mail.heard import is_signed, read_batch
from surveys.pace import count, neighbourhood

logger = logging.getLogger(__name__)

# SendGrid posts at most 768 kB at a time.
MOST_BYTES = 1024 * 1024
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
STAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@csrf_exempt
@require_POST
def sendgrid_events(request: HttpRequest) -> HttpResponse:
    """204 once everything readable is stored; what is repeated afterwards changes nothing.

    403 unsigned or forged, 429 too many such, 404 while no key is set, 413 too long, 400 signed
    but unreadable. What is signed is never counted.
    """
    if not settings.SENDGRID_WEBHOOK_KEY:
        return HttpResponse(status=404)
    body = _body(request)
    if body is None:
        return HttpResponse(status=413)
    now = wallclock.now()
    signature, stamp = (request.headers.get(name, "") for name in (SIGNATURE, STAMP))
    if not is_signed(body, signature, stamp, key=settings.SENDGRID_WEBHOOK_KEY, now=now):
        return _refused(request)
    try:
        heard, unreadable = read_batch(body)
    except ValueError:
        return HttpResponse(status=400)
    counts = hear(heard, by="sendgrid", now=now)
    logger.debug("mail events: %s unreadable, %s", unreadable, dict(counts))
    return HttpResponse(status=204)


def _refused(request: HttpRequest) -> HttpResponse:
    seconds = count("unsigned", neighbourhood(request))
    if seconds:
        return HttpResponse(status=429, headers={"Retry-After": str(seconds)})
    return HttpResponse(status=403)


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes, as signed; None when there are too many."""
    with suppress(RequestDataTooBig, UnreadablePostError, ValueError):
        if int(request.META.get("CONTENT_LENGTH") or 0) <= MOST_BYTES:
            return request.body
    return None


def _open_to_anyone(route: str) -> URLPattern:
    sendgrid_events.roles = frozenset({"anyone"})
    return path(route, sendgrid_events, name="sendgrid-events")


urlpatterns = [_open_to_anyone("mail-events/sendgrid/")]
