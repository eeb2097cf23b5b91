"""What patients read and how it is scored cannot change under the same version.

Answers are stored with the instrument's version. A text or a threshold edited in place would make
old and new answers look alike, so each version has a fingerprint here. When a change is meant:
raise `version` in the file and add a line below; the lines of older versions stay.
"""

import hashlib
import shutil

import pytest

from surveys import instrument as instrument_module
from surveys.catalogue import every_instrument, shipped_translations
from surveys.edition import fingerprint
from surveys.instrument import Instrument, load_instrument, shipped_instruments
from surveys.wordings import worded

FINGERPRINTS = {
    ("after_session", 1): "432fcbb55f15c931",
    ("asrm", 1): "a5b343520725f830",
    ("asrm", 2): "981ca836eecd961e",
    ("audit_c", 1): "57b95a99d7d243a5",
    ("c_ssrs_screener", 1): "d591cea96b236c1c",
    ("cgi_i", 1): "eadc9497dc03c02e",
    ("cgi_i", 2): "9d953cf6e22f2c5f",
    ("dast10", 1): "c3e304d8a542b4f4",
    ("gad7", 1): "68464cb6983426ef",
    ("longer_term_harms", 1): "7b35340f71bed1b3",
    ("pcl5", 1): "dbd46454dcd8b5c4",
    ("peg", 1): "b7715d6ae9313bbf",
    ("peg", 2): "d24b47fc3fa49358",
    ("phq15", 1): "597017ea2680532c",
    ("phq2", 1): "a1b55e1abf005c33",
    ("phq9", 1): "0c8bac4e1e24a99a",
    ("phq_panic", 1): "88f2b0e282ff6ef1",
    ("qids_sr16", 1): "a50134ff5763358d",
    ("who5", 1): "192fb8be1191cddb",
    ("wsas", 1): "77b7de1fa8335842",
}
# Of the instructions, questions and answers as the published forms have them, collected and
# compared with independent copies before any file was written (see `sources.wording` of each).
PUBLISHED = {
    "audit_c": "24de2eb6e3b91813",
    "cgi_i": "abe6950590098ddd",
    "gad7": "e41c26b620ac7060",
    "gad7 es": "f83a93d532246eae",
    "pcl5": "7fbc703719bdcdc4",
    "peg": "23236d32cde6c636",
    "phq15": "96a718ab228d1c99",
    "phq2": "140f3771f76f0b81",
    "phq9": "299d20726738f606",
    "phq9 es": "f0a880d244f0d23a",
    "phq_panic": "4d58e3e24c96f677",
}
OURS = {"after_session", "longer_term_harms"}


@pytest.mark.parametrize("instrument", every_instrument().values(), ids=lambda one: one.id)
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
        ("pcl5", "actually back there", "back there", "two words in brackets"),
        ("pcl5", "select one", "circle one", "the edition of 2013"),
        ("pcl5", "at_least = 2 },", "at_least = 1 },", "how many symptoms of a cluster"),
        ("peg", "10 – Completely interferes", "10 – Interferes completely", "an anchor"),
        ("phq15", "the past 4 weeks", "the last 4 weeks", "the other stem"),
        ("cgi_i", "at_most = 2", "at_most = 3", "who counts as a responder"),
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


def in_words(instrument: Instrument) -> str:
    """What a patient reads, without what is ours: one answer to PHQ-15 question 4, and the places
    where PEG prints its anchors."""
    lines = [instrument.instructions]
    for item in instrument.items:
        lines.append(item.text)
        labels = {option.value: option.label for option in item.options}
        if (instrument.id, item.code) == ("phq15", "4"):
            assert labels.pop(9) == "Does not apply to me"
        if instrument.id == "peg":
            labels = {value: label.partition(" – ")[0] for value, label in labels.items()}
        lines += [f"{value} {label}" for value, label in labels.items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def test_every_published_text_is_held_against_the_published_form():
    with_text = {one.id for one in every_instrument().values() if not one.text_withheld}
    spanish = {f"{of} {language}" for of, language in shipped_translations()}
    assert with_text - OURS | spanish == PUBLISHED.keys()


@pytest.mark.parametrize("name", [name for name in PUBLISHED if " " not in name])
def test_a_published_text_agrees_character_for_character(name):
    assert in_words(every_instrument()[name]) == PUBLISHED[name]


@pytest.mark.parametrize("name", ["phq9", "gad7"])
def test_the_spanish_text_agrees_character_for_character(name):
    spanish = worded(every_instrument()[name], shipped_translations()[name, "es"])
    assert in_words(spanish) == PUBLISHED[f"{name} es"]


def test_pain_anchors_stand_at_both_ends():
    ends = {
        item.code: (item.label_of(0), item.label_of(10)) for item in every_instrument()["peg"].items
    }
    interferes = ("0 – Does not interfere", "10 – Completely interferes")
    assert ends["1"] == ("0 – No pain", "10 – Pain as bad as you can imagine")
    assert ends["2"] == ends["3"] == interferes


def test_pcl5_is_the_edition_of_2023():
    pcl5 = every_instrument()["pcl5"]
    assert "Keeping your worst event in mind" in pcl5.instructions
    assert "circle" not in pcl5.instructions
    assert pcl5.groups[0].heading == "In the past month, how much were you bothered by:"
    assert pcl5.item("17").text == "Being “superalert” or watchful or on guard?"
