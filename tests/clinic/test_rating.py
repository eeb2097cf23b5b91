"""CGI-I: the clinician's own judgement, in its published words, under the clinician's name."""

import html

import pytest
from django.urls import reverse

from reports.actions import read_page
from surveys.actions import send
from surveys.actions.answer import StillBlank, rate, submit
from surveys.instrument import shipped_instruments
from surveys.models import Event, Message, Response
from surveys.scoring import AnswerError
from tests import cast

pytestmark = pytest.mark.django_db

CGI = shipped_instruments()["cgi_i"]


def path(course, instrument="cgi_i") -> str:
    return reverse("rating", kwargs={"ref": course.patient.ref, "instrument": instrument})


def seen(hers, course) -> str:
    page = hers.get(path(course)).content.decode()
    return page.split('name="seen" value="')[1].split('"')[0]


def test_the_words_are_the_published_ones_and_the_licence_stands_below(hers, course):
    page = html.unescape(hers.get(path(course)).content.decode())
    assert CGI.items[0].text in page
    for option in CGI.items[0].options:
        assert f"{option.value} = {option.label}" in page
    assert "US Government work, in the public domain." in page
    assert "checked" not in page


@pytest.mark.parametrize(
    ("answer", "total", "responder"), [(1, 1, True), (2, 2, True), (3, 3, False), (0, None, False)]
)
def test_it_is_stored_as_a_response_of_whoever_rated(hers, course, answer, total, responder):
    hers.post(path(course), {"cgi_i.1": str(answer), "seen": seen(hers, course)})
    (row,) = Response.objects.filter(instrument="cgi_i")
    assert (row.mode, row.entered_by) == ("rated", f"staff:{course.patient.clinician.pk}")
    assert (row.occurrence, row.answers) == (None, {"1": answer})
    assert row.score.total == total
    assert bool(row.score.flags.get("responder")) is responder
    assert Event.objects.filter(verb="rated", by=row.entered_by).count() == 1


def test_pressing_twice_rates_once_and_a_new_look_rates_again(hers, course):
    first = seen(hers, course)
    for _ in range(2):
        hers.post(path(course), {"cgi_i.1": "2", "seen": first})
    assert Response.objects.count() == 1
    rate(
        course, "cgi_i", {"1": 2}, since=cast.START + cast.DAY, by="staff:1",
        now=cast.START + cast.DAY,
    )  # fmt: skip
    assert Response.objects.count() == 2


def test_two_judgements_of_one_instant_are_both_kept(course):
    """Two people press at once, or a clock stands still: nobody meets an error."""
    for by, answer in (("staff:1", 2), ("staff:2", 3), ("staff:1", 4)):
        rate(course, "cgi_i", {"1": answer}, since=cast.START, by=by, now=cast.START)
    kept = Response.objects.order_by("pk").values_list("answers", "entered_by")
    assert [(answers["1"], by) for answers, by in kept] == [
        (2, "staff:1"), (3, "staff:2"), (4, "staff:1"),
    ]  # fmt: skip
    assert len({row.answered_at for row in Response.objects.all()}) == 3


@pytest.mark.parametrize("typed", [{}, {"cgi_i.1": "8"}, {"cgi_i.1": ["1", "2"]}])
def test_without_one_answer_nothing_is_recorded(hers, course, typed):
    answer = hers.post(path(course), typed)
    assert answer.status_code == 422
    assert "Not recorded yet." in answer.content.decode()
    assert not Response.objects.exists()


@pytest.mark.parametrize("instrument", ["phq9", "nothing"])
def test_what_patients_answer_is_not_rated_here(hers, course, instrument):
    assert hers.get(path(course, instrument)).status_code == 404


@pytest.mark.parametrize(
    ("instrument", "answers", "error"),
    [
        ("phq9", cast.phq9(*[0] * 9), ValueError),
        ("cgi_i", {"1": None}, StillBlank),
        ("cgi_i", {"1": 8}, AnswerError),
        ("cgi_i", {"2": 1}, AnswerError),
    ],
)
def test_the_verb_refuses(course, instrument, answers, error):
    with pytest.raises(error):
        rate(course, instrument, answers, since=cast.START, by="staff:1", now=cast.START)
    assert not Response.objects.exists()


def test_it_is_never_mailed(hers, course):
    hers.post(path(course), {"cgi_i.1": "2"})
    cast.due(course, "baseline", now=cast.START)
    for row in course.occurrences.all():
        assert "cgi_i" not in row.instruments
        send.invite(row.pk, by="flow", now=cast.START)
    mailed = Message.objects.values_list("occurrence__instruments", flat=True)
    assert mailed
    assert [names for names in mailed if "cgi_i" in names] == []


def test_the_report_shows_it_as_its_own(hers, course):
    first = cast.due(course, "baseline", now=cast.START)
    submit(first, {"phq9": cast.phq9(*[1] * 8, 0)}, mode="web", by="patient", now=cast.START)
    hers.post(path(course), {"cgi_i.1": "2"})
    _, page = read_page(course, as_of=cast.START + cast.DAY, known_at=cast.START + cast.DAY)
    block = page.blocks[-1]
    assert block.title == "Rated by the clinician"
    assert block.lines == ("CGI-I 2: Much improved. 2 Mar, N. Okafor.",)
    group = page.chart.groups[-1]
    assert [(row.title, row.latest, len(row.marks)) for row in group.rows] == [
        ("CGI-I, 1–7", "2, 2 Mar", 1)
    ]
    assert {what.what for what in page.values} == {"PHQ-9"}, "not among the patient's own scores"


def test_without_a_rating_the_report_says_nothing_of_it(course):
    _, page = read_page(course, as_of=cast.START, known_at=cast.START)
    assert [block.title for block in page.blocks if "Rated" in block.title] == []
