"""What an import says of files before it writes anything, in a clinic with one patient."""

from zoneinfo import ZoneInfo

from surveys.exchange import batch
from surveys.exchange.batch import Rows, SourceFile
from surveys.exchange.known import Known
from surveys.instrument import shipped_instruments
from tests.exchange.files import NOW

KNOWN = Known(
    NOW,
    "America/Denver",
    {"six-then-boosters", "three-two-three"},
    {"okafor@alderstreet.example"},
)
DENVER = {"A-001": ZoneInfo("America/Denver")}


def read(*files: SourceFile, zones=DENVER) -> tuple[Rows, list[str]]:
    found = batch.recognise(files, shipped_instruments())
    rows = batch.rows(found, KNOWN, zones, shipped_instruments())
    return rows, [str(problem) for problem in sorted({*found.problems, *rows.problems})]


def said(*files: SourceFile, zones=DENVER) -> str:
    """The one problem of these files."""
    (problem,) = read(*files, zones=zones)[1]
    return problem
