"""A visitor without JavaScript: opens addresses, reads forms, fills them in, presses the button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

TIMEOUT_SECONDS = 30.0


@dataclass
class Form:
    """One form of a page: what it would send untouched, and what may be chosen."""

    action: str
    method: str
    kept: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    text_fields: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str

    @cached_property
    def contents(self) -> "Reader":
        """Read when somebody looks: most pages are only glanced at."""
        reader = Reader(self.url)
        reader.feed(self.text)
        return reader

    @property
    def forms(self) -> list[Form]:
        return self.contents.forms

    @property
    def links(self) -> list[str]:
        return self.contents.links

    def form(self, action_part: str) -> Form:
        """The first form whose address holds `action_part`; raises LookupError when none does."""
        for one in self.forms:
            if action_part in one.action:
                return one
        raise LookupError(f"no form for {action_part!r} at {self.url} ({self.status})")


class Reader(HTMLParser):
    """Collects the forms and links of one page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.inside: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if tag == "a" and "href" in found:
            self.links.append(urljoin(self.url, found["href"]))
        elif tag == "form":
            action = urljoin(self.url, found.get("action") or self.url)
            self.inside = Form(action, found.get("method", "get").lower())
            self.forms.append(self.inside)
        elif self.inside is not None and found.get("name"):
            self.note(self.inside, tag, found)

    def note(self, form: Form, tag: str, found: Mapping[str, str]) -> None:
        name, kind, value = found["name"], found.get("type", "text"), found.get("value", "")
        if tag == "textarea" or (tag == "input" and kind in {"text", "email", "password"}):
            form.text_fields.append(name)
        elif tag == "input" and kind == "radio":
            form.choices.setdefault(name, []).append(value)
            if "checked" in found:
                form.kept[name] = value
        elif tag == "button" or (tag == "input" and kind in {"hidden", "submit"}):
            # of several buttons the first is the one that Enter presses
            form.kept.setdefault(name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None


class Visitor:
    """One browser. `forget` makes it somebody else's: no cookie is left."""

    def __init__(self, base_url: str) -> None:
        # http on loopback: no certificates to load
        self.client = httpx.Client(
            base_url=base_url,
            follow_redirects=True,
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            verify=False,
        )

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def forget(self) -> None:
        self.client.cookies.clear()

    def open(self, url: str) -> Page:
        return self.read(self.client.get(url))

    def peek(self, url: str) -> int:
        return self.client.head(url).status_code

    def send(self, form: Form, values: Mapping[str, str]) -> Page:
        return self.read(self.client.post(form.action, data={**form.kept, **values}))

    @staticmethod
    def read(reply: httpx.Response) -> Page:
        return Page(str(reply.url), reply.status_code, reply.text)


def answer(visitor: Visitor, link: str, choose: Callable[[Form], Mapping[str, str]]) -> bool:
    """Open a mailed link, answer, send; press once more where the page points out open questions.

    True when the page then says thanks; False when the link no longer opens.
    """
    visitor.forget()
    page = visitor.open(link)
    if page.status != httpx.codes.OK:
        return False
    form = page.form("/s/")
    values = choose(form)
    page = visitor.send(form, values)
    if not page.url.endswith("/thanks/"):
        page = visitor.send(page.form("/s/"), values)
    return page.url.endswith("/thanks/")


def scan(visitor: Visitor, links: list[str], host: str) -> int:
    """What some mail providers do: open every link and press every button. Returns the presses."""
    visitor.forget()
    pressed = 0
    for link in (one for one in links if one.startswith(host)):
        visitor.peek(link)
        for form in visitor.open(link).forms:
            visitor.send(form, {})
            pressed += 1
    return pressed


def acknowledge(visitor: Visitor, email: str, password: str, outcome: str) -> int:
    """Sign in, acknowledge every alert that waits, write down what was done. Returns how many."""
    visitor.forget()
    entrance = visitor.open("/sign-in/").form("/sign-in/")
    name, secret = entrance.text_fields[:2]
    visitor.send(entrance, {name: email, secret: password})
    waiting = [link for link in visitor.open("/alerts/").links if "/alerts/" in link]
    return sum(take_on(visitor, link, outcome) for link in dict.fromkeys(waiting))


def take_on(visitor: Visitor, link: str, outcome: str) -> bool:
    page = visitor.open(link)
    if not any("/acknowledge/" in form.action for form in page.forms):
        return False
    page = visitor.send(page.form("/acknowledge/"), {})
    closing = page.form("/outcome/")
    visitor.send(closing, {closing.text_fields[0]: outcome})
    return True
