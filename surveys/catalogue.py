"""Every questionnaire there is, whether patients may be asked it, and why not.

A clinic's own folder holds three kinds of TOML file: a questionnaire of its own (`id`), the words
and the permission for one of ours that is off (`completes`), and a translation (`translates`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from surveys.declaration import DeclarationError
from surveys.instrument import SHIPPED, Instrument, load_folder, load_instrument
from surveys.stepping import shipped_stepping
from surveys.wordings import Wording, is_wording, load_wording, worded

SCORERS = SHIPPED / "scorers"
TRANSLATIONS = SHIPPED / "translations"
_THE_LEADS = (
    "would turn on the short form for everybody, without question 9; remove this file: the"
    " clinical lead allows it for stable patients with `afterglow stepdown on`"
)
NO_CHOICES: Mapping[str, int] = MappingProxyType({})


class ChoiceError(ValueError):
    """A clinic chose a rule that no instrument offers; the message says which there are."""


@dataclass(frozen=True)
class Entry:
    """`why` it is on or off, in words for the clinic. `languages` are those patients may read."""

    instrument: Instrument
    on: bool
    why: str

    @property
    def languages(self) -> tuple[str, ...]:
        return (self.instrument.language, *sorted(self.instrument.translations))


@cache
def every_instrument() -> Mapping[str, Instrument]:
    """All that we can score, on or off: an answer needs no words to be scored."""
    return MappingProxyType({**load_folder(SHIPPED), **load_folder(SCORERS)})


@cache
def shipped_translations() -> Mapping[tuple[str, str], Wording]:
    found = (load_wording(path) for path in sorted(TRANSLATIONS.glob("*.toml")))
    return MappingProxyType({(wording.of, wording.language): wording for wording in found})


def catalogue(folder: Path | None, choices: Mapping[str, int] = NO_CHOICES) -> Mapping[str, Entry]:
    """Every questionnaire by id. Raises DeclarationError or ChoiceError.

    `choices`: for an instrument's id, the points of reliable change the clinic goes by.
    """
    entries = {id_: _as_shipped(one) for id_, one in every_instrument().items()}
    own, wordings = _clinics_own(folder) if folder else ({}, [])
    entries |= {id_: Entry(one, True, "the clinic's own") for id_, one in own.items()}
    for wording in sorted(wordings, key=lambda one: one.language != "en"):
        entries[wording.of] = _completed(entries.get(wording.of), wording)
    for id_, points in choices.items():
        entries[id_] = _going_by(entries.get(id_), id_, points)
    return MappingProxyType(entries)


def known_instruments(
    folder: Path | None, choices: Mapping[str, int] = NO_CHOICES
) -> Mapping[str, Instrument]:
    """What patients may be asked. Raises DeclarationError or ChoiceError."""
    entries = catalogue(folder, choices)
    return MappingProxyType({id_: entry.instrument for id_, entry in entries.items() if entry.on})


def scorable_instruments(
    folder: Path | None, choices: Mapping[str, int] = NO_CHOICES
) -> Mapping[str, Instrument]:
    """What can be scored and read, asked or not: an old form keeps its meaning once an
    instrument is off. Raises DeclarationError or ChoiceError."""
    entries = catalogue(folder, choices)
    return MappingProxyType({id_: entry.instrument for id_, entry in entries.items()})


def read_choices(text: str) -> Mapping[str, int]:
    """ "phq9=7 pcl5=15" → points of reliable change by instrument. Raises ChoiceError."""
    found: dict[str, int] = {}
    for word in text.split():
        id_, _, points = word.partition("=")
        if not points.isdecimal():
            raise ChoiceError(f'"{word}" is no choice; write an id and points, as phq9=7')
        found[id_] = int(points)
    return MappingProxyType(found)


def _as_shipped(instrument: Instrument) -> Entry:
    if instrument.off_until:
        return Entry(instrument, False, f"off until {instrument.off_until}")
    return Entry(instrument, True, "shipped")


def _clinics_own(folder: Path) -> tuple[dict[str, Instrument], list[Wording]]:
    if not folder.is_dir():
        raise DeclarationError(folder, ["is not a folder; name the folder with your TOML files"])
    own: dict[str, Instrument] = {}
    wordings: list[Wording] = []
    for path in sorted(folder.glob("*.toml")):
        if is_wording(path):
            wordings.append(load_wording(path))
            continue
        instrument = load_instrument(path)
        if instrument.id in every_instrument():
            taken = f'id "{instrument.id}" is one of ours; give yours another id'
            raise DeclarationError(path, [taken])
        if instrument.id in own:
            raise DeclarationError(path, [f'id "{instrument.id}" is used by another file here'])
        own[instrument.id] = instrument
    return own, wordings


def _completed(entry: Entry | None, wording: Wording) -> Entry:
    """The entry with the clinic's words. Raises DeclarationError where nobody confirms them, and
    where a file would turn on what is the lead's to turn on."""
    if entry is None or wording.confirmed is None:
        raise DeclarationError(wording.path, [_refusal(entry, wording)])
    why = f"confirmed by {wording.confirmed.by} on {wording.confirmed.on}"
    if wording.language == entry.instrument.language:
        if wording.of == shipped_stepping().short:
            raise DeclarationError(wording.path, [_THE_LEADS])
        return Entry(worded(entry.instrument, wording), True, why)
    translated = worded(entry.instrument, _with_our_words(wording))
    others = {**entry.instrument.translations, wording.language: translated}
    instrument = replace(entry.instrument, translations=MappingProxyType(others))
    return replace(entry, instrument=instrument, why=f"{entry.why}; {wording.language} {why}")


def _refusal(entry: Entry | None, wording: Wording) -> str:
    if entry is None:
        return (
            f'is about "{wording.of}", which is no instrument; `afterglow instruments` lists them'
        )
    return (
        f"nobody confirms that patients may be shown {entry.instrument.short_title} in these"
        ' words; add [confirmed] with `by`, `on` (the day, as "2026-05-04") and `terms`'
    )


def _with_our_words(wording: Wording) -> Wording:
    """The clinic's translation, or ours where its file confirms ours and brings no words."""
    ours = shipped_translations().get((wording.of, wording.language))
    if ours is None or wording.texts or wording.labels:
        return wording
    return replace(ours, confirmed=wording.confirmed)


def _going_by(entry: Entry | None, id_: str, points: int) -> Entry:
    if entry is None:
        raise ChoiceError(f'"{id_}" is no instrument; `afterglow instruments` lists them')
    instrument = entry.instrument
    offered = dict(_reliable_rules(instrument))
    if points not in offered:
        rules = ", ".join(f"{id_}={one}" for one in sorted(offered)) or "none"
        raise ChoiceError(f"{id_} offers no reliable change of {points} points; it offers: {rules}")
    if points == instrument.reliable_change:
        return entry
    others = "; ".join(f"{one} by {source}" for one, source in offered.items() if one != points)
    changed = replace(
        instrument,
        reliable_change=points,
        sources=MappingProxyType({**instrument.sources, "reliable_change": offered[points]}),
        conflicts=MappingProxyType({**instrument.conflicts, "reliable_change": others}),
    )
    return replace(entry, instrument=changed)


def _reliable_rules(instrument: Instrument) -> Iterator[tuple[int, str]]:
    if instrument.reliable_change is not None:
        yield int(instrument.reliable_change), instrument.sources.get("reliable_change", "")
    yield from ((choice.points, choice.source) for choice in instrument.reliable_choices)
