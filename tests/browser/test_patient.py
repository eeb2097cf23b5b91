"""The patient's door in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from surveys.actions import answer
from surveys.models import Alert, Occurrence, Response
from tests.browser.conftest import broken_rules
from tests.browser.patient_pages import PAGES, blanks, choose_everywhere, form, send, thanks

MOST_BYTES = 20 * 1024  # unpacked; on the way it is a quarter of that
SMALLEST_TARGET = 46  # CSS pixels
NO_SCRIPT = {"java_script_enabled": False}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("reach", PAGES)
def test_a_page_is_for_everybody(visitor, secret, reach, language):
    with visitor(locale=f"{language}-US") as page:
        reach(page, secret)
        assert page.evaluate("document.documentElement.lang") == language
        assert broken_rules(page) == []
        assert scrolled_sideways(page) == []
        page.set_viewport_size({"width": 320, "height": 844})
        assert small_targets(page) == []
        enlarge_letters(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert scrolled_sideways(page) == []


def scrolled_sideways(page: Page) -> list[int]:
    """Widths at which the page is wider. 320: also 1280 at 400 %; 640: 1280 at 200 %."""
    wider = []
    for width in (320, 390, 640, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth") != width:
            wider.append(width)
    return wider


def small_targets(page: Page) -> list[tuple[str, float]]:
    sizes = page.eval_on_selector_all(
        "label, button, li a",
        "all => all.map(target => [target.innerText, target.getBoundingClientRect().height])",
    )
    assert sizes
    return [(text, height) for text, height in sizes if height < SMALLEST_TARGET]


def enlarge_letters(page: Page) -> None:
    """Twice as large, as the reader's own setting would: the page's policy has no say in it."""
    before = page.locator("h1").bounding_box()["height"]
    tools = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        tools.send(f"{domain}.enable")
    frame = tools.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    sheet = tools.send("CSS.createStyleSheet", {"frameId": frame})["styleSheetId"]
    rule = {"styleSheetId": sheet, "text": "html { font-size: 200% }"}
    tools.send("CSS.setStyleSheetText", rule)
    assert page.locator("h1").bounding_box()["height"] > 1.5 * before


def tab_to(page: Page, kind: str) -> None:
    for _ in range(page.locator("a, button, input").count()):
        if page.evaluate("document.activeElement.type") == kind:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no {kind} is reached")


def test_the_whole_form_by_keyboard_without_script(visitor, secret):
    """Tab enters a question, the arrows choose, Tab goes on; Enter on the button sends."""
    with visitor(**NO_SCRIPT) as page:
        form(page, secret)
        for number in range(17):
            tab_to(page, "radio")
            page.keyboard.press("Space")
            for _ in range(number % 3):
                page.keyboard.press("ArrowDown")
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Send my answers"
        page.keyboard.press("Enter")
        page.get_by_text("Thank you. Your answers are saved.").wait_for()
    answers = {row.instrument: row.answers for row in Response.objects.all()}
    assert answers["phq9"] == {str(n): (n - 1) % 3 for n in range(1, 11)}
    assert answers["gad7"] == {str(n): (n + 9) % 3 for n in range(1, 8)}


def test_open_questions_are_reached_from_the_list_by_keyboard(visitor, secret):
    with visitor(**NO_SCRIPT) as page:
        blanks(page, secret)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator('[name="phq9.3"]:focus')).to_have_count(1)
        covered = page.locator(".progress").bounding_box()["height"]
        assert page.locator("#q3 legend").bounding_box()["y"] > covered
        page.keyboard.press("Space")
        page.get_by_role("button", name="Leave these open and send").click()
        page.get_by_text("Thank you. Your answers are saved.").wait_for()
    assert Response.objects.get(instrument="phq9").answers["9"] is None


def test_where_the_keyboard_is_can_be_seen(visitor, secret):
    with visitor(**NO_SCRIPT) as page:
        form(page, secret)
        row = page.locator("fieldset label").first
        outline = "element => getComputedStyle(element).outlineStyle"
        assert row.evaluate(outline) == "none"
        tab_to(page, "radio")
        assert row.evaluate(outline) == "solid"


def test_the_count_follows_the_answers_without_script(visitor, secret):
    with visitor(**NO_SCRIPT) as page:
        form(page, secret)
        assert spoken_count(page) == "0 of 17 answered"
        page.check('[name="phq9.1"][value="3"]')
        page.check('[name="phq9.2"][value="declined"]')
        assert spoken_count(page) == "2 of 17 answered"
        blanks(page, secret)
        assert spoken_count(page) == "15 of 17 answered"


def test_what_an_answer_passes_over_is_out_of_sight_without_script(visitor, secret, occurrence):
    Occurrence.objects.filter(pk=occurrence.pk).update(instruments=["phq_panic", "gad7"])
    with visitor(**NO_SCRIPT) as page:
        form(page, secret)
        assert page.locator("fieldset:visible").count() == 12
        page.check('[name="phq_panic.c"][value="1"]')
        page.check('[name="phq_panic.a"][value="0"]')
        assert page.locator("fieldset:visible").count() == 8
        assert spoken_count(page) == "1 of 8 answered"
        page.check('[name="phq_panic.a"][value="1"]')
        assert page.locator("fieldset:visible").count() == 12
        page.check('[name="phq_panic.a"][value="0"]')
        choose_everywhere(page, "0", but=tuple(f"phq_panic.{code}" for code in "abcde"))
        send(page)
        page.get_by_text("Thank you. Your answers are saved.").wait_for()
    answers = Response.objects.get(instrument="phq_panic").answers
    assert answers == {"a": 0, "b": None, "c": None, "d": None, "e": None}


def spoken_count(page: Page) -> str:
    """The progress line as assistive technology reads it, generated numbers included."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    text = [
        node["name"]["value"]
        for node in tree
        if node.get("role", {}).get("value") == "StaticText" and not node["ignored"]
    ]
    # the last one: a page that comes back has it as its heading, too
    place = len(text) - 1 - text[::-1].index("Your check-in")
    return " ".join("".join(text[place + 1 : place + 5]).split())


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_longest_page_is_light(visitor, secret, language):
    with visitor() as page:
        form(page, secret)
        page.wait_for_load_state("networkidle")
        fetched = {r.url: len(r.body()) for r in page.record.responses if r.status == 200}
    assert len(fetched) >= 2
    assert sum(fetched.values()) <= MOST_BYTES, fetched


def test_pressing_send_twice_is_harmless(visitor, secret, occurrence):
    with visitor(**NO_SCRIPT) as page:
        form(page, secret)
        choose_everywhere(page, "0", but=("phq9.9",))
        page.check('[name="phq9.9"][value="1"]')
        page.get_by_role("button", name="Send my answers").dblclick()
        page.get_by_text("Thank you. Your answers are saved.").wait_for()
    assert Response.objects.count() == len(answer.instruments_of(occurrence))
    assert Alert.objects.count() == 1


def test_going_back_shows_no_answers(visitor, secret):
    with visitor(**NO_SCRIPT) as page:
        thanks(page, secret)
        page.go_back()
        page.get_by_text("This link is not open.").wait_for()
        assert page.locator("[type=radio]").count() == 0
