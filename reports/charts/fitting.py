"""How wide words are, and how they are made to fit: in lines, or cut with "…"."""

import re

# A number and what belongs to it: 6 Dec, 8 Nov 2024.
_TOGETHER = re.compile(r"(\d|\b[A-Z][a-z]{2}) (?=[A-Z][a-z]{2}\b|20\d\d)")
# In ems of the sans faces we draw with, rounded up: what is fitted by them is never too wide.
_WIDE, _NARROW = frozenset("mwMW@%&"), frozenset("iljtfrI.,;:'|!()[] -\u00a0")


def em(letter: str) -> float:
    """About how wide a letter is."""
    if letter in _WIDE:
        return 0.95
    return 0.36 if letter in _NARROW else 0.72 if letter.isupper() else 0.58


def ems(text: str) -> float:
    """About how wide words are."""
    return sum(map(em, text))


def wrapped(text: str, room: float, font: float) -> tuple[str, ...]:
    """The text in as many lines as it takes; a day and its month stay together."""
    if ems(text) * font <= room:
        return (text,)
    lines = [""]
    for word in _TOGETHER.sub("\\1\u00a0", text).split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and ems(longer) * font > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(fitted(line, room, font).replace("\u00a0", " ") for line in lines)


def fitted(text: str, room: float, font: float) -> str:
    """The text, or as much of it as has room, ending in "…"."""
    if ems(text) * font <= room:
        return text
    wide, kept = em("m"), ""
    for letter in text:
        wide += em(letter)
        if wide * font > room:
            break
        kept += letter
    return f"{kept.rstrip()}…"
