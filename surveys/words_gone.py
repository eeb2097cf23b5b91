"""Forms whose questionnaire, or its words in their language, no file declares any more."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Count

from surveys.in_use import instruments_to_read
from surveys.models import Response


@dataclass(frozen=True)
class Gone:
    """So many forms of an instrument; `language` is empty where all of it is gone."""

    instrument: str
    language: str
    forms: int
    folder: Path | None

    @property
    def what(self) -> str:
        forms = "1 form" if self.forms == 1 else f"{self.forms} forms"
        words = f'its words in "{self.language}"' if self.language else "it"
        return f"{forms} of {self.instrument} cannot be checked: no file declares {words} now"

    @property
    def fix(self) -> str:
        translation = f'translates = "{self.instrument}" and language = "{self.language}"'
        whole = f'id = "{self.instrument}"'
        file = f"the file with {translation if self.language else whole}"
        if self.folder is None:
            return f"Set AFTERGLOW_INSTRUMENTS to the folder that holds {file}."
        return f"Put {file} back into {self.folder} (AFTERGLOW_INSTRUMENTS)."


def words_gone() -> list[Gone]:
    """None of these forms can be held against its score or its alert. Of a translation only forms
    of the version there is now: an older one has words of its own time."""
    known, lost = instruments_to_read(), Counter[tuple[str, str]]()
    kinds = Response.objects.values_list("instrument", "instrument_version", "language")
    for name, version, language, forms in kinds.annotate(Count("pk")).order_by():
        asked = known.get(name)
        if asked is None:
            lost[name, ""] += forms
        elif language and asked.version == version:
            lost[name, language] += forms * (asked.in_language(language).language != language)
    found = sorted(one for one in lost.items() if one[1])
    return [Gone(*which, forms, settings.INSTRUMENTS) for which, forms in found]
