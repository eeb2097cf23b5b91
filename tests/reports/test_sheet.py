"""One patient, one sheet of paper that can be read: how close it is set is estimated beforehand."""

import io
import math
from dataclasses import replace

import pytest
from pypdf import PdfReader

from flows.bench.caseload import courses as made_up
from reports.evidence import shipped_rules
from reports.page import build_page, build_pages
from reports.render import chart_heights, fitted, render_pdf
from reports.sheet import HEIGHT, SETTINGS, height, settings_to_try
from surveys.instrument import shipped_instruments
from tests.reports import courses
from tests.reports.fuller_courses import like_the_demo, two_years

FULL = {
    "like the demo": like_the_demo,
    **{f"two years, {number}": lambda number=number: two_years(number) for number in (0, 1, 3, 9)},
}


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


@pytest.mark.parametrize("make", FULL.values(), ids=FULL)
def test_a_full_course_is_one_sheet_with_no_type_under_7_5_points(make):
    pdf = render_pdf(page_of(make()))
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert min(sizes(pdf)) >= 7.5


def test_what_paper_leaves_out_is_counted():
    page = page_of(two_years(0))
    assert page.interval_title.startswith("The last seven intervals and their rebound; ")
    assert page.forms.title.startswith("Last three of 5")
    assert " earlier: " in page.interval_findings
    (missing,) = [line for line in page.blocks[1].lines if line.startswith("Missing")]
    assert missing.endswith(" before.")


def test_a_fuller_page_is_set_closer_and_never_closer_than_the_last_setting():
    page = page_of(courses.sparse())
    room = HEIGHT - height(page, SETTINGS[2])
    every = len(SETTINGS)
    assert settings_to_try(page, [room] * every) == SETTINGS[2:]
    assert settings_to_try(page, [HEIGHT] * every) == SETTINGS[-1:]
    assert settings_to_try(page, [0] * every) == SETTINGS


def test_no_setting_has_type_too_small_to_read():
    assert min(setting.size for setting in SETTINGS) == 7.5


def test_more_words_take_more_room():
    page = page_of(courses.sparse())
    assert height(replace(page, sentence=page.sentence * 3), SETTINGS[1]) > height(
        page, SETTINGS[1]
    )


@pytest.mark.parametrize("start", [0.0, 10_000.0])
def test_a_wrong_estimate_costs_time_and_never_a_sheet(start, monkeypatch):
    """Taken for much too short or much too long, the page still comes out on one sheet."""
    monkeypatch.setattr("reports.sheet.HEIGHT", HEIGHT - 5_000 + start)
    pdf = render_pdf(page_of(courses.wane_and_rebound()))
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


@pytest.mark.parametrize("height", [HEIGHT, 10_000])
def test_where_one_sheet_is_not_enough_the_evidence_begins_the_second(height, monkeypatch):
    """Whether that was expected or not. Each sheet says whose it is, and which of how many."""
    monkeypatch.setattr("reports.sheet.HEIGHT", height)
    page = page_of(courses.wane_and_rebound())
    lines = tuple(f"Corrected for the {n}th time." for n in range(36))
    page = replace(page, blocks=(replace(page.blocks[0], lines=lines), *page.blocks[1:]))
    sheets = PdfReader(io.BytesIO(render_pdf(page))).pages
    first, second = ["".join(sheet.extract_text().split()) for sheet in sheets]
    assert ["Page1of2" in first, "Page2of2" in second] == [True, True]
    for sheet in (first, second):
        assert sheet.startswith("A-017R.M.Depression,treatment-resistant")
        assert "dataasofSun25Oct2026" in sheet
    assert "Lastthreeof23forms" in first
    assert "EvidenceFixedorder" not in first
    assert second.index("EvidenceFixedorder") < second.index("Correctedforthe35thtime.")
    assert "Signed,date" in second


def test_nearly_every_page_is_laid_out_once():
    pages = list(build_pages(list(made_up(0, 12)), shipped_instruments(), shipped_rules()))
    as_estimated = [
        fitted(page)[0] == settings_to_try(page, chart_heights(page.chart))[0] for page in pages
    ]
    assert sum(as_estimated) >= 11


def sizes(pdf):
    """Of every letter on the page, in points as printed."""
    found = set()

    def note(text, picture, place, _font, size):
        if text.strip():
            found.add(round(size * scale(picture) * scale(place), 2))

    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=note)
    return found


def scale(matrix):
    return math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))
