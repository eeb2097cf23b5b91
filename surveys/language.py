"""What patients read in their language: sentences, plurals, dates. Pure; the words are data.

Each file in `languages/` is one language of the patient's door and mails. The wording of
questionnaires is not here: it is published, and lies with each instrument.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).parent / "languages"
ENGLISH = "en"
_PLACE = re.compile(r"{(\w+)}")
# ISO 639 codes of the living languages written from right to left that phones are set to
FROM_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"}


@dataclass(frozen=True)
class Language:
    """One file. `sentences` by "table.key", or "table.key.form" where a number decides the form.

    `numbers` are the words for 0, 1, 2 …; `plurals` says which numbers take which form, all
    others take "other". `telling` are beginnings of words that no mail may contain.
    """

    tag: str
    name: str
    sentences: Mapping[str, str]
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    numbers: tuple[str, ...]
    plurals: Mapping[str, frozenset[int]]
    telling: tuple[str, ...]

    @property
    def direction(self) -> str:
        return direction(self.tag)

    def sentence(self, key: str, count: int | None = None) -> str:
        """The sentence with its places still open. Raises KeyError for one that is not there."""
        if count is None or key in self.sentences:
            return self.sentences[key]
        return self.sentences[f"{key}.{self._form(count)}"]

    def _form(self, count: int) -> str:
        return next((form for form, taken in self.plurals.items() if count in taken), "other")

    def say(self, key: str, count: int | None = None, **facts: Any) -> str:
        """The sentence, filled in. `{count}` is in words, `{Count}` the same at its beginning."""
        return self.sentence(key, count).format(**self.facts(count, facts))

    def facts(self, count: int | None, facts: Mapping[str, Any]) -> dict[str, Any]:
        if count is None:
            return dict(facts)
        word = self.in_words(count)
        return {"count": word, "Count": word[:1].upper() + word[1:], **facts}

    def in_words(self, number: int) -> str:
        """In words as far as the file has them, else in figures."""
        return self.numbers[number] if 0 <= number < len(self.numbers) else str(number)

    def day(self, instant: datetime, zone: str) -> str:
        """The calendar day of an aware instant in an IANA zone, as "Sunday 8 November"."""
        local = instant.astimezone(ZoneInfo(zone))
        return self.say(
            "dates.day",
            weekday=self.weekdays[local.weekday()],
            day=local.day,
            month=self.months[local.month - 1],
        )

    def moment(self, instant: datetime, zone: str) -> str:
        """Day and wall time of an aware instant in an IANA zone, as "Sunday 8 November, 19:42"."""
        time = f"{instant.astimezone(ZoneInfo(zone)):%H:%M}"
        return self.say("dates.moment", day=self.day(instant, zone), time=time)


def direction(tag: str) -> str:
    """ "rtl" or "ltr", by the first part of a language tag."""
    return "rtl" if tag.split("-")[0] in FROM_RIGHT_TO_LEFT else "ltr"


@cache
def languages() -> Mapping[str, Language]:
    """Every language by its tag. Raises ValueError naming what a file lacks or has too much of."""
    found = {path.stem: load(path) for path in sorted(FOLDER.glob("*.toml"))}
    mistakes = [text for one in found.values() for text in mistakes_in(one, found[ENGLISH])]
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return MappingProxyType(found)


def spoken_to(tag: str) -> Language:
    """The language of a tag such as "es-MX", by its first part where need be; else English."""
    known = languages()
    return known.get(tag) or known.get(tag.split("-")[0]) or known[ENGLISH]


def load(path: Path) -> Language:
    top = tomllib.loads(path.read_text(encoding="utf-8"))
    return Language(
        tag=path.stem,
        name=top["name"],
        sentences=MappingProxyType(dict(_flat(top["sentences"]))),
        weekdays=tuple(top["weekdays"]),
        months=tuple(top["months"]),
        numbers=tuple(top["numbers"]),
        plurals=MappingProxyType({form: frozenset(_n) for form, _n in top["plurals"].items()}),
        telling=tuple(top["telling"]),
    )


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, str):
            yield before + key, value
        else:
            yield from _flat(value, f"{before}{key}.")


def mistakes_in(one: Language, english: Language) -> Iterator[str]:
    """What the file must still say, what nobody asks for, and places that do not match."""
    ours, theirs = _places(english), _places(one)
    for key in sorted(ours.keys() - theirs.keys()):
        yield f'{one.tag}.toml does not say "{key}"'
    for key in sorted(theirs.keys() - ours.keys()):
        yield f'{one.tag}.toml says "{key}", which no page has'
    for key in sorted(ours.keys() & theirs.keys()):
        if ours[key] != theirs[key]:
            yield f'{one.tag}.toml, "{key}": needs {sorted(ours[key])}, has {sorted(theirs[key])}'
    if (len(one.weekdays), len(one.months)) != (7, 12):
        yield f"{one.tag}.toml needs seven weekdays, from Monday, and twelve months"


def _places(one: Language) -> dict[str, set[str]]:
    """The facts each sentence takes. Forms of a number may leave the number itself out."""
    found: dict[str, set[str]] = {}
    forms = {*one.plurals, "other"}
    for key, sentence in one.sentences.items():
        stem, _, form = key.rpartition(".")
        name = stem if form in forms else key
        found.setdefault(name, set()).update(set(_PLACE.findall(sentence)) - {"count", "Count"})
    return found
