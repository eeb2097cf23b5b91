"""The type size is estimated, so that nearly every page is laid out once."""

import io
import re
from collections import Counter
from dataclasses import replace

import pytest
from pypdf import PdfReader

from flows.bench.caseload import courses as made_up
from reports.charts import chart_svg
from reports.evidence import shipped_rules
from reports.page import build_page, build_pages
from reports.render import render_pdf
from reports.sheet import HEIGHT, SIZES, WIDTH, height, sizes_to_try
from surveys.instrument import shipped_instruments
from tests.reports import courses


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


def test_a_fuller_page_is_set_smaller_and_never_below_the_last_size():
    page = page_of(courses.sparse())
    room = HEIGHT - height(page, SIZES[1])
    assert sizes_to_try(page, room) == SIZES[1:]
    assert sizes_to_try(page, room + 1) == SIZES[2:]
    assert sizes_to_try(page, HEIGHT) == SIZES[-1:]
    assert sizes_to_try(page, 0) == SIZES


def test_more_words_take_more_room():
    page = page_of(courses.sparse())
    assert height(replace(page, sentence=page.sentence * 3), 7.1) > height(page, 7.1)


@pytest.mark.parametrize("start", [0.0, 10_000.0])
def test_a_wrong_estimate_costs_time_and_never_a_sheet(start, monkeypatch):
    """Taken for much too short or much too long, the page still comes out on one sheet."""
    monkeypatch.setattr("reports.sheet.HEIGHT", HEIGHT - 5_000 + start)
    pdf = render_pdf(page_of(courses.wane_and_rebound()))
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


@pytest.mark.parametrize("height", [HEIGHT, 10_000])
def test_a_second_sheet_is_counted_whether_it_was_expected_or_not(height, monkeypatch):
    monkeypatch.setattr("reports.sheet.HEIGHT", height)
    [page] = build_pages(list(made_up(1, 2)), shipped_instruments(), shipped_rules())
    sheets = PdfReader(io.BytesIO(render_pdf(page))).pages
    said = ["".join(sheet.extract_text().split()) for sheet in sheets]
    assert ["Page1of2" in said[0], "Page2of2" in said[1]] == [True, True]


def test_nearly_every_page_is_laid_out_once():
    pages = list(build_pages(list(made_up(0, 20)), shipped_instruments(), shipped_rules()))
    as_estimated = [body_size(render_pdf(page)) == first_size(page) for page in pages]
    assert sum(as_estimated) >= 18


def first_size(page):
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', chart_svg(page.chart, "print"))
    return sizes_to_try(page, float(box[2]) / float(box[1]) * WIDTH)[0]


def body_size(pdf):
    """The size most letters of the page are set in."""
    letters = Counter()

    def count(text, _matrix, _place, _font, size):
        letters[round(size, 1)] += len(text)

    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=count)
    return letters.most_common(1)[0][0]
