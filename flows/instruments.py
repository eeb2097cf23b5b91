"""Every questionnaire: version, licence, whether patients may be asked it, and why.

Those that are off need a file in the clinic's own folder; surveys/instruments/README.md says which.
The folder's own protocols and indications follow.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flows.manual import manual
from surveys import settings
from surveys.catalogue import Entry, catalogue, read_choices
from surveys.clinics_own import indications_with, protocols_with
from surveys.indication import shipped_indications
from surveys.protocol import shipped_protocols

DONE, INPUT_HAS_ERRORS = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--instruments",
        type=Path,
        metavar="DIR",
        default=settings.INSTRUMENTS,
        help="your own folder; AFTERGLOW_INSTRUMENTS where left out",
    )
    parser.add_argument(
        "--manual", action="store_true", help="how each is scored, and what each protocol asks"
    )


def run(arguments: argparse.Namespace) -> int:
    try:
        entries = catalogue(arguments.instruments, read_choices(settings.RELIABLE_CHANGE))
        own = list(clinics_own(arguments.instruments, entries))
    except ValueError as refused:
        print(refused, file=sys.stderr)
        return INPUT_HAS_ERRORS
    if arguments.manual:
        print(
            manual(entries.values(), list(protocols_with(arguments.instruments, entries).values()))
        )
        return DONE
    print("\n\n".join("\n".join(lines(entry)) for entry in _in_order(entries.values())))
    if own:
        print("\n" + "\n".join(own))
    return DONE


def lines(entry: Entry) -> Iterator[str]:
    one = entry.instrument
    yield f"{'on ' if entry.on else 'off'}  {one.id} version {one.version}  {one.title}"
    yield f"     {entry.why}; {one.kind}; {_languages(entry)}"
    if one.reliable_change is not None:
        yield f"     reliable change {one.reliable_change} points: {one.sources['reliable_change']}"
    yield f"     {one.licence_line or 'no licence named'}"


def clinics_own(folder: Path | None, entries: Mapping[str, Entry]) -> Iterator[str]:
    """Its protocols and indications. Raises DeclarationError where one cannot stand."""
    protocols = protocols_with(folder, entries)
    indications = indications_with(folder, entries, protocols)
    for protocol in protocols.values():
        if protocol.id not in shipped_protocols():
            yield f"protocol    {protocol.id} version {protocol.version}  {protocol.title}"
    for indication in indications.values():
        if indication.id not in shipped_indications():
            yield f"indication  {indication.id} version {indication.version}  {indication.title}"


def _languages(entry: Entry) -> str:
    if entry.instrument.text_withheld:
        return "no words"
    return "in " + ", ".join(entry.languages)


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (not entry.on, entry.instrument.id))
