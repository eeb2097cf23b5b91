"""Every page that a patient may come to, each with the way there."""

from datetime import timedelta

from django.test import override_settings
from playwright.sync_api import Page

from surveys import pace
from surveys.actions import answer
from surveys.actions.collect import hand_over
from surveys.actions.pin import set_pin
from surveys.language import spoken_to
from surveys.models import Occurrence, Patient, Response, Token
from surveys.patient import tablet
from tests import cast


def said(page: Page, key: str, count: int | None = None) -> str:
    """A sentence in the language the page is in, waited for: a page just sent may hold nothing."""
    language = page.locator("html[lang]").get_attribute("lang")
    return spoken_to(language or "").say(key, count, phone="")


def wait_for(page: Page, key: str, count: int | None = None) -> None:
    page.get_by_text(said(page, key, count), exact=True).wait_for()


def send(page: Page) -> None:
    """Until the page that answers is there: what follows would else meet the page just left."""
    with page.expect_navigation():
        page.click("button.send")


CHOOSE = """(all, [value, but]) => {
    for (const choices of all.map(question => [...question.elements]))
        if (!but.includes(choices[0].name)) choices.find(one => one.value === value).click()
}"""


def choose_everywhere(page: Page, value: str, *, but: tuple[str, ...] = ()) -> None:
    """All at once: one at a time, as a hand does it, is for the tests that look at the hand."""
    page.eval_on_selector_all("fieldset", CHOOSE, [value, [*but]])


def form(page: Page, secret: str) -> None:
    page.goto(f"/s/{secret}")


def blanks(page: Page, secret: str) -> None:
    form(page, secret)
    choose_everywhere(page, "0", but=("phq9.3", "phq9.9"))
    send(page)
    wait_for(page, "trouble.open", 2)


def nothing(page: Page, secret: str) -> None:
    form(page, secret)
    send(page)
    wait_for(page, "trouble.nothing")


def kept(page: Page, secret: str) -> None:
    form(page, secret)
    page.check('[name="phq9.9"][value="2"]')
    with page.expect_navigation():
        page.click('[value="later"]')
    wait_for(page, "kept.told")


def resume(page: Page, secret: str) -> None:
    kept(page, secret)
    form(page, secret)
    send(page)
    wait_for(page, "resume.please")


def thanks(page: Page, secret: str) -> None:
    form(page, secret)
    choose_everywhere(page, "0")
    send(page)
    wait_for(page, "thanks.saved")


def thanks_after_alert(page: Page, secret: str) -> None:
    form(page, secret)
    choose_everywhere(page, "0", but=("phq9.9",))
    page.check('[name="phq9.9"][value="2"]')
    send(page)
    wait_for(page, "thanks.told")


def dead_link(page: Page, secret: str) -> None:
    page.goto("/s/no-such-link")
    wait_for(page, "dead.said")


def not_saved(page: Page, secret: str) -> None:
    form(page, secret)
    Token.objects.update(revoked_at=cast.START)
    send(page)
    wait_for(page, "not_saved.said")


def closed(page: Page, secret: str) -> None:
    """What was kept is asked for when the four hours of the link's cookie are over."""
    kept(page, secret)
    form(page, secret)
    page.context.clear_cookies(name="link")
    send(page)
    wait_for(page, "not_saved.left_said")


def on_a_tablet(page: Page, _secret: str) -> None:
    """As the clinic hands it over, without the pages of the staff before it."""
    asked = Occurrence.objects.get(survey="baseline")
    handed = hand_over(asked.course, asked, "baseline", by="ruiz", now=cast.START)
    kept = tablet.begin(handed).cookies[tablet.COOKIE].value
    page.context.add_cookies([{"name": tablet.COOKIE, "value": kept, "url": page.base}])
    page.goto("/s/tablet/")


def tablet_done(page: Page, secret: str) -> None:
    on_a_tablet(page, secret)
    choose_everywhere(page, "0", but=("phq9.9",))
    page.check('[name="phq9.9"][value="2"]')
    send(page)
    wait_for(page, "thanks.told")


def tablet_over(page: Page, _secret: str) -> None:
    page.goto("/s/tablet/")
    wait_for(page, "tablet.over_said")


def not_me(page: Page, secret: str) -> None:
    page.goto(f"/s/{secret}/not-me")


def not_me_done(page: Page, secret: str) -> None:
    not_me(page, secret)
    page.check('[value="yes"]')
    send(page)
    wait_for(page, "not_me.done")


def stop(page: Page, secret: str) -> None:
    page.goto(f"/s/{secret}/stop")


def stop_without_a_choice(page: Page, secret: str) -> None:
    stop(page, secret)
    send(page)
    page.get_by_text(said(page, "choice.please")).wait_for()


def stop_done(page: Page, secret: str) -> None:
    stop(page, secret)
    page.check('[value="yes"]')
    send(page)
    wait_for(page, "stop.done")


def not_found(page: Page, secret: str) -> None:
    page.goto("/nowhere/")
    wait_for(page, "not_found.said")


def pin(page: Page, secret: str) -> None:
    asked_for_a_pin(page, secret, ["4170"])
    wait_for(page, "pin.unread")


def pin_locked(page: Page, secret: str) -> None:
    asked_for_a_pin(page, secret, ["111222"] * 5)
    wait_for(page, "pin.locked_said")


def asked_for_a_pin(page: Page, secret: str, typed: list[str]) -> None:
    set_pin(Patient.objects.get(), "417029", by="test", now=cast.START)
    with override_settings(PIN=True):
        form(page, secret)
        for signs in typed:
            page.fill("#pin", signs)
            send(page)


def thanks_with_totals(page: Page, secret: str) -> None:
    earlier = cast.START - timedelta(days=7)
    form_before = answer.record_old_response(
        Patient.objects.get().courses.get(), "phq9", cast.phq9(2, 1, 2, 1, 2, 1, 2, 1, 0), None,
        answered_at=earlier, by="test", now=earlier,
    )  # fmt: skip
    Response.objects.filter(pk=form_before.pk).update(mode="web")
    with override_settings(SHOW_SCORES=True):
        form(page, secret)
        choose_everywhere(page, "1", but=("phq9.9",))
        page.check('[name="phq9.9"][value="0"]')
        send(page)
        page.get_by_text(said(page, "totals.title")).wait_for()


def slowed(page: Page, secret: str) -> None:
    """One answer is given, and a machine was here before."""
    form(page, secret)
    occurrence = Occurrence.objects.get(ref=page.input_value('[name="form"]'))
    for _ in range(60):
        pace.count("link", str(occurrence.ref))
    page.check('[name="phq9.2"][value="1"]')
    send(page)
    page.get_by_text(said(page, "trouble.slowed")).wait_for()
    assert page.locator(":checked").count() == 1


def slowed_stranger(page: Page, secret: str) -> None:
    not_me(page, secret)
    for _ in range(60):
        pace.count("stranger", "127.0.0.1")
    page.context.clear_cookies(name="link")
    send(page)
    wait_for(page, "slowed.said")


PAGES = [
    form,
    blanks,
    nothing,
    kept,
    resume,
    thanks,
    thanks_after_alert,
    thanks_with_totals,
    slowed,
    slowed_stranger,
    not_saved,
    closed,
    on_a_tablet,
    tablet_done,
    tablet_over,
    dead_link,
    pin,
    pin_locked,
    not_me,
    not_me_done,
    stop,
    stop_without_a_choice,
    stop_done,
    not_found,
]
