"""What is treated, as data: the questionnaires that a condition adds to a protocol's surveys.

The schema of the files is documented in `surveys/indications/README.md`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from surveys.declaration import Declaration, DeclarationError, read_declaration
from surveys.instrument import shipped_instruments
from surveys.protocol import Protocol, Survey, shipped_protocols

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


def load_indication(path: Path) -> Indication:
    """Raises DeclarationError naming every mistake in the file."""
    top = read_declaration(path)
    indication = _read(top)
    top.finish()
    problems = top.problems or list(_contradictions(indication))
    if problems:
        raise DeclarationError(path, problems)
    return indication


@cache
def shipped_indications() -> Mapping[str, Indication]:
    found = [load_indication(path) for path in sorted(SHIPPED.glob("*.toml"))]
    return MappingProxyType({indication.id: indication for indication in found})


@cache
def followed(protocol: str, written: str) -> Protocol:
    """The protocol as it is followed for the indication, however the clinic wrote that.

    A survey asks its own questionnaires first, then those the condition adds. An indication that
    no file knows adds nothing. Raises KeyError for an unknown protocol.
    """
    shipped = shipped_protocols()[protocol]
    indication = _known_as(written)
    if indication is None:
        return shipped
    surveys = {name: _extended(one, indication) for name, one in shipped.surveys.items()}
    return replace(shipped, surveys=MappingProxyType(surveys))


def _known_as(written: str) -> Indication | None:
    name = " ".join(written.casefold().split())
    for one in shipped_indications().values():
        if name in {word.casefold() for word in (one.id, one.title, *one.also)}:
            return one
    return None


def _extended(survey: Survey, indication: Indication) -> Survey:
    added = indication.adds.get(survey.id, ())
    new = tuple(name for name in added if name not in survey.instruments)
    return replace(survey, instruments=survey.instruments + new)


def _read(top: Declaration) -> Indication:
    surveys = top.table("surveys")
    names = {survey for one in shipped_protocols().values() for survey in one.surveys}
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


def _contradictions(indication: Indication) -> Iterator[str]:
    if indication.version < 1:
        yield "`version` starts at 1"
    for survey, instruments in indication.adds.items():
        for name in instruments:
            if name not in shipped_instruments():
                yield f'survey "{survey}" names instrument "{name}", which is not shipped'
            elif shipped_instruments()[name].kind == "clinician-rated":
                yield f'survey "{survey}" asks patients "{name}", which a clinician rates'
