"""The week's reports as files: the stored bytes, private, written once."""

import json

import pytest

from reports.actions import build_report
from reports.evidence import shipped_rules
from reports.shelf import put_on_shelf
from tests.cast import DAY, START, ana

pytestmark = pytest.mark.django_db


@pytest.fixture
def report():
    now = START + 7 * DAY
    return build_report(ana(), as_of=now, known_at=now, by="flow:weekly", now=now)


def test_each_report_is_a_page_and_a_pdf_with_the_stored_bytes(report, tmp_path):
    page, pdf, _ = put_on_shelf([report], tmp_path)
    assert page == tmp_path / "2026-03-09" / "A-001-report-1.html"
    assert page.read_text() == report.html
    assert pdf.read_bytes() == bytes(report.pdf)
    assert pdf.stat().st_mode & 0o777 == 0o600


def test_beside_them_lies_where_each_sentence_comes_from(report, tmp_path):
    page, _, trace = put_on_shelf([report], tmp_path)
    told = json.loads(trace.read_text())
    assert trace.name == "A-001-report-1.json"
    assert (told["report"], told["digest"]) == (1, report.digest)
    assert told["sentences"] == report.page["traced"]
    assert told["read"] == report.page["read"]
    of_the_day = {f"rule {rule.id}": rule.version for rule in shipped_rules()}
    assert told["versions"]["rule D0"] == of_the_day["rule D0"]
    assert trace.name in page.read_text(), "the page itself names the file"


def test_again_writes_nothing_and_mends_what_was_changed(report, tmp_path):
    page, *_ = put_on_shelf([report], tmp_path)
    written = page.stat().st_mtime_ns
    put_on_shelf([report], tmp_path)
    assert page.stat().st_mtime_ns == written
    page.write_text("somebody's edit")
    put_on_shelf([report], tmp_path)
    assert page.read_text() == report.html


def test_an_id_with_a_slash_stays_in_its_folder(report, tmp_path):
    report.course.patient.code = "../7/A"
    page, *_ = put_on_shelf([report], tmp_path)
    assert page.parent == tmp_path / "2026-03-09"
