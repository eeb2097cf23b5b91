"""Letters as text and HTML. They say that something waits, never what it is about."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.meta import find_undeclared_variables
from markupsafe import Markup, escape

from surveys.language import Language, languages, spoken_to
from surveys.mail.letter import Letter
from surveys.mail.lint import refuse_telling, telling_words

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: bool(name and ".html" in name),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class _Words:
    """A language's sentences, as a text takes them and as a page does."""

    language: Language

    def plain(self, key: str, count: int | None = None, **facts: Any) -> str:
        return self.language.say(key, count, **facts)

    def markup(self, key: str, count: int | None = None, **facts: Any) -> Markup:
        sentence = Markup(escape(self.language.sentence(key, count)))
        return sentence.format(**self.language.facts(count, facts))


@dataclass(frozen=True)
class Office:
    """What a mail may say of its sender."""

    name: str
    phone: str
    mail_from: str
    base_url: str


def invitation(
    office: Office,
    *,
    ref: str,
    to: str,
    secret: str,
    minutes: int,
    closes_at: datetime,
    zone: str,
    again: bool,
    language: str = "en",
) -> Letter:
    """The mail with the link; `again` marks a reminder. Time and language are the reader's own."""
    link = f"{office.base_url}/s/{secret}"
    speaks = spoken_to(language)
    headers = {
        "List-Unsubscribe": f"<{link}/stop>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    facts = {
        "link": link,
        "minutes": minutes,
        "closes": speaks.moment(closes_at, zone),
        "again": again,
    }
    return _letter("invitation", office, ref, to, headers, speaks, **facts)


def alert_notice(office: Office, *, ref: str, to: str, number: str, round_: int) -> Letter:
    """To staff: something needs a person now. No name, no reason, no answer."""
    link = f"{office.base_url}/alerts/"
    return _letter("alert", office, ref, to, {}, link=link, number=number, round=round_)


def operator_notice(office: Office, *, ref: str, to: str, what: str) -> Letter:
    """To whoever runs the machine: something about mail or clock needs them."""
    return _letter("operator", office, ref, to, {}, link=f"{office.base_url}/", what=what)


def weekly_notice(office: Office, *, ref: str, to: str, counts: dict[str, int | str]) -> Letter:
    """To staff on Monday: how many reports wait behind the sign-in, and the audit chain's head."""
    link = f"{office.base_url}/"
    return _letter("weekly", office, ref, to, {}, link=link, counts=counts)


# All that a letter may be told. A template that asks for more is refused at the start.
FACTS = frozenset(
    {"office", "link", "minutes", "closes", "again", "number", "round", "counts", "what"}
    | {"language", "say"}
)


def telling_templates() -> list[str]:
    """The templates that say a telling word or ask for a fact no letter may hold, and the
    sentences of any language's mails that say a telling word."""
    said = [
        f"{one.tag}.toml: {key}"
        for one in languages().values()
        for key, sentence in one.sentences.items()
        if key.startswith("mail.") and telling_words(sentence)
    ]
    loader = _pages.loader
    assert loader is not None
    return said + [
        name
        for name in _pages.list_templates()
        if telling_words(source := loader.get_source(_pages, name)[0])
        or find_undeclared_variables(_pages.parse(source)) - FACTS
    ]


def _letter(
    kind: str,
    office: Office,
    ref: str,
    to: str,
    headers: dict[str, str],
    speaks: Language | None = None,
    **facts: object,
) -> Letter:
    """Mails to staff are in English."""
    words = _Words(speaks or spoken_to("en"))
    says = {"subject": words.plain, "txt": words.plain, "html": words.markup}
    page = {
        part: _pages.get_template(f"{kind}.{part}.jinja")
        .render(office=office, language=words.language, say=say, **facts)
        .strip()
        for part, say in says.items()
    }
    refuse_telling(office.name, office.mail_from, *page.values())
    return Letter(
        ref=ref,
        to=to,
        sender=office.mail_from,
        sender_name=office.name,
        subject=page["subject"],
        text=page["txt"] + "\n",
        html=page["html"] + "\n",
        headers=headers,
    )
