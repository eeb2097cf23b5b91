"""A clinic took away the file of a protocol that a course still follows."""

import shutil
from pathlib import Path

import pytest
from django.test import Client

from surveys.models import Course
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(settings, tmp_path):
    """Ana's; Ben follows what is still there."""
    cast.ben(clinician=cast.okafor())
    settings.INSTRUMENTS = tmp_path / "own"
    file = settings.INSTRUMENTS / "protocols" / "two-forms.toml"
    file.parent.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / "model" / file.name, file)
    course = cast.ana(protocol="two-forms")
    settings.INSTRUMENTS = None  # as it is read after the next start without the file
    return course


@pytest.fixture
def lead(course, enter) -> Client:
    return enter(cast.lead())


def pages(patient) -> dict[str, str]:
    return {
        "plan": f"/patients/{patient.ref}/plan/",
        "report": f"/patients/{patient.ref}/",
        "protocol": f"/patients/{patient.ref}/protocol/",
        "collect": f"/patients/{patient.ref}/answers/",
        "cohort": "/cohort/",
    }


@pytest.mark.parametrize("name", ["plan", "report", "protocol", "collect", "cohort"])
def test_its_pages_say_which_file_to_put_back(lead, course, name):
    answer = lead.get(pages(course.patient)[name])
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "<code>two-forms.toml</code>" in page
    assert "<code>AFTERGLOW_INSTRUMENTS</code>" in page
    assert "Answers are stored and alerts are sent as ever" in page


@pytest.mark.parametrize("name", ["plan", "report", "protocol", "collect"])
def test_nobody_elses_page_is_hindered(lead, course, name):
    ben = Course.objects.exclude(pk=course.pk).get().patient
    assert lead.get(pages(ben)[name]).status_code == 200


@pytest.mark.parametrize("address", ["/", "/patients/", "/alerts/", "/front-desk/"])
def test_nor_is_a_page_about_everybody(lead, address):
    assert lead.get(address, follow=True).status_code == 200


def test_the_week_says_whose_page_cannot_be_read(lead):
    page = lead.get("/week/").content.decode()
    assert "Cannot be read" in page
    assert "two-forms.toml" in page
    assert page.count("A-001") == page.count("A-002") == 1


def test_whoever_is_not_signed_in_is_told_nothing(course):
    answer = Client().get(pages(course.patient)["plan"])
    assert (answer.status_code, "two-forms" in answer.content.decode()) == (302, False)
