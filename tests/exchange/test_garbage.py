"""Whatever a file holds, an import answers with named problems or does its work; it never falls."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.exchange.batch import SourceFile
from surveys.exchange.importing import bring_in
from surveys.exchange.table import Problem, read
from tests import cast
from tests.exchange.files import NOW, PATIENT, RESPONSE, SESSION, csv, patients
from tests.exchange.test_importing import records

SPITEFUL = [
    "", " ", ",", '"', '""', "\n", "\r", "\0", "\ufeff", "\u202e", "\ud7ff", "�", "=1+1", "-1",
    "0001-01-01T00:00+14:00", "9999-12-31T23:59Z", "2026-02-29", "2026-02-27T14:00", "24:00",
    "1e999", "NaN", "00000000000000000000", "٣", "declined", "A-001", "3" * 5000, "x" * 140_000,
]  # fmt: skip
cells = st.sampled_from(SPITEFUL) | st.text(max_size=20)
anywhere = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_any_bytes_at_all_are_read_or_named(data: bytes):
    sheet = read("file.csv", data)
    assert sheet.readable or sheet.problems
    assert all(isinstance(problem, Problem) and problem.fix for problem in sheet.problems)


@st.composite
def spoilt_file(draw):
    """A good file of any kind, with some of its cells replaced and perhaps its text cut."""
    row = dict(draw(st.sampled_from([PATIENT, SESSION, RESPONSE])))
    for column in draw(st.lists(st.sampled_from(list(row)), max_size=3, unique=True)):
        row[column] = draw(cells)
    text = csv(row)
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text


@pytest.fixture
def ana(db) -> None:
    """Enrolled once for all examples: no dry run leaves anything behind."""
    cast.ana(now=NOW)


@pytest.mark.usefixtures("ana")
@given(text=spoilt_file(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
@anywhere
def test_a_spoilt_file_is_refused_whole_or_imported_whole(text: str, encoding: str):
    before = records()
    file = SourceFile("file.csv", text.encode(encoding, errors="replace"))
    outcome = bring_in([file], by="front desk", now=NOW, dry_run=True)
    assert records() == before
    assert not (outcome.problems and outcome.wrote)
    assert all(problem.message and problem.fix for problem in outcome.problems)


@pytest.mark.django_db
@given(column=st.sampled_from(list(PATIENT)), cell=cells)
@anywhere
def test_a_spoilt_cell_beside_a_good_row_lets_neither_in_or_both(column: str, cell: str):
    cast.okafor()
    good, spoilt = {}, {"patient_id": "A-002", column: cell}
    outcome = bring_in([patients(good, spoilt)], by="front desk", now=NOW, dry_run=True)
    written = sum(count.new for count in outcome.counts.values())
    # a line break in a cell makes two rows of one; blank rows are none
    assert written == 0 if outcome.problems else written >= 1
