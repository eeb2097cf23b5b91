"""When the page that is being answered was opened: signed into it, and only for that course."""

from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from surveys.models import Course

_SIGNER = Signer(salt="afterglow.page-seen")


def stamp(course: Course, now: datetime) -> str:
    """What a form carries in its field `seen`."""
    return _SIGNER.sign(f"{course.pk} {now.isoformat()}")


def stamped(request: HttpRequest, course: Course, now: datetime) -> datetime:
    """`now` where the form does not say, or says it of another course."""
    try:
        pk, instant = _SIGNER.unsign(request.POST.get("seen", "")).split(" ")
    except (BadSignature, ValueError):
        return now
    return datetime.fromisoformat(instant) if pk == str(course.pk) else now
