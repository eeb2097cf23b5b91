"""Which words and which scoring a version stood for: a fingerprint of what weighs. Pure.

Answers keep the version of their questionnaire. A file edited in place would make old and new
answers look alike; its fingerprint tells.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any

from surveys.instrument import Instrument

# Who says so may be put better without anything changing for patients or scores.
# A rule offered beside the one in use changes nothing until a clinic chooses it.
WEIGHTLESS = ("sources", "conflicts", "source", "minutes", "reliable_choices")


def fingerprint(instrument: Instrument) -> str:
    """16 hexadecimal digits of all that a file says, but for sources and times."""
    text = json.dumps(_weighed(instrument), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def edition(instrument: Instrument) -> str:
    """The same of the form as it was read, whatever other languages it has and whichever rule of
    reliable change the clinic goes by: no answer depends on these."""
    return fingerprint(replace(instrument, translations={}, reliable_change=None))


def _weighed(part: Any) -> Any:
    """What a file leaves out weighs nothing, so that a new key leaves older fingerprints alone."""
    if is_dataclass(part):
        part = {
            field.name: getattr(part, field.name)
            for field in fields(part)
            if getattr(part, field.name) != _left_out(field)
        }
    if isinstance(part, Mapping):
        return {key: _weighed(value) for key, value in part.items() if key not in WEIGHTLESS}
    return [_weighed(value) for value in part] if isinstance(part, tuple) else part


def _left_out(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
