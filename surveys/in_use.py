"""What this clinic goes by, as its settings say: Afterglow's own files and those of its folder."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from django.conf import settings

from surveys.catalogue import Entry, catalogue, read_choices
from surveys.clinics_own import indications_with, protocols_with
from surveys.edition import edition
from surveys.indication import Indication, followed
from surveys.instrument import Instrument
from surveys.protocol import Protocol


def clinic_catalogue() -> Mapping[str, Entry]:
    """Raises DeclarationError or ChoiceError where the clinic's folder or choice is wrong."""
    return _catalogue(settings.INSTRUMENTS, settings.RELIABLE_CHANGE)


def instruments_to_ask() -> Mapping[str, Instrument]:
    """What patients may be asked."""
    return _to_ask(settings.INSTRUMENTS, settings.RELIABLE_CHANGE)


def instruments_to_read() -> Mapping[str, Instrument]:
    """What can be scored and shown: a form from before keeps its meaning once nobody asks it."""
    return _to_read(settings.INSTRUMENTS, settings.RELIABLE_CHANGE)


def edition_in_use(instrument: str, language: str) -> str:
    """Which words and scoring it stands for here. Raises KeyError for one that no file declares."""
    return _edition(settings.INSTRUMENTS, settings.RELIABLE_CHANGE, instrument, language)


class ProtocolGone(KeyError):
    """A course follows, or followed, a protocol that no file declares any more."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Protocols(dict[str, Protocol]):
    def __missing__(self, name: str) -> Protocol:
        raise ProtocolGone(name)


def protocols_in_use() -> Mapping[str, Protocol]:
    """Those that ship and the clinic's own; looking up another raises ProtocolGone. Raises
    DeclarationError or ChoiceError."""
    return _protocols(settings.INSTRUMENTS, settings.RELIABLE_CHANGE)


def reminders_after(protocol: str) -> tuple[int, ...]:
    """Hours after the invitation; none under a protocol whose file is gone, which alarms."""
    found = protocols_in_use().get(protocol)
    return found.reminders_after_hours if found else ()


def protocol_title(protocol: str) -> str:
    """Its title; its id once its file is gone."""
    found = protocols_in_use().get(protocol)
    return found.title if found else protocol


def indications_in_use() -> Mapping[str, Indication]:
    """Those that ship and the clinic's own. Raises DeclarationError or ChoiceError."""
    return _indications(settings.INSTRUMENTS, settings.RELIABLE_CHANGE)


def followed_here(protocol: str, indication: str) -> Protocol:
    """The protocol as this clinic follows it for the indication. Raises KeyError for one that no
    file declares."""
    return followed(protocol, indication, protocols_in_use(), indications_in_use())


@cache
def _catalogue(folder: Path | None, choices: str) -> Mapping[str, Entry]:
    return catalogue(folder, read_choices(choices))


@cache
def _to_ask(folder: Path | None, choices: str) -> Mapping[str, Instrument]:
    entries = _catalogue(folder, choices).items()
    return MappingProxyType({id_: entry.instrument for id_, entry in entries if entry.on})


@cache
def _to_read(folder: Path | None, choices: str) -> Mapping[str, Instrument]:
    entries = _catalogue(folder, choices).items()
    return MappingProxyType({id_: entry.instrument for id_, entry in entries})


@cache
def _edition(folder: Path | None, choices: str, instrument: str, language: str) -> str:
    return edition(_to_read(folder, choices)[instrument].in_language(language))


@cache
def _protocols(folder: Path | None, choices: str) -> Mapping[str, Protocol]:
    return MappingProxyType(_Protocols(protocols_with(folder, _catalogue(folder, choices))))


@cache
def _indications(folder: Path | None, choices: str) -> Mapping[str, Indication]:
    entries, protocols = _catalogue(folder, choices), _protocols(folder, choices)
    return indications_with(folder, entries, protocols)
