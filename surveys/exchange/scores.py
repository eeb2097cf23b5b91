"""Scores as rows of a CSV file."""

from collections.abc import Sequence
from fractions import Fraction

from surveys.instrument import Instrument
from surveys.scoring import ScoreResult

# A prorated PHQ-9 total can be a seventh, which no decimal writes out in full.
DECIMALS = 6


def header(instrument: Instrument) -> Sequence[str]:
    return [
        *("form_id", "total", "total_exact", "prorated", "missing", "band"),
        *(subscore.id for subscore in instrument.subscores),
        *(flag.id for flag in instrument.flags),
        "declined",
    ]


def row(form_id: str, instrument: Instrument, result: ScoreResult) -> Sequence[str]:
    """`missing` names every scored item without a number, in the order of the form; those of them
    that were declined are named again in the last column."""
    without = {*result.missing, *result.declined}
    order = [item.code for item in instrument.scored_items] or result.missing
    return [
        form_id,
        _whole(result.total),
        decimal(result.total_exact),
        _truth(result.prorated),
        " ".join(code for code in order if code in without),
        result.band or "",
        *(_whole(result.subscores[subscore.id]) for subscore in instrument.subscores),
        *(_truth(result.flags[flag.id]) for flag in instrument.flags),
        " ".join(result.declined),
    ]


def decimal(exact: Fraction | None) -> str:
    """Exact where a decimal can be, else to six places; empty for None."""
    if exact is None:
        return ""
    return f"{float(exact):.{DECIMALS}f}".rstrip("0").rstrip(".")


def _whole(number: int | None) -> str:
    return "" if number is None else str(number)


def _truth(value: bool | None) -> str:
    return "" if value is None else str(value).lower()
