"""Trends from a CSV file of scores: one JSON object per patient and instrument.

Nothing but the files is read: no database, no scheduler. With any error nothing is written: all
of them are listed, each with its line, column and fix.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from errno import ENOENT
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from flows.own_folder import add_own_folder
from reports.evidence import RuleError, rules_with
from reports.score_files import trends_of
from reports.score_tables import ScoreFiles, read_files
from surveys.catalogue import ChoiceError, read_choices, scorable_instruments
from surveys.instrument import DeclarationError, Instrument

DONE, INPUT_HAS_ERRORS, WRONG_USAGE = 0, 1, 2
STANDARD_STREAM = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scores", metavar="SCORES.csv", help="the file, or - for standard input")
    parser.add_argument("--sessions", metavar="SESSIONS.csv", help="treatment sessions, if known")
    add_own_folder(parser)
    parser.add_argument("-o", dest="output", metavar="TRENDS.jsonl", default=STANDARD_STREAM)


def run(arguments: argparse.Namespace) -> int:
    try:
        instruments = _instruments(arguments.instruments)
        rules = rules_with(arguments.instruments / "rules" if arguments.instruments else None)
    except (DeclarationError, ChoiceError, RuleError) as error:
        print(error, file=sys.stderr)
        return INPUT_HAS_ERRORS
    try:
        files = _read(arguments, instruments)
        if files.problems:
            return _refuse(files)
        return _write(arguments.output, files, trends_of(files, instruments, rules))
    except BrokenPipeError:
        raise  # the reader has seen enough; the command line ends quietly
    except OSError as error:
        name = error.filename2 or error.filename
        print(f"{name}: {error.strerror}. Check the name and your right to it.", file=sys.stderr)
        return WRONG_USAGE


def _instruments(folder: Path | None) -> Mapping[str, Instrument]:
    """All but those that triage: a level is no score to follow."""
    choices = read_choices(os.environ.get("AFTERGLOW_RELIABLE_CHANGE", ""))
    known = scorable_instruments(folder, choices)
    return {id_: one for id_, one in known.items() if one.method != "triage"}


def _read(arguments: argparse.Namespace, instruments: Mapping[str, Instrument]) -> ScoreFiles:
    sessions = arguments.sessions
    return read_files(_named(arguments.scores), _named(sessions) if sessions else None, instruments)


def _named(name: str) -> tuple[str, bytes]:
    if name == STANDARD_STREAM:
        return "standard input", sys.stdin.buffer.read()
    return name, Path(name).read_bytes()


def _refuse(files: ScoreFiles) -> int:
    for problem in files.problems:
        print(problem, file=sys.stderr)
    count = len(files.problems)
    noun = "1 problem was" if count == 1 else f"{count:,} problems were"
    print(f"\n{noun} found. Nothing was written.", file=sys.stderr)
    return INPUT_HAS_ERRORS


def _write(output: str, files: ScoreFiles, trends: Iterator[dict[str, Any]]) -> int:
    """A file appears whole or not at all."""
    if output == STANDARD_STREAM:
        sys.stdout.writelines(_lines(files, trends))
        return DONE
    folder = Path(output).parent
    if not folder.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder", str(folder))
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=folder, prefix=".trends-", delete=False
    ) as draft:
        try:
            draft.writelines(_lines(files, trends))
            draft.flush()
            Path(draft.name).replace(output)
        finally:
            Path(draft.name).unlink(missing_ok=True)
    print(f"{len(files.series):,} trends: {output}", file=sys.stderr)
    return DONE


def _lines(files: ScoreFiles, trends: Iterator[dict[str, Any]]) -> Iterator[str]:
    console = Console(stderr=True)
    for trend in track(
        trends,
        total=len(files.series),
        description="Trends",
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ):
        yield json.dumps(trend, ensure_ascii=False) + "\n"
