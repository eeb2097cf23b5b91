"""Monday's reports as a page: one's own, in order, with old ones called old."""

from datetime import timedelta

import pytest

from reports.packets import weekly_packet
from surveys.models import Patient
from tests import cast
from tests.clinic.conftest import days, views

pytestmark = pytest.mark.django_db


@pytest.fixture
def packet():
    courses = [cast.ana(), cast.ana(code="A-003", email="cleo@mail.example")]
    week = {"week": cast.START.date(), "by": "flow", "now": cast.START}
    return weekly_packet(cast.okafor(), courses, **week)


def shown(enter) -> str:
    return enter(cast.okafor()).get("/week/packet/").content.decode()


def test_it_lists_each_report_with_its_page_and_its_paper(packet, enter):
    text = shown(enter)
    for patient in Patient.objects.all():
        assert f'href="/patients/{patient.ref}/reports/1/"' in text
        assert f'href="/patients/{patient.ref}/reports/1.pdf"' in text
    assert f'href="/week/packet/{packet.pk}.pdf"' in text
    assert views()[-1][1] == "list:packet"


def test_nobody_who_is_with_somebody_else_by_now_is_on_it(packet, enter):
    Patient.objects.filter(code="A-003").update(clinician=cast.lindqvist())
    text = shown(enter)
    assert "A-001" in text
    assert "A-003" not in text
    paper = enter(cast.okafor()).get(f"/week/packet/{packet.pk}.pdf")
    assert paper["Content-Type"] == "application/pdf"
    assert views()[-1][2] == {"patients": [Patient.objects.get(code="A-001").pk]}


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (days(8), ""),
        (days(9) - timedelta(minutes=1), ""),
        (days(9), "Stale: gathered 9 days ago; a new one is due every 7 days."),
    ],
)
def test_a_packet_that_has_no_successor_in_time_is_called_stale(packet, enter, clock, age, said):
    clock(cast.START + age)
    text = shown(enter)
    assert said in text
    assert ("Stale: gathered" in text) == bool(said)


def test_before_the_first_monday_there_is_none_and_it_says_so(enter):
    assert "No packet has been gathered for you yet." in shown(enter)
