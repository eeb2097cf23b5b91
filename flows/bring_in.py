"""Import patients, sessions and old answers from CSV files: all of it, or nothing.

Give any of the three kinds, in any order; each is recognised by its header row. Every row that
is wrong is named by file, line and column with what to do, and then nothing is written. The
same files again change nothing. --dry-run does everything and takes it back.

While rows are written, other writers wait: import a long history (10,000 rows take about half a
minute) when nobody is answering.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import flows.start  # noqa: F401
from surveys import wallclock
from surveys.exchange import importing
from surveys.exchange.batch import SourceFile
from surveys.exchange.outcome import Outcome
from surveys.exchange.table import LIMIT_BYTES

DONE, INPUT_HAS_ERRORS, WRONG_USAGE = 0, 1, 2
BY = "command line"
READ_AT_A_GLANCE = 10  # lines; a longer list is summed up at its end


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would change, write nothing"
    )
    parser.add_argument(
        "--addresses-changed",
        action="store_true",
        help="many known patients really have a new mail address; refused otherwise",
    )


def run(arguments: argparse.Namespace) -> int:
    try:
        files = [source(path) for path in arguments.files]
    except OSError as error:
        print(f"{error.filename}: cannot be read ({error.strerror}).", file=sys.stderr)
        return WRONG_USAGE
    with progress_bar() as progress:
        outcome = importing.bring_in(
            files,
            by=BY,
            now=wallclock.now(),
            dry_run=arguments.dry_run,
            addresses_changed=arguments.addresses_changed,
            progress=progress,
        )
    if outcome.problems:
        print(complaint(outcome), file=sys.stderr)
        return INPUT_HAS_ERRORS
    print(summary(outcome))
    return DONE


def source(path: Path) -> SourceFile:
    """One byte more than is allowed is enough to know that a file is too large."""
    with path.open("rb") as file:
        return SourceFile(str(path), file.read(LIMIT_BYTES + 1))


@contextmanager
def progress_bar() -> Iterator[importing.Progress]:
    """A bar on a terminal, silence elsewhere."""
    console = Console(stderr=True)
    columns = TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("rows", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def complaint(outcome: Outcome) -> str:
    """Every problem, then, where the list is long, which columns it comes from."""
    count = len(outcome.problems)
    lines = [str(problem) for problem in outcome.problems]
    noun = "1 problem was" if count == 1 else f"{count:,} problems were"
    commonest = commonest_places(outcome) if count > READ_AT_A_GLANCE else ()
    return "\n".join([*lines, "", f"{noun} found. Nothing was written.", *commonest])


def commonest_places(outcome: Outcome) -> Iterator[str]:
    places = Counter((problem.file, problem.column) for problem in outcome.problems)
    for (file, column), count in places.most_common():
        yield f"{count:10,} in {file}{f', column {column}' if column else ''}"


def summary(outcome: Outcome) -> str:
    lines = [*consequences(outcome), *map(str, outcome.changes), *warnings(outcome)]
    return "\n".join([*table(outcome), "", *lines])


def warnings(outcome: Outcome) -> Iterator[str]:
    if outcome.warnings:
        yield "Look twice; nothing was held back for this:"
        yield from map(str, outcome.warnings)


def table(outcome: Outcome) -> Iterator[str]:
    yield f"{'':10}{'new':>10}{'changed':>10}{'unchanged':>12}"
    for kind, count in outcome.counts.items():
        yield f"{kind:10}{count.new:10,}{count.changed:10,}{count.unchanged:12,}"


def consequences(outcome: Outcome) -> Iterator[str]:
    if outcome.dry_run:
        yield "Dry run: nothing was written. This is what would change."
    elif not outcome.wrote:
        yield "Everything was already in the records; nothing changed."
    else:
        yield "Imported."
    if outcome.surveys_planned > 0:
        yield f"Surveys newly planned: {outcome.surveys_planned:,}."
    if outcome.totals_only:
        yield f"Old forms with a total only: {outcome.totals_only:,}. They are marked as such."
    if outcome.alerts_raised:
        yield f"Alerts raised: {outcome.alerts_raised:,}. Sign in and look at them."
