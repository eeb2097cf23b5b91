"""Words that would tell whoever reads a mailbox what the mail is about."""

import re

# Beginnings of words: treatment, conditions, questionnaires, specialities.
TELLING = (
    "ketamin",
    "esketamin",
    "spravato",
    "infusion",
    "depress",
    "anxi",
    "suicid",
    "self-harm",
    "psych",
    "mental",
    "mood",
    "ptsd",
    "trauma",
    "bipolar",
    "panic",
    "phobi",
    "therap",
    "treatment",
    "medic",
    "dose",
    "symptom",
    "diagnos",
    "questionnaire",
    "phq",
    "gad-",
    "pcl-",
    "score",
    "patient",
    "clinic",
)
_TELLING = re.compile(r"\b(" + "|".join(re.escape(word) for word in TELLING) + ")", re.IGNORECASE)
# A link's path is random and may hold any run of letters; its host and the rest are read.
_SECRET = re.compile(r"/s/[A-Za-z0-9_-]{43}")


class TellingMail(ValueError):
    """The mail names something about health and must not leave."""


def telling_words(*parts: str) -> list[str]:
    """The telling words found, in order, lower case. Empty when the mail may leave."""
    return [found.lower() for part in parts for found in _TELLING.findall(_SECRET.sub("/s/", part))]


def refuse_telling(*parts: str) -> None:
    if words := telling_words(*parts):
        raise TellingMail(f"The mail says {', '.join(sorted(set(words)))}. Use neutral words.")
