"""The words of a questionnaire apart from how it is scored: a translation, or the words of one
whose text may not be shipped. Read from TOML as strictly as the questionnaires themselves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

from surveys.declaration import Declaration, DeclarationError, read_declaration
from surveys.instrument import Instrument, Item


@dataclass(frozen=True)
class Confirmation:
    """Who answers for it that this may be shown to patients, since when, and on what terms."""

    by: str
    on: str
    terms: str


@dataclass(frozen=True)
class Wording:
    """`labels` are the answers of each item, in the order of its options. Texts may be left out
    where the instrument brings its own."""

    path: Path
    of: str
    version: int
    language: str
    instructions: str
    recall_text: str
    attribution: str
    licence_line: str
    headings: Mapping[str, str]
    texts: Mapping[str, str]
    labels: Mapping[str, tuple[str, ...]]
    confirmed: Confirmation | None
    source: str


def load_wording(path: Path) -> Wording:
    """Raises DeclarationError naming every mistake in the file."""
    declaration = read_declaration(path)
    wording = _read(path, declaration)
    declaration.finish()
    if declaration.problems:
        raise DeclarationError(path, declaration.problems)
    return wording


def is_wording(path: Path) -> bool:
    """Whether the file gives words to an instrument, rather than being one."""
    declaration = read_declaration(path)
    return "completes" in declaration or "translates" in declaration


def worded(instrument: Instrument, wording: Wording) -> Instrument:
    """The instrument in these words. Raises DeclarationError where words are missing or strange."""
    problems = tuple(_problems(instrument, wording))
    if problems:
        raise DeclarationError(wording.path, problems)
    return replace(
        instrument,
        instructions=wording.instructions or instrument.instructions,
        recall_text=wording.recall_text or instrument.recall_text,
        attribution=wording.attribution or instrument.attribution,
        licence_line=wording.licence_line or instrument.licence_line,
        groups=tuple(
            replace(group, heading=wording.headings.get(group.id, group.heading))
            for group in instrument.groups
        ),
        items=tuple(_worded_item(item, wording) for item in instrument.items),
        language=wording.language,
        text_withheld=False,
        sources=MappingProxyType({**instrument.sources, "wording": wording.source}),
    )


def _read(path: Path, top: Declaration) -> Wording:
    translates = "translates" in top
    return Wording(
        path=path,
        of=top.text("translates" if translates else "completes"),
        version=top.whole("version", 1),
        language=top.text("language") if translates else "en",
        instructions=top.text("instructions", ""),
        recall_text=top.text("recall_text", ""),
        attribution=top.text("attribution", ""),
        licence_line=top.text("licence_line", ""),
        headings=MappingProxyType(top.table("headings", {}).text_by_name()),
        texts=MappingProxyType(top.table("items", {}).text_by_name()),
        labels=MappingProxyType(dict(_labels(top))),
        confirmed=_confirmation(top),
        source=top.text("source", "the clinic's own file"),
    )


def _labels(top: Declaration) -> Iterator[tuple[str, tuple[str, ...]]]:
    for table in top.tables("answers"):
        codes, labels = table.texts("items"), table.texts("labels")
        table.finish()
        for code in codes:
            yield code, labels


def _confirmation(top: Declaration) -> Confirmation | None:
    if "confirmed" not in top:
        return None
    table = top.table("confirmed")
    confirmation = Confirmation(table.text("by"), table.text("on"), table.text("terms"))
    try:
        date.fromisoformat(confirmation.on)
    except ValueError:
        table.note(f'`on` is "{confirmation.on}"; write the day as "2026-05-04"')
    if not confirmation.by.strip() or not confirmation.terms.strip():
        table.note("say who confirms (`by`) and on what terms (`terms`)")
    table.finish()
    return confirmation


def _worded_item(item: Item, wording: Wording) -> Item:
    labels = wording.labels.get(item.code) or tuple(option.label for option in item.options)
    options = (
        replace(option, label=label) for option, label in zip(item.options, labels, strict=True)
    )
    return replace(item, text=wording.texts.get(item.code, item.text), options=tuple(options))


def _problems(instrument: Instrument, wording: Wording) -> Iterator[str]:
    if wording.version != instrument.version:
        yield (
            f"is for version {wording.version} of {instrument.id}, which is now"
            f" {instrument.version}; compare the words again"
        )
    if _rewords(instrument, wording):
        yield f"rewords {instrument.id}, whose words are published; remove them"
    codes = {item.code for item in instrument.items}
    for code in sorted({*wording.texts, *wording.labels} - codes):
        yield f'gives words to item "{code}", which {instrument.id} does not have'
    for group in sorted(wording.headings.keys() - {group.id for group in instrument.groups}):
        yield f'gives a heading to "{group}", which {instrument.id} does not have'
    for item in instrument.items:
        yield from _item_problems(item, instrument, wording)


def _rewords(instrument: Instrument, wording: Wording) -> bool:
    """Another wording under the same id would make old and new answers look alike."""
    words = (wording.texts, wording.labels, wording.headings, wording.instructions)
    same_language = wording.language == instrument.language
    return same_language and not instrument.text_withheld and any((*words, wording.recall_text))


def _item_problems(item: Item, instrument: Instrument, wording: Wording) -> Iterator[str]:
    needed = instrument.text_withheld or wording.language != instrument.language
    if needed and not wording.texts.get(item.code):
        yield f'gives no words to item "{item.code}"; add it under [items]'
    labels = wording.labels.get(item.code, ())
    if (needed or labels) and len(labels) != len(item.options):
        values = ", ".join(str(option.value) for option in item.options)
        yield f'item "{item.code}" needs one label for each answer: {values}'
