"""Chapter: from which total to which a band reaches, complete forms, first and last total of each.

QIDS-SR16 and DAST-10 do not simply add up: their bands stand in the chapters of their scores.
"""

import pytest

from surveys.catalogue import every_instrument
from surveys.scoring import score
from tests.spec.filled_in import adding_up_to


@pytest.mark.parametrize(
    ("name", "first", "last", "band"),
    [
        ("phq9", 0, 4, "minimal"),
        ("phq9", 5, 9, "mild"),
        ("phq9", 10, 14, "moderate"),
        ("phq9", 15, 19, "moderately severe"),
        ("phq9", 20, 27, "severe"),
        ("gad7", 0, 4, "minimal"),
        ("gad7", 5, 9, "mild"),
        ("gad7", 10, 14, "moderate"),
        ("gad7", 15, 21, "severe"),
        ("phq15", 0, 4, "minimal"),
        ("phq15", 5, 9, "low"),
        ("phq15", 10, 14, "medium"),
        ("phq15", 15, 30, "high"),
        ("wsas", 0, 9, "subclinical"),
        ("wsas", 10, 20, "significant impairment"),
        ("wsas", 21, 40, "moderately severe or worse"),
    ],
)
def test_each_band_reaches_from_its_first_total_to_its_last(name, first, last, band):
    instrument = every_instrument()[name]
    for total in (first, last):
        result = score(instrument, adding_up_to(instrument, total))
        assert (result.total, result.band) == (total, band)
