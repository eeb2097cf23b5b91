"""Score a CSV file of answers: one form a row, `form_id` and one column per item code.

A blank cell is a question left open; "declined" is one the person preferred not to answer. With
any error nothing is written: all of them are listed, each with its line, column and fix.
`-` reads the answers from standard input.
"""

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import IO, BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from flows.own_folder import add_own_folder
from surveys.catalogue import scorable_instruments
from surveys.exchange import scores
from surveys.exchange.answers import Form, forms
from surveys.instrument import DeclarationError, Instrument
from surveys.scoring import score

DONE, INPUT_HAS_ERRORS, WRONG_USAGE = 0, 1, 2
STANDARD_STREAM = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("instrument", metavar="INSTRUMENT", help="its id, such as phq9")
    parser.add_argument("answers", metavar="ANSWERS.csv", help="the file, or - for standard input")
    parser.add_argument("-o", dest="output", metavar="SCORES.csv", default=STANDARD_STREAM)
    add_own_folder(parser)


def run(arguments: argparse.Namespace) -> int:
    try:
        instrument = _instrument(arguments.instrument, arguments.instruments)
    except DeclarationError as error:
        print(error, file=sys.stderr)
        return INPUT_HAS_ERRORS
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return WRONG_USAGE
    try:
        with _opened(arguments.answers) as source, _draft(arguments.output) as draft:
            return _score(instrument, arguments, source, draft)
    except BrokenPipeError:
        raise  # the reader has seen enough; the command line ends quietly
    except OSError as error:
        name = error.filename2 or error.filename
        print(f"{name}: {error.strerror}. Check the name and your right to it.", file=sys.stderr)
        return WRONG_USAGE


def _instrument(instrument_id: str, folder: Path | None) -> Instrument:
    known = scorable_instruments(folder)
    able = ", ".join(sorted(one.id for one in known.values() if one.scored))
    if instrument_id not in known:
        raise LookupError(f'There is no instrument "{instrument_id}". Name one of: {able}.')
    if not known[instrument_id].scored:
        raise LookupError(f"{instrument_id} has no score: it is read answer by answer.")
    return known[instrument_id]


def _score(
    instrument: Instrument, arguments: argparse.Namespace, source: BinaryIO, draft: "_Draft"
) -> int:
    scored, problems = _write_scores(instrument, arguments.answers, source, draft.file)
    if problems:
        noun = "1 problem was" if problems == 1 else f"{problems:,} problems were"
        print(f"\n{noun} found. Nothing was written.", file=sys.stderr)
        return INPUT_HAS_ERRORS
    draft.publish()
    if arguments.output != STANDARD_STREAM:
        print(f"{scored:,} forms scored: {arguments.output}", file=sys.stderr)
    return DONE


def _write_scores(
    instrument: Instrument, name: str, source: BinaryIO, target: IO[str]
) -> tuple[int, int]:
    """Returns how many forms were scored and how many problems were printed."""
    table = csv.writer(target, lineterminator="\n")
    table.writerow(scores.header(instrument))
    scored = problems = 0
    shown_name = "standard input" if name == STANDARD_STREAM else name
    for found in forms(shown_name, source, instrument):
        if isinstance(found, Form):
            result = score(instrument, found.answers)
            table.writerow(scores.row(found.form_id, instrument, result))
            scored += 1
        else:
            print(found, file=sys.stderr)
            problems += 1
    return scored, problems


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STANDARD_STREAM:
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as file, _progress_bar() as (bar, task):
        bar.update(task, total=Path(name).stat().st_size)
        with bar.wrap_file(file, task_id=task) as watched:
            yield watched


@contextmanager
def _progress_bar() -> Iterator[tuple[Progress, TaskID]]:
    """A bar on a terminal, silence elsewhere."""
    console = Console(stderr=True)
    columns = TextColumn("Scoring"), BarColumn(), TimeRemainingColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        yield bar, bar.add_task("bytes", total=None)


class _Draft:
    """Scores nobody sees until all of them are good."""

    def __init__(self, file: IO[str], output: str) -> None:
        self.file, self.output = file, output

    def publish(self) -> None:
        """A file appears whole or not at all."""
        if self.output != STANDARD_STREAM:
            self.file.flush()
            Path(self.file.name).replace(self.output)
            return
        self.file.seek(0)
        shutil.copyfileobj(self.file, sys.stdout)
        sys.stdout.flush()


@contextmanager
def _draft(output: str) -> Iterator[_Draft]:
    if output == STANDARD_STREAM:
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
            yield _Draft(file, output)
        return
    folder = Path(output).parent
    if not folder.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder", str(folder))
    with tempfile.NamedTemporaryFile(
        "w+", encoding="utf-8", newline="", dir=folder, prefix=".scores-", delete=False
    ) as named:
        try:
            yield _Draft(named, output)
        finally:
            Path(named.name).unlink(missing_ok=True)
