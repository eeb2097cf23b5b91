"""A clinician's week on disk: a list, a page and a PDF each, one PDF with all; once, and whole."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

from flows import weekly
from flows.drawing import drawing
from reports.actions import read_page
from reports.models import Packet, Report
from reports.packets import reports_of
from reports.render import print_page
from surveys.actions.answer import record_old_response
from surveys.actions.staff import end_account
from surveys.actions.watch import alarms
from surveys.mail.lint import telling_words
from surveys.models import Staff
from tests import cast
from tests.doors import every_row

MONDAY = cast.START + timedelta(days=35)


@pytest.fixture
def shelf(settings, tmp_path) -> Path:
    settings.REPORTS_FOLDER = tmp_path / "reports"
    return settings.REPORTS_FOLDER


@pytest.fixture
def clinic(db, shelf):
    """Ana is steady; Cleo rose, so she comes first. Both are Dr Okafor's; Ben is another's."""
    ana, ben = cast.ana(), cast.ben()
    cleo = cast.ana(code="A-003", given_name="Cleo", email="cleo@mail.example")
    for made, totals in ((ana, (6, 6, 6, 6)), (ben, (9, 9, 9, 9)), (cleo, (5, 5, 5, 20))):
        for week, total in enumerate(totals):
            at = cast.START + timedelta(days=7 * week + 8)
            answers = cast.phq9(*[min(3, max(0, total - 3 * n)) for n in range(8)], 0)
            record_old_response(made, "phq9", answers, None, answered_at=at, by="import", now=at)
    cast.lead()


def files(shelf: Path) -> dict[str, bytes]:
    return {str(p.relative_to(shelf)): p.read_bytes() for p in shelf.rglob("*") if p.is_file()}


def packet_of(shelf: Path, name: str, kind: str) -> Path:
    (found,) = shelf.rglob(f"packet-{name}-*.{kind}")
    return found


def test_the_list_has_every_report_in_the_order_of_the_caseload(clinic, shelf):
    weekly.run_once(MONDAY)
    page = packet_of(shelf, "m-haddad", "html")
    text = page.read_text()
    codes = re.findall(r'<th scope="row">(\S+) ', text)
    places = {one.course.patient.code: one.page["attention"]["place"] for one in every_report()}
    assert codes == sorted(places, key=lambda code: (places[code], code))
    assert len(codes) == 3
    for link in re.findall(r'href="([^"#]+)"', text):
        assert (page.parent / link).is_file(), link


@pytest.mark.parametrize("left", ["to a successor", "before there were successors"])
def test_whoever_leaves_takes_no_patient_out_of_mondays_packets(clinic, shelf, left):
    """The successor has them; where the account just ended, the lead, who reads about everybody."""
    okafor, lindqvist = cast.okafor(), cast.lindqvist()
    if left == "to a successor":
        end_account(okafor, lindqvist, by="cli", now=MONDAY)
    else:
        Staff.objects.filter(pk=okafor.pk).update(is_active=False)
    weekly.run_once(MONDAY)
    heirs = lindqvist if left == "to a successor" else cast.lead()
    packet = Packet.objects.get(staff=heirs)
    read = {report.course.patient.code for report in reports_of(packet)}
    assert read == {"A-001", "A-002", "A-003"}
    assert not Packet.objects.filter(staff=okafor).exists()
    assert alarms(now=MONDAY) == []


def test_patients_whom_nobody_would_read_about_alarm_until_somebody_does(clinic, shelf):
    Staff.objects.filter(role="lead").update(is_active=False)
    okafor = cast.okafor()
    Staff.objects.filter(pk=okafor.pk).update(is_active=False)
    (alarm,) = alarms(now=MONDAY)
    assert alarm.what == "2 people are followed by nobody who still works here."
    assert telling_words(alarm.what) == []
    end_account(okafor, cast.lindqvist(), by="cli", now=MONDAY)
    assert alarms(now=MONDAY) == []


def every_report():
    return Report.objects.select_related("course__patient")


def test_each_row_says_how_fresh_it_is(clinic, shelf):
    weekly.run_once(MONDAY)
    text = packet_of(shelf, "n-okafor", "html").read_text()
    assert text.count("data as of Mon 6 Apr 2026") == 2
    assert text.count("Surveys expected so far") == 2
    assert text.count("Report 1, none before it") == 2


def test_all_sheets_are_one_tagged_document_with_a_bookmark_each(clinic, shelf):
    weekly.run_once(MONDAY)
    reader = PdfReader(io.BytesIO(packet_of(shelf, "m-haddad", "pdf").read_bytes()))
    assert len(reader.pages) == 1 + 3
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    marks = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert marks[0] == "Reports of the week of Mon 6 Apr 2026"
    assert {mark.split()[0] for mark in marks[1:]} == {"A-001", "A-002", "A-003"}
    assert b"pdfuaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()


def test_a_clinician_gets_their_own_and_the_lead_everybody_without_building_twice(clinic, shelf):
    weekly.run_once(MONDAY)
    found = {packet.staff.name: len(packet.reports) for packet in Packet.objects.all()}
    assert found == {"N. Okafor": 2, "P. Lindqvist": 1, "M. Haddad": 3}
    assert Report.objects.count() == 3


def test_pages_drawn_by_two_processes_are_the_pages_that_one_would_draw(clinic, shelf):
    assert weekly.run_once(MONDAY, workers=2)["accepted"] == 3
    for one in every_report():
        _, page = read_page(one.course, as_of=MONDAY, known_at=MONDAY, number=1)
        drawn = print_page(page)
        assert (one.html, bytes(one.pdf)) == (drawn.html, drawn.pdf)


def test_a_sheet_is_set_once_by_itself_and_once_in_each_packet_it_is_in(clinic, shelf, monkeypatch):
    titles, compile_ = [], typst.compile

    def counted(*given, sys_inputs, **settings):
        titles.append(json.loads(sys_inputs["printed"])["title"])
        return compile_(*given, sys_inputs=sys_inputs, **settings)

    monkeypatch.setattr(typst, "compile", counted)
    weekly.run_once(MONDAY)
    alone = [title for title in titles if not title.startswith("Reports of")]
    assert sorted(alone) == [f"A-00{n}, report 1" for n in (1, 2, 3)]
    assert len(titles) - len(alone) == 3, "one document a clinician, made once"


def test_a_page_that_cannot_be_drawn_holds_up_no_other(clinic, shelf, monkeypatch):
    with drawing(1) as draw:
        assert draw([None, None]) == [None, None]

    def stumble(course, **_):
        raise ValueError("not to be read")

    monkeypatch.setattr(weekly, "read_page", stumble)
    assert weekly.run_once(MONDAY)["accepted"] == 3, "each is drawn where it is stored"


def test_run_twice_nothing_changes_neither_a_row_nor_a_byte(clinic, shelf, mailbox):
    weekly.run_once(MONDAY)
    rows, kept, mails = every_row(), files(shelf), len(list(mailbox.rglob("*.eml")))
    weekly.run_once(MONDAY + timedelta(hours=3))
    assert every_row() == rows
    assert files(shelf) == kept
    assert len(list(mailbox.rglob("*.eml"))) == mails == 3


def test_a_packet_is_gathered_once_whatever_is_answered_before_its_mail_leaves(
    clinic, shelf, monkeypatch
):
    monkeypatch.setattr(weekly, "hand_over", lambda *_, **__: "retry")
    weekly.run_once(MONDAY)
    kept = files(shelf)
    cast.ana(code="A-009", email="late@mail.example", now=MONDAY + cast.HOUR)
    packet_of(shelf, "n-okafor", "pdf").unlink()
    monkeypatch.undo()
    weekly.run_once(MONDAY + timedelta(hours=3))
    assert files(shelf) == kept


def test_a_new_week_names_the_report_before(clinic, shelf):
    weekly.run_once(MONDAY)
    weekly.run_once(MONDAY + timedelta(days=7))
    newest = every_report().filter(number=2).first()
    assert newest.page["freshness"]["numbered"] == "Report 2, after report 1 of Mon 6 Apr"


def test_progress_is_two_counts_from_the_first_shard_to_the_last_packet(clinic, shelf, monkeypatch):
    monkeypatch.setattr(weekly, "SHARD", 2)
    told = []
    weekly.run_once(MONDAY, tell=lambda done, of: told.append((done, of)))
    assert told == [(2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]
