"""Programs that read mail in a real browser, scripts on: they open every mailed link, press what
can be pressed and post what can be posted. No row changes, and the patient still answers.

None of them chooses an answer: that is a person's part, and the page offers no default.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request

from surveys.models import Response
from tests import doors, proof
from tests.browser.patient_pages import thanks

pytestmark = pytest.mark.proof

TIMES = proof.share(1, 20)
MAILED = ("", "/not-me", "/stop")
PRESSED = "a[href^='/'], button, input[type=submit], summary"

# As a script of the scanner's own does it, in the page.
POST_EVERY_FORM = """async () => {
    for (const form of document.forms) {
        const button = form.querySelector('button[name]')
        const filled = new URLSearchParams(new FormData(form))
        for (const body of [filled, new URLSearchParams()])
            await fetch(form.action, {method: 'POST', body})
        if (button) filled.append(button.name, button.value)
        await fetch(form.action, {method: 'POST', body: filled})
        await fetch(form.action, {method: 'HEAD'})
    }
}"""
SUBMIT_EVERY_FORM = "() => { for (const form of document.forms) form.submit() }"
PREFETCH = """() => {
    for (const rel of ['prefetch', 'prerender']) for (const link of document.links) {
        if (!link.href.startsWith(location.origin)) continue
        const hint = document.createElement('link')
        hint.rel = rel, hint.href = link.href
        document.head.append(hint)
    }
}"""


def render(page: Page, link: str) -> None:
    page.goto(link)
    page.wait_for_load_state("networkidle")
    page.screenshot()


def prefetch(page: Page, link: str) -> None:
    page.goto(link)
    page.evaluate(PREFETCH)


def follow_every_link(page: Page, link: str) -> None:
    page.goto(link)
    for other in page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.href)"):
        page.goto(other)


def click_everything(page: Page, link: str) -> None:
    page.goto(link)
    for n in range(page.locator(PRESSED).count()):
        page.goto(link)
        page.locator(PRESSED).nth(n).click()
        page.wait_for_load_state()


def submit_without_asking(page: Page, link: str) -> None:
    page.goto(link)
    with page.expect_navigation():
        page.evaluate(SUBMIT_EVERY_FORM)


def post_by_script(page: Page, link: str) -> None:
    page.goto(link)
    page.evaluate(POST_EVERY_FORM)


ROBOTS: dict[Callable[[Page, str], None], bool] = {  # and whether it posts
    render: False, prefetch: False, follow_every_link: False,
    click_everything: True, submit_without_asking: True, post_by_script: True,
}  # fmt: skip


def test_a_browser_without_a_person_changes_nothing(visitor, secret):
    before = doors.every_row()
    for robot, posts in ROBOTS.items():
        posted = sum(visit(visitor, robot, secret) for _ in range(TIMES))
        same = doors.every_row() == before
        proof.record(
            "T5",
            f"robot in Chromium, scripts on: {robot.__name__.replace('_', ' ')}",
            target="0 rows changed, the patient still answers",
            found=f"{len(MAILED) * TIMES} visits, {posted} posts:"
            f" {'0' if same else 'some'} rows changed",
        )
        assert same, robot.__name__
        assert bool(posted) is posts, robot.__name__
    with visitor() as page:
        thanks(page, secret)
    assert Response.objects.count() == 2


def visit(visitor: Callable, robot: Callable, secret: str) -> int:
    """Every mailed link opened by one robot with a fresh profile; how often it posted."""
    posted: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            posted.append(urlsplit(request.url).path)

    # our pages forbid every script; a scanner's own is not asked
    with visitor(bypass_csp=True) as page:
        page.on("request", note)
        for mailed in MAILED:
            robot(page, f"/s/{secret}{mailed}")
    return len(posted)
