"""What a file may refer to: who and what the clinic already knows, as plain values."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from surveys.exchange.table import Line, Problem, shown


@dataclass(frozen=True)
class Known:
    """`clinicians` are lower-case addresses of staff who may have patients. `now` is in UTC."""

    now: datetime
    default_zone: str
    protocols: Collection[str]
    clinicians: Collection[str]


@dataclass(frozen=True)
class People:
    """The time zone of every patient in the records or in the same import.

    `complete` is False where the patients file could not be read: then an id that is not here
    proves nothing, and nothing will be written anyway.
    """

    zones: Mapping[str, ZoneInfo]
    complete: bool = True

    def zone(self, code: str) -> ZoneInfo:
        return self.zones.get(code, ZoneInfo("UTC"))

    def stranger(self, line: Line) -> Iterator[Problem]:
        code = line.cells["patient_id"]
        if code and self.complete and code not in self.zones:
            yield line.problem(
                "patient_id",
                f"{shown(code)} is neither in the patients file nor in the records",
                self._nearest(code) or "Add the patient to the patients file or correct the id.",
            )

    def _nearest(self, code: str) -> str:
        otherwise_written = self._by_small_letters.get(code.casefold(), "")
        for known in (otherwise_written, code.lstrip("0"), code.zfill(4)):
            if known in self.zones:
                return f"Write {known} if that is who is meant."
        return ""

    @cached_property
    def _by_small_letters(self) -> Mapping[str, str]:
        return {code.casefold(): code for code in self.zones}
