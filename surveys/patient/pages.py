"""The Jinja2 environment of the whole site, and the pages that must appear when all else fails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined

NUMBER_WORDS = (
    *("No", "One", "Two", "Three", "Four", "Five", "Six"),
    *("Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"),
)

# ISO 639 codes of the living languages written from right to left that phones are set to
FROM_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"}


@dataclass(frozen=True)
class Office:
    """What a page may say of the clinic: its own words, from the settings."""

    name: str
    phone: str
    hours: str
    who_reads: str
    crisis_contacts: tuple[tuple[str, str], ...]

    @property
    def emergency_number(self) -> str:
        """The last contact listed: the one for danger that cannot wait."""
        return self.crisis_contacts[-1][1]


def environment(**options: Any) -> Environment:
    """Pages escape what they print, and a misspelt name stops the page instead of vanishing."""
    page = Environment(
        **{
            "autoescape": True,
            "trim_blocks": True,
            "lstrip_blocks": True,
            **options,
            "undefined": StrictUndefined,
        }
    )
    page.globals |= {"static": static, "url": url, "office": office}
    page.filters |= {
        "day": day,
        "moment": moment,
        "in_words": in_words,
        "dial": dial,
        "direction": direction,
    }
    return page


def url(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args, kwargs=kwargs)


def office() -> Office:
    return Office(
        name=settings.CLINIC_NAME,
        phone=settings.CLINIC_PHONE,
        hours=settings.CLINIC_HOURS,
        who_reads=settings.WHO_READS,
        crisis_contacts=tuple((label, number) for label, number in settings.CRISIS_CONTACTS),
    )


def day(instant: datetime, zone: str) -> str:
    """The calendar day of an aware instant in an IANA zone, as "Sunday 8 November"."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B}"


def moment(instant: datetime, zone: str) -> str:
    """Day and wall time of an aware instant in an IANA zone, as "Sunday 8 November, 19:42"."""
    return f"{day(instant, zone)}, {instant.astimezone(ZoneInfo(zone)):%H:%M}"


def in_words(number: int) -> str:
    """Zero to twelve as a capitalised word, everything else in figures."""
    return NUMBER_WORDS[number] if 0 <= number < len(NUMBER_WORDS) else str(number)


def direction(language: str) -> str:
    """ "rtl" or "ltr", by the first part of a language tag."""
    return "rtl" if language.split("-")[0] in FROM_RIGHT_TO_LEFT else "ltr"


def dial(number: str) -> str:
    """A phone number as printed, reduced to what a tel: link takes."""
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")


def bare(template: str, status: int, **facts: Any) -> HttpResponse:
    """A page rendered without the request: no session, no account and no database is asked."""
    return HttpResponse(get_template(f"patient/{template}").render(facts), status=status)
