"""What is treated, as data: the questionnaires that a condition adds to a protocol's surveys.

The schema of the files is documented in `surveys/indications/README.md`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from surveys.catalogue import Entry, catalogue
from surveys.declaration import Declaration, DeclarationError, read_declaration
from surveys.protocol import Protocol, Survey, naming_problems, shipped_protocols

SHIPPED = Path(__file__).parent / "indications"


@dataclass(frozen=True)
class Indication:
    """`also`: other names under which a clinic may enrol it. `adds`: instruments by survey."""

    id: str
    version: int
    title: str
    also: tuple[str, ...]
    note: str
    source: str
    adds: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> frozenset[str]:
        """What it is called, in lower case."""
        return frozenset(word.casefold() for word in (self.id, self.title, *self.also))


def load_indication(
    path: Path,
    entries: Mapping[str, Entry] | None = None,
    protocols: Mapping[str, Protocol] | None = None,
) -> Indication:
    """Raises DeclarationError naming every mistake in the file.

    `entries` and `protocols`: whose questionnaires and surveys it may name, those of Afterglow
    alone where left out.
    """
    top = read_declaration(path)
    indication = _read(top, shipped_protocols() if protocols is None else protocols)
    top.finish()
    known = catalogue(None) if entries is None else entries
    problems = top.problems or list(_contradictions(indication, known))
    if problems:
        raise DeclarationError(path, problems)
    return indication


@cache
def shipped_indications() -> Mapping[str, Indication]:
    found = [load_indication(path) for path in sorted(SHIPPED.glob("*.toml"))]
    return MappingProxyType({indication.id: indication for indication in found})


def followed(
    protocol: str,
    written: str,
    protocols: Mapping[str, Protocol] | None = None,
    indications: Mapping[str, Indication] | None = None,
) -> Protocol:
    """The protocol as it is followed for the indication, however the clinic wrote that.

    A survey asks its own questionnaires first, then those the condition adds. An indication that
    no file knows adds nothing. Looked up among those that ship where none are given. Raises
    KeyError for an unknown protocol.
    """
    plain = (shipped_protocols() if protocols is None else protocols)[protocol]
    known = shipped_indications() if indications is None else indications
    name = " ".join(written.casefold().split())
    indication = next((one for one in known.values() if name in one.names), None)
    if indication is None:
        return plain
    surveys = {name: _extended(one, indication) for name, one in plain.surveys.items()}
    return replace(plain, surveys=MappingProxyType(surveys))


def _extended(survey: Survey, indication: Indication) -> Survey:
    added = indication.adds.get(survey.id, ())
    new = tuple(name for name in added if name not in survey.instruments)
    return replace(survey, instruments=survey.instruments + new)


def _read(top: Declaration, protocols: Mapping[str, Protocol]) -> Indication:
    surveys = top.table("surveys")
    names = {survey for one in protocols.values() for survey in one.surveys}
    adds = {name: surveys.texts(name) for name in sorted(names) if name in surveys}
    surveys.finish()
    return Indication(
        id=top.text("id"),
        version=top.whole("version"),
        title=top.text("title"),
        also=top.texts("also", []),
        note=top.text("note", ""),
        source=top.text("source"),
        adds=MappingProxyType(adds),
    )


def _contradictions(indication: Indication, entries: Mapping[str, Entry]) -> Iterator[str]:
    if indication.version < 1:
        yield "`version` starts at 1"
    for survey, instruments in indication.adds.items():
        yield from naming_problems(survey, instruments, entries)
