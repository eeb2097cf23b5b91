"""The numbers of the cohort page, from `reports/cohort.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "cohort.toml"


@dataclass(frozen=True)
class Number:
    """`status` is published, translated or opinion, as for the rules."""

    value: int
    status: str
    source: str


@dataclass(frozen=True)
class Published:
    """A study's figure, to be read beside ours. `weeks` only where the figure is retention."""

    what: str
    percent: float
    text: str
    weeks: int | None = None


@dataclass(frozen=True)
class Declared:
    version: int
    fewest_for_percent: Number
    confidence_percent: Number
    weeks_shown: Number
    after_decision_from_day: Number
    after_decision_to_day: Number
    published_instrument: str
    published: tuple[Published, ...]

    def beside(self, what: str) -> tuple[Published, ...]:
        return tuple(one for one in self.published if one.what == what)


@cache
def shipped_declaration() -> Declared:
    table = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    return Declared(
        version=table["version"],
        fewest_for_percent=Number(**table["fewest_for_percent"]),
        confidence_percent=Number(**table["confidence_percent"]),
        weeks_shown=Number(**table["weeks_shown"]),
        after_decision_from_day=Number(**table["after_decision_from_day"]),
        after_decision_to_day=Number(**table["after_decision_to_day"]),
        published_instrument=table["published_instrument"],
        published=tuple(Published(**row) for row in table["published"]),
    )
