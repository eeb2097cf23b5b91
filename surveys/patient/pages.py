"""The Jinja2 environment of the whole site, and the pages that must appear when all else fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation.trans_real import parse_accept_lang_header
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from surveys.language import Language, direction, languages, spoken_to
from surveys.models import Patient


@dataclass(frozen=True)
class Office:
    """The clinic as a page speaks for it: its own words, from the settings, in one language.

    `own` names the languages that the clinic's own words are in, where it is not the page's.
    """

    language: Language
    name: str
    phone: str
    hours: str
    who_reads: str
    crisis_contacts: tuple[tuple[str, str], ...]
    own: Mapping[str, str]

    @property
    def emergency_number(self) -> str:
        """The last contact listed: the one for danger that cannot wait."""
        return self.crisis_contacts[-1][1]

    def say(self, key: str, count: int | None = None, **facts: Any) -> Markup:
        """A sentence of the page's language. Facts are escaped unless they are markup."""
        sentence = Markup(escape(self.language.sentence(key, count)))
        return sentence.format(**self.language.facts(count, facts))

    def moment(self, instant: datetime, zone: str) -> str:
        return self.language.moment(instant, zone)

    def in_own(self, text: str) -> Markup:
        """The attributes of an element that holds the clinic's own words of this kind."""
        return self.worded(self.own.get(text, self.language.tag))

    def quoted(self, text: str, tag: str) -> Markup:
        """Words in the language `tag` within a sentence of the page's own."""
        attributes = self.worded(tag)
        whole = escape(text)
        return Markup("<bdi{}>{}</bdi>").format(attributes, whole) if attributes else whole

    def digits(self, number: str) -> Markup:
        """A phone number. Among words from right to left its groups would change places."""
        if self.language.direction == "ltr":
            return escape(number)
        return Markup('<bdi dir="ltr">{}</bdi>').format(number)

    def quoted_own(self, text: str) -> Markup:
        return self.quoted(getattr(self, text), self.own.get(text, self.language.tag))

    def worded(self, tag: str) -> Markup:
        """The attributes of an element whose words are in the language `tag`."""
        if tag == self.language.tag:
            return Markup("")
        if direction(tag) == self.language.direction:
            return Markup(' lang="{}"').format(tag)
        return Markup(' lang="{}" dir="{}"').format(tag, direction(tag))


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
    page.filters |= {"dial": dial}
    return page


def url(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args, kwargs=kwargs)


def office(tag: str | None = None) -> Office:
    """The clinic speaking the language of a tag; its own language where none is given."""
    language = spoken_to(tag or settings.LANGUAGE)
    words = settings.OWN_WORDS.get(language.tag, {})
    kept = (
        {}
        if language.tag == settings.LANGUAGE
        else {
            name: settings.LANGUAGE
            for name in ("hours", "who_reads", "crisis_contacts")
            if name not in words
        }
    )
    return Office(
        language=language,
        name=settings.CLINIC_NAME,
        phone=settings.CLINIC_PHONE,
        hours=words.get("hours", settings.CLINIC_HOURS),
        who_reads=words.get("who_reads", settings.WHO_READS),
        crisis_contacts=tuple(words.get("crisis_contacts", settings.CRISIS_CONTACTS)),
        own=kept,
    )


def office_for(patient: Patient) -> Office:
    return office(patient.language)


def office_for_reader(request: HttpRequest) -> Office:
    """Where no patient may be known: the first language the browser asks for that we speak."""
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())
    spoken = (tag for tag, _ in asked if tag.split("-")[0] in languages())
    return office(next(spoken, None))


def dial(number: str) -> str:
    """A phone number as printed, reduced to what a tel: link takes."""
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")


class SeeOther(HttpResponseRedirect):
    status_code = 303


def see(name: str) -> SeeOther:
    return SeeOther(reverse(f"patient-{name}"))


def shown(
    request: HttpRequest, template: str, us: Office, status: int = 200, **facts: Any
) -> HttpResponse:
    return render(request, f"patient/{template}", {"us": us, **facts}, status=status)


def bare(
    request: HttpRequest, template: str, status: int, us: Office | None = None, **facts: Any
) -> HttpResponse:
    """A page rendered with no more than its request's headers: no session, no account and no
    database is asked. In the reader's language, unless the patient is known."""
    facts["us"] = us or office_for_reader(request)
    return HttpResponse(get_template(f"patient/{template}").render(facts), status=status)
