"""What patients read and how it is scored cannot change under the same version.

Answers are stored with the instrument's version. A text or a threshold edited in place would make
old and new answers look alike, so each version has a fingerprint here. When a change is meant:
raise `version` in the file and add a line below; the lines of older versions stay.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import pytest

from surveys import instrument as instrument_module
from surveys.instrument import Instrument, load_instrument, shipped_instruments

FINGERPRINTS = {
    ("after_session", 1): "432fcbb55f15c931",
    ("gad7", 1): "68464cb6983426ef",
    ("phq9", 1): "0c8bac4e1e24a99a",
}
# Who says so may be put better without anything changing for patients or scores.
NOT_LOCKED = ("sources", "conflicts", "source", "minutes")


def fingerprint(instrument: Instrument) -> str:
    text = json.dumps(locked(instrument), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def locked(part):
    if is_dataclass(part):
        part = {field.name: getattr(part, field.name) for field in fields(part)}
    if isinstance(part, Mapping):
        return {key: locked(value) for key, value in part.items() if key not in NOT_LOCKED}
    return [locked(value) for value in part] if isinstance(part, tuple) else part


@pytest.mark.parametrize("instrument", shipped_instruments().values(), ids=lambda one: one.id)
def test_the_shipped_version_is_the_one_that_was_checked(instrument):
    assert fingerprint(instrument) == FINGERPRINTS[instrument.id, instrument.version], (
        f"{instrument.id} was changed: raise its version and add the new fingerprint"
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("phq9", "better off dead or of", "better off dead, or of", "one comma in a question"),
        ("phq9", "family down", "family  down", "one space in a question"),
        ("phq9", "—", "-", "a dash"),
        ("phq9", '"Several days"', '"Some days"', "an option"),
        ("phq9", "LA6575-0", "LA6574-3", "an answer code"),
        ("phq9", "bothered by any of the", "bothered by the", "the stem"),
        ("phq9", "44261-6", "44249-1", "the code of the total"),
        ("phq9", "value = 6\n", "value = 5\n", "the reliable change"),
        ("phq9", "No permission required", "Permission required", "the licence line"),
        ("phq9", "urgent_at_least = 2", "urgent_at_least = 3", "when an answer is urgent"),
        ("phq9", "exceptions = { 9 = 1 }", "exceptions = { 9 = 2 }", "a symptom's threshold"),
        ("gad7", "by the following", "by any of the following", "the other sheet's stem"),
        ("gad7", "nervous, anxious or", "nervous, anxious, or", "one comma"),
        ("after_session", "Unusual sleepiness", "Sleepiness", "our own wording too"),
    ],
)
def test_the_smallest_edit_is_noticed(tmp_path, name, old, new, what):
    path = tmp_path / f"{name}.toml"
    shutil.copy(instrument_module.SHIPPED / path.name, path)
    text = path.read_text(encoding="utf-8")
    assert old in text, what
    path.write_text(text.replace(old, new), encoding="utf-8")
    original = shipped_instruments()[name]
    assert fingerprint(load_instrument(path)) != fingerprint(original), what


def test_a_better_source_line_is_not_a_new_version(tmp_path):
    path = tmp_path / "phq9.toml"
    shutil.copy(instrument_module.SHIPPED / "phq9.toml", path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Kroenke 2001:", "Kroenke 2001, page 606:"), encoding="utf-8")
    assert fingerprint(load_instrument(path)) == fingerprint(shipped_instruments()["phq9"])
