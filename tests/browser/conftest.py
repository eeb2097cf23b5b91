"""A real browser in front of a running site, and a record of everything it complained about."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, Page, Response, sync_playwright

from surveys import wallclock
from tests import cast, doors

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONFIRMED = """
translates = "phq9"
version = 1
language = "es"
confirmed = { by = "M. Haddad", on = "2026-02-01", terms = "compared with the official form" }
"""
# every rule is tried; only what breaks one is told in full, which is most of the time it takes
BREACHES_ALONE = {"resultTypes": ["violations"]}
# what a page of ours may log: the status of the page itself, where that is an error on purpose
OWN_STATUS = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Record:
    """Everything one visitor's browser fetched, and everything it logged."""

    responses: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def hosts(self) -> set[str]:
        return {urlsplit(response.url).hostname or "" for response in self.responses}

    def watch(self, page: Page) -> None:
        page.on("response", lambda response: self.responses.append(response))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._note(message.type, message.text))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(OWN_STATUS):
            self.complaints.append(text)


def broken_rules(page: Page) -> list[str]:
    """Of accessibility, each with a place where it is broken."""
    found = Axe().run(page, options=BREACHES_ALONE).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.fail("The browser tests need Chromium. Type: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All threads share the one connection of a database in memory, which cannot hold two
    transactions at once. Who presses at once is tested in races, on files and on PostgreSQL."""
    handled, turn = WSGIHandler.__call__, threading.RLock()

    def in_turn(*call):
        with turn:
            return handled(*call)

    monkeypatch.setattr(WSGIHandler, "__call__", in_turn)


@pytest.fixture
def visitor(browser, live_server) -> Iterator[Callable]:
    """`with visitor(width=390) as page:` A visitor with a fresh profile; nothing may complain."""

    @contextmanager
    def come(*, width: int = 390, height: int = 844, **options) -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": width, "height": height}, base_url=live_server.url, **options
        )
        page, record = context.new_page(), Record()
        record.watch(page)
        page.record, page.base = record, live_server.url
        try:
            yield page
        finally:
            # else a test that fails would leave a browser at the door of the next one's records
            context.close()
        assert record.complaints == []
        assert record.hosts() == {urlsplit(live_server.url).hostname}

    return come


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    settings.CLOCK_FILE = tmp_path / "clock"
    wallclock.tell(settings.CLOCK_FILE, cast.START)


@pytest.fixture
def language() -> str:
    """What Ana reads."""
    return "en"


@pytest.fixture
def occurrence(transactional_db, language, settings, tmp_path):
    """Ana's first check-in: PHQ-9 and GAD-7, the longest page there is. In Spanish the clinic has
    confirmed the words of PHQ-9 alone, so that both languages are on the page."""
    if language == "es":
        settings.INSTRUMENTS = tmp_path
        (tmp_path / "phq9.es.toml").write_text(CONFIRMED)
    return cast.due(cast.ana(language=language), "baseline", now=cast.START)


@pytest.fixture
def secret(occurrence, mailbox):
    return doors.invited(occurrence, mailbox, now=cast.START)
