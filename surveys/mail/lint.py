"""Words that would tell whoever reads a mailbox what the mail is about."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from surveys.language import Language, languages
from surveys.mail.letter import Letter

# Beginnings of words, of every language we speak: treatment, conditions, questionnaires, trades.
TELLING = tuple(dict.fromkeys(word for one in languages().values() for word in one.telling))
_TELLING = re.compile(r"\b(" + "|".join(re.escape(word) for word in TELLING) + ")", re.IGNORECASE)
# A link's path is random and may hold any run of letters; its host and the rest are read.
_SECRET = re.compile(r"/s/[A-Za-z0-9_-]{43}")


def _said_in(one: Language) -> Iterator[str]:
    yield from (*one.weekdays, *one.months)
    yield from (text for key, text in one.sentences.items() if key.startswith(("mail.", "dates.")))


_WORD = re.compile(r"[^\W\d_]+|\w*\d\w*")
_TEMPLATES = Path(__file__).parent / "templates"
# What templates, sentences and the calendar say to everybody.
_SAID_TO_ALL = frozenset(
    word
    for text in (
        *(path.read_text().lower() for path in _TEMPLATES.glob("*.jinja")),
        *(text.lower() for one in languages().values() for text in _said_in(one)),
        "http https",
    )
    for word in _WORD.findall(text)
)


class TellingMail(ValueError):
    """The mail names something about health and must not leave."""


def telling_words(*parts: str) -> list[str]:
    """The telling words found, in order, lower case. Empty when the mail may leave."""
    return [found.lower() for part in parts for found in _TELLING.findall(_SECRET.sub("/s/", part))]


def refuse_naming(names: Collection[str], letter: Letter, said_anyway: str) -> None:
    """Nobody is called by name or number: whoever reads the mailbox would know whose mail it is.

    A word that every letter says (`said_anyway`, months, "open") names nobody, whatever it is.
    """
    words = {word for name in names for word in _WORD.findall(name.lower()) if len(word) > 2}
    words -= {*_WORD.findall(said_anyway.lower()), *_SAID_TO_ALL}
    said = " ".join((letter.subject, _SECRET.sub("/s/", letter.text)))
    if named := words & set(_WORD.findall(said.lower())):
        raise TellingMail(f"The mail names somebody ({len(named)} words). It must not.")


def refuse_telling(*parts: str) -> None:
    if words := telling_words(*parts):
        raise TellingMail(f"The mail says {', '.join(sorted(set(words)))}. Use neutral words.")
