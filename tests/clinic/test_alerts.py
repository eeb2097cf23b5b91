"""An alert is acknowledged by a press of a signed-in person, then closed with what was done."""

import pytest

from surveys.actions import alert as verbs
from surveys.actions.answer import submit
from surveys.models import Alert, Event
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert() -> Alert:
    """Ana answered item 9; Dr Okafor, on call, was told by mail."""
    occurrence = cast.due(cast.ana(), "baseline", now=cast.START)
    answers = {"phq9": cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 1)}
    raised = submit(occurrence, answers, mode="web", by="patient", now=cast.START).alert
    verbs.notify(raised.pk, by="flow", now=cast.START)
    return raised


@pytest.fixture
def okafor(enter):
    return enter(cast.okafor())


def state(alert: Alert) -> tuple[str, str]:
    alert.refresh_from_db()
    return alert.state, alert.acknowledged_by.name if alert.acknowledged_by else ""


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_pages_or_following_links_acknowledges_nothing(alert, okafor, method):
    opened = [f"/alerts/{alert.pk}/{last}" for last in ("", "acknowledge/", "outcome/")]
    codes = [getattr(okafor, method)(path).status_code for path in ["/alerts/", *opened]]
    assert codes == [200, 200, 405, 405]
    assert state(alert) == ("notified", "")


def test_a_press_acknowledges_and_names_who(alert, okafor, clock):
    clock(cast.START + 12 * cast.MINUTE)
    okafor.post(f"/alerts/{alert.pk}/acknowledge/")
    assert state(alert) == ("acknowledged", "N. Okafor")
    page = okafor.get(f"/alerts/{alert.pk}/").content.decode()
    assert "after 12 min" in page


def test_a_second_press_by_somebody_else_leaves_the_first_named(alert, okafor, enter):
    okafor.post(f"/alerts/{alert.pk}/acknowledge/")
    enter(cast.lead()).post(f"/alerts/{alert.pk}/acknowledge/")
    assert state(alert) == ("acknowledged", "N. Okafor")
    assert Event.objects.filter(verb="acknowledged alert").count() == 1


def test_the_front_desk_cannot(alert, enter):
    desk = enter(cast.ruiz())
    pressed = [f"/alerts/{alert.pk}/acknowledge/", f"/alerts/{alert.pk}/outcome/"]
    assert [desk.post(path).status_code for path in pressed] == [403, 403]
    assert state(alert) == ("notified", "")


def test_without_the_forgery_token_nothing_is_acknowledged(alert, enter):
    okafor = enter(cast.okafor(), enforce_csrf_checks=True)
    assert okafor.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 403
    assert state(alert) == ("notified", "")


def test_it_closes_only_with_words_and_only_once_acknowledged(alert, okafor):
    outcome = f"/alerts/{alert.pk}/outcome/"
    okafor.post(outcome, {"outcome": "Called at once."})
    assert state(alert) == ("notified", "")
    okafor.post(f"/alerts/{alert.pk}/acknowledge/")
    assert okafor.post(outcome, {"outcome": "  "}).status_code == 422
    assert state(alert) == ("acknowledged", "N. Okafor")
    okafor.post(outcome, {"outcome": "Called at once."})
    assert state(alert) == ("closed", "N. Okafor")
    assert alert.outcome == "Called at once."


def test_a_second_outcome_does_not_replace_the_first(alert, okafor):
    okafor.post(f"/alerts/{alert.pk}/acknowledge/")
    for words in ("Called at once.", "Something else."):
        okafor.post(f"/alerts/{alert.pk}/outcome/", {"outcome": words})
    alert.refresh_from_db()
    assert alert.outcome == "Called at once."


def test_whoever_was_told_may_open_it_until_it_is_closed(alert, okafor, enter):
    other = enter(cast.lindqvist())
    assert other.get(f"/alerts/{alert.pk}/").status_code == 404
    for hours in (2, 4, 6):  # on call; then hers and the lead; then every clinician
        verbs.notify(alert.pk, by="flow", now=cast.START + hours * cast.HOUR)
    assert other.get(f"/alerts/{alert.pk}/").status_code == 200
    okafor.post(f"/alerts/{alert.pk}/acknowledge/")
    okafor.post(f"/alerts/{alert.pk}/outcome/", {"outcome": "Called at once."})
    assert other.get(f"/alerts/{alert.pk}/").status_code == 404


def test_the_page_never_says_that_there_is_no_risk(alert, okafor):
    okafor.post(f"/alerts/{alert.pk}/acknowledge/")
    okafor.post(f"/alerts/{alert.pk}/outcome/", {"outcome": "Called at once."})
    page = okafor.get("/alerts/").content.decode()
    assert "item 9 at 0 clears nobody" in page
    assert "no risk" not in page.lower()
