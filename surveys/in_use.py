"""The questionnaires of this clinic, as its settings say."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings

from surveys.catalogue import Entry, catalogue, read_choices
from surveys.instrument import Instrument


def clinic_catalogue() -> Mapping[str, Entry]:
    """Raises DeclarationError or ChoiceError where the clinic's folder or choice is wrong."""
    return _catalogue(settings.INSTRUMENTS, settings.RELIABLE_CHANGE)


def instruments_to_ask() -> Mapping[str, Instrument]:
    """What patients may be asked."""
    return {id_: entry.instrument for id_, entry in clinic_catalogue().items() if entry.on}


def instruments_to_read() -> Mapping[str, Instrument]:
    """What can be scored and shown: a form from before keeps its meaning once nobody asks it."""
    return {id_: entry.instrument for id_, entry in clinic_catalogue().items()}


@cache
def _catalogue(folder: Path | None, choices: str) -> Mapping[str, Entry]:
    return catalogue(folder, read_choices(choices))
