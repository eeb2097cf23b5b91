"""Protocols and indications of a clinic's own folder, beside those that ship. Pure.

They lie in its `protocols/` and `indications/`, written as ours are, and may name whatever
questionnaire the clinic has switched on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from surveys.catalogue import Entry
from surveys.declaration import DeclarationError
from surveys.indication import Indication, load_indication, shipped_indications
from surveys.protocol import Protocol, load_protocol, shipped_protocols


def protocols_with(folder: Path | None, entries: Mapping[str, Entry]) -> Mapping[str, Protocol]:
    """Raises DeclarationError on a file that cannot stand, naming the file and what to do."""
    # ours too are read with the clinic's questionnaires: a form of theirs, once asked, counts
    known = MappingProxyType({id_: entry.instrument for id_, entry in entries.items()})
    ours = shipped_protocols()
    found = {id_: replace(one, known=known) for id_, one in ours.items()}
    for path in _files(folder, "protocols"):
        protocol = load_protocol(path, entries)
        _refuse_taken(path, protocol.id, found, ours)
        found[protocol.id] = protocol
    return MappingProxyType(found)


def indications_with(
    folder: Path | None, entries: Mapping[str, Entry], protocols: Mapping[str, Protocol]
) -> Mapping[str, Indication]:
    """Raises DeclarationError, also where a patient's indication could mean two of them."""
    found = dict(shipped_indications())
    for path in _files(folder, "indications"):
        indication = load_indication(path, entries, protocols)
        _refuse_taken(path, indication.id, found, shipped_indications())
        for other in found.values():
            for name in sorted(indication.names & other.names):
                raise DeclarationError(path, [f'"{name}" already means {other.id}; leave it out'])
        found[indication.id] = indication
    return MappingProxyType(found)


def _files(folder: Path | None, kind: str) -> Iterator[Path]:
    return iter(sorted((folder / kind).glob("*.toml")) if folder else ())


def _refuse_taken(
    path: Path, id_: str, found: Mapping[str, object], shipped: Mapping[str, object]
) -> None:
    if id_ in shipped:
        raise DeclarationError(path, [f'id "{id_}" is one of ours; give yours another id'])
    if id_ in found:
        raise DeclarationError(path, [f'id "{id_}" is used by another file here'])
