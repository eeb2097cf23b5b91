"""What an import did, or with a dry run would do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from surveys.exchange.table import Line, Problem


@dataclass
class Count:
    """Rows of one kind by what they did to the records."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Change:
    """A row that changed something already recorded: field names only, no values."""

    line: Line
    patient_id: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        where = f"{self.line.file}, line {self.line.number}"
        return f"{where}: {self.patient_id} changed {', '.join(self.fields)}"


@dataclass
class Outcome:
    """What an import did, or with `dry_run` would do. With problems nothing was written; a warning
    stands in nobody's way."""

    dry_run: bool
    problems: tuple[Problem, ...] = ()
    counts: dict[str, Count] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    changes: list[Change] = field(default_factory=list)
    surveys_planned: int = 0
    alerts_raised: int = 0
    totals_only: int = 0

    def note(self, kind: str, line: Line, code: str, fields: Sequence[str] | None) -> bool:
        """Counts one row; `fields` is None for a new one. True where there is work to do."""
        count = self.counts.setdefault(kind, Count())
        if fields is None:
            count.new += 1
        elif fields:
            count.changed += 1
            self.changes.append(Change(line, code, tuple(fields)))
        else:
            count.unchanged += 1
        return fields is None or bool(fields)

    @property
    def wrote(self) -> bool:
        return any(count.new or count.changed for count in self.counts.values())
