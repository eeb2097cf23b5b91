"""How much of each proof is played, and the table printed at the end of what it found.

`make test` plays the quick share of every count, `make proof` (AFTERGLOW_PROOF=1) the figures of
the test plan, AFTERGLOW_PROOF=0.1 a tenth of them where that is more than the quick share. A test
with figures carries the mark `proof` and records one line before it asserts, so that the table
also tells what failed.
"""

import os
from dataclasses import dataclass

PART = float(os.environ.get("AFTERGLOW_PROOF") or 0)
TITLE = "proof" if PART >= 1 else f"proof, a part of {PART:g}" if PART else "proof, quick share"


@dataclass(frozen=True)
class Line:
    plan: str
    what: str
    target: str
    found: str


LINES: list[Line] = []


def share(quick: int, full: int) -> int:
    """The count to play: `quick` in `make test`, `full` in `make proof`, else a part of it."""
    return max(quick, int(full * PART)) if PART < 1 else full


def record(plan: str, what: str, *, target: str, found: str) -> None:
    """One line of the table: the plan's number (T1, T2 …), what was tried, aim and finding."""
    LINES.append(Line(plan, what, target, found))


def table(lines: list[Line]) -> str:
    """The lines in the plan's order, in columns."""
    rows = [("plan", "what", "target", "found")]
    rows += [(one.plan, one.what, one.target, one.found) for one in sorted(lines, key=_order)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    cells = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(row).rstrip() for row in cells)


def _order(line: Line) -> tuple[int, str]:
    digits = "".join(sign for sign in line.plan.split()[0] if sign.isdigit())
    return int(digits or 0), line.what
