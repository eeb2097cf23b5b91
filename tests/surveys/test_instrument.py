"""Instruments are read strictly: every mistake in a file is named, none becomes a default."""

import re
from pathlib import Path

import pytest

from surveys import instrument as instrument_module
from surveys.catalogue import every_instrument
from surveys.instrument import (
    DeclarationError,
    load_instrument,
    shipped_instruments,
)
from surveys.triage import concerns, safety_concerns

README = Path(instrument_module.__file__).parent / "instruments" / "README.md"
PHQ9 = shipped_instruments()["phq9"]
GAD7 = shipped_instruments()["gad7"]
AFTER_SESSION = shipped_instruments()["after_session"]
PCL5, PEG = (shipped_instruments()[name] for name in ("pcl5", "peg"))
QIDS, AUDIT_C, WSAS = (every_instrument()[name] for name in ("qids_sr16", "audit_c", "wsas"))

MINIMAL = """
id = "scale"
title = "A scale"
range = [0, 6]
direction = "higher_is_worse"
"""
TWO_ITEMS = (
    MINIMAL
    + """
[option_sets.often]
options = [{ value = 0, label = "No" }, { value = 3, label = "Yes" }]
[[items]]
code = "1"
text = "First"
options = "often"
[[items]]
code = "2"
text = "Second"
options = "often"
"""
)
# one of an answer about death, one of a total
TWO_ALERTS = (
    TWO_ITEMS
    + """
[[flags]]
id = "high"
title = "High"
of = "total"
at_least = 3
[[alerts]]
code = "a"
item = "1"
about = "x"
at_least = 3
level = "urgent"
safety = true
[[flag_alerts]]
code = "b"
flag = "high"
about = "y"
level = "standard"
source = "z"
"""
)


def write(folder: Path, text: str) -> Path:
    path = folder / "scale.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> str:
    with pytest.raises(DeclarationError) as error:
        load_instrument(write(folder, text))
    return "\n".join(error.value.problems)


def test_what_any_clinic_may_ask():
    assert set(shipped_instruments()) == {
        *("phq9", "gad7", "pcl5", "peg", "phq15", "phq_panic", "cgi_i"),
        *("after_session", "longer_term_harms"),
    }


@pytest.mark.parametrize(
    ("instrument", "number", "value"),
    [
        (PHQ9, "cutoff", 10),
        (PHQ9, "measurement_error", 2.2),
        (PHQ9, "important_change", 5),
        (PHQ9, "reliable_change", 6),
        (PHQ9, "response_fraction", 0.5),
        (PHQ9, "remission_below", 5),
        (PHQ9, "missing_allowed", 2),
        (PHQ9, "recall_days", 14),
        (PHQ9, "minutes", 3),
        (GAD7, "cutoff", 10),
        (GAD7, "measurement_error", 1.9),
        (GAD7, "important_change", 4),
        (GAD7, "reliable_change", 4),
        (GAD7, "missing_allowed", 2),
        (GAD7, "response_fraction", None),
        (GAD7, "remission_below", None),
        (PCL5, "cutoff", 31),
        (PCL5, "important_change", 12),
        (PCL5, "reliable_change", 18),
        (PCL5, "missing_allowed", 0),
        (PCL5, "recall_days", 30),
        (PEG, "measurement_error", 1.22),
        (PEG, "important_change", 1),
        (PEG, "reliable_change", None),
        (PEG, "recall_days", 7),
        (QIDS, "reliable_change", 5),
        (QIDS, "remission_below", 6),
        (QIDS, "recall_days", 7),
        (AFTER_SESSION, "cutoff", None),
        (AFTER_SESSION, "score_range", None),
        (AFTER_SESSION, "recall_days", None),
    ],
)
def test_the_numbers_reports_rest_on(instrument, number, value):
    assert getattr(instrument, number) == value


@pytest.mark.parametrize("instrument", every_instrument().values(), ids=lambda one: one.id)
def test_every_shipped_number_names_its_source(instrument):
    numbers = [
        "cutoff",
        "measurement_error",
        "important_change",
        "reliable_change",
        "response_fraction",
        "remission_below",
        "minutes",
    ]
    if instrument.scored and instrument.method in ("sum", "mean"):
        numbers.append("missing_allowed")
    for number in numbers:
        if getattr(instrument, number) is not None:
            assert instrument.sources[number].strip(), number
    assert instrument.sources["wording"]
    assert bool(instrument.bands) == ("bands" in instrument.sources)
    parts = (*instrument.subscores, *instrument.flags, *instrument.alerts, *instrument.skips)
    for part in (*parts, *instrument.levels, *instrument.reliable_choices):
        assert part.source, part


@pytest.mark.parametrize(
    ("instrument", "number", "rival"),
    [
        (PHQ9, "reliable_change", "7"),
        (PHQ9, "measurement_error", "2.5"),
        (GAD7, "reliable_change", "6 by Bischoff"),
        (GAD7, "missing_allowed", "no source"),
        (PCL5, "cutoff", "33"),
        (PCL5, "reliable_change", "15"),
        (PEG, "important_change", "30 %"),
        (AUDIT_C, "cutoff", "5 or more"),
        (WSAS, "missing_allowed", "32"),
    ],
)
def test_where_sources_disagree_the_file_says_so(instrument, number, rival):
    assert rival in instrument.conflicts[number]


def test_the_licence_line_stands_with_the_wording():
    for instrument in (PHQ9, GAD7):
        assert instrument.licence_line == (
            "No permission required to reproduce, translate, display or distribute."
        )
        assert "Pfizer" in instrument.attribution


def test_phq9_asks_nine_scored_questions_and_one_about_function():
    assert [item.code for item in PHQ9.scored_items] == list("123456789")
    assert not PHQ9.item("10").scored
    assert PHQ9.score_range == (0, 27)


def test_the_function_item_has_loinc_answer_codes_out_of_order():
    codes = {option.label: option.loinc for option in PHQ9.item("10").options}
    assert codes["Very difficult"] == "LA6575-0"
    assert codes["Extremely difficult"] == "LA6574-3"


def test_gad7_keeps_the_stem_of_its_own_sheet_and_has_no_difficulty_item():
    assert "any of" not in GAD7.instructions
    assert len(GAD7.items) == 7


def test_a_gad7_score_is_never_sent_under_the_panel_code():
    assert (GAD7.loinc_panel, GAD7.loinc_total) == ("69737-5", "70274-6")


@pytest.mark.parametrize(("name", "questions"), [("after_session", 16), ("longer_term_harms", 11)])
def test_our_own_lists_claim_nothing_they_have_not(name, questions):
    instrument = shipped_instruments()[name]
    assert not instrument.scored
    assert instrument.bands == ()
    assert instrument.loinc_panel == instrument.loinc_total == ""
    assert all(not item.loinc for item in instrument.items)
    assert len(instrument.items) == questions
    assert "not validated" in instrument.attribution


def test_the_longer_term_check_asks_for_each_harm():
    assert [item.code for item in shipped_instruments()["longer_term_harms"].items] == [
        *("uri_freq", "uri_urge", "uri_pain", "craving", "thinking", "early"),
        *("uri_blood", "liver", "nonprescribed", "blood_pressure", "asked_early"),
    ]


@pytest.mark.parametrize("instrument", every_instrument().values(), ids=lambda one: one.id)
def test_every_loinc_code_has_a_valid_check_digit(instrument):
    codes = [instrument.loinc_panel, instrument.loinc_total]
    codes += [item.loinc for item in instrument.items]
    for code in filter(None, codes):
        number, check = code.split("-")
        assert int(check) == mod10_check_digit(number), code


def mod10_check_digit(number: str) -> int:
    doubled = "".join(
        str(int(digit) * (2 if place % 2 == 0 else 1))
        for place, digit in enumerate(reversed(number))
    )
    return -sum(map(int, doubled)) % 10


def test_the_smallest_example_in_the_readme_works(tmp_path):
    examples = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [example] = [one for one in examples if 'id = "my_scale"' in one]
    scale = load_instrument(write(tmp_path, example))
    assert scale.totals_only
    assert (scale.score_range, scale.measurement_error, scale.reliable_change) == ((0, 60), 2.5, 7)
    assert (scale.band_of(19), scale.band_of(20)) == ("low", "high")


def test_the_readme_names_every_key_a_file_may_have():
    text = README.read_text(encoding="utf-8")
    for key in shipped_instruments()["phq9"].__dataclass_fields__:
        named = {"score_range": "range", "conflicts": "conflict"}.get(key, key)
        assert (
            f"`{named}" in text
            or f"[[{named}]]" in text
            or f"[{named}]" in text
            or (f"{named} = " in text)
        ), key


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id = ", "is not valid TOML"),
        (MINIMAL + "reliabel_change = 6", "`reliabel_change` is not a known key"),
        (MINIMAL + "reliable_change = '6'", "`reliable_change` is '6'; write a number"),
        (MINIMAL + "reliable_change = true", "`reliable_change` is True; write a number"),
        (MINIMAL + "cutoff = 2.5", "`cutoff` is 2.5; write a whole number"),
        (MINIMAL + "[reliable_change]\nvalue = 6", "[reliable_change] `source` is missing"),
        (MINIMAL + "version = 0", "`version` starts at 1"),
        (MINIMAL + "kind = 'guess'", "write one of: self-report, clinician-rated"),
        (MINIMAL.replace("scale", "a scale", 1), "letters, digits and underscores"),
        (MINIMAL.replace("higher_is_worse", "up"), "higher_is_worse, higher_is_better"),
        (MINIMAL.replace("[0, 6]", "[6, 0]"), "the lower one first"),
        (MINIMAL.replace("[0, 6]", "[0, 6, 9]"), "two whole numbers"),
        (MINIMAL.replace("title", "titel"), "`title` is missing; write a text in quotes"),
        (MINIMAL + "scored = false", "`range` is not a known key"),
        ('id = "scale"\ntitle = "S"\nscored = false', "needs [[items]]"),
        (MINIMAL + "[[bands]]\nlo = 0\nhi = 5\nlabel = 'low'", "run from 0 to 6"),
        (MINIMAL + "[[bands]]\nlo = 1\nhi = 6\nlabel = 'low'", "run from 0 to 6"),
        (
            MINIMAL + "bands = [{lo=0,hi=2,label='a'},{lo=4,hi=6,label='b'}]",
            "gap or overlap between 2 and 4",
        ),
        (
            MINIMAL + "bands = [{lo=0,hi=3,label='a'},{lo=3,hi=6,label='b'}]",
            "gap or overlap between 3 and 3",
        ),
        (TWO_ITEMS.replace("[0, 6]", "[0, 7]"), "the items add up to [0, 6]"),
        (TWO_ITEMS.replace('code = "2"', 'code = "1"'), 'item code "1" is used twice'),
        (TWO_ITEMS.replace("value = 3", "value = 0"), 'value of item 1 "0" is used twice'),
        (TWO_ITEMS.replace('options = "often"', 'options = "rarely"', 1), "write one of: often"),
        (TWO_ITEMS + "group = 'g'", "which no [[groups]] declares"),
        (TWO_ITEMS + "loink = '1'", "[[items]] number 2: `loink` is not a known key"),
        (
            TWO_ITEMS + "[[flags]]\nid='f'\ntitle='F'\nof='3'\nat_least=1",
            'flag "f" names "3", which this file does not declare',
        ),
        (
            TWO_ITEMS + "[[alerts]]\ncode='a'\nitem='9'\nabout='x'\nat_least=1\nlevel='urgent'",
            'alert "a" names "9"',
        ),
        (TWO_ALERTS.replace('code = "b"', 'code = "a"'), 'alert code "a" is used twice'),
        (TWO_ITEMS + "[[skips]]\nitem='1'\nvalue=0\nblank=['5']", 'the skip of item "1" names "5"'),
        (MINIMAL + "method = 'guess'", "write one of: sum, mean, domain-maxima, triage"),
        (TWO_ITEMS.replace("[option", "method = 'mean'\n[option", 1), "add up to [0, 3]"),
        (MINIMAL + "method = 'domain-maxima'", "[[domains]]"),
        (TWO_ITEMS + "[[domains]]\nitems = ['1']", "[[domains]]"),
        (MINIMAL + "text_withheld = true", "needs `off_until`"),
        ('id="s"\ntitle="S"\nmethod="triage"\n[[levels]]\nlabel="a"', "needs [[items]]"),
        (
            TWO_ITEMS + "[[subscores]]\nid='s'\ntitle='S'\nitems=['1','7']\nrange=[0,6]",
            'subscore "s" names "7"',
        ),
    ],
)
def test_each_mistake_is_named(tmp_path, text, problem):
    assert problem in problems(tmp_path, text)


@pytest.mark.parametrize(("answers", "told"), [({"1": 3}, ["1"]), ({"1": 0, "2": 3}, [])])
def test_a_total_is_never_told_as_an_answer_about_death(tmp_path, answers, told):
    """No two alerts of a file share a code, so that a draft's alert is always of one answer."""
    scale = load_instrument(write(tmp_path, TWO_ALERTS))
    answers = {"1": None, "2": None, **answers}
    assert [one.item for one in safety_concerns(scale, answers)] == told
    assert "" in [one.item for one in concerns(scale, {"1": 3, "2": 3})]


def test_all_mistakes_of_a_file_come_together(tmp_path):
    found = problems(tmp_path, MINIMAL + "version = 'one'\nminuets = 3\nkind = 'x'")
    assert len(found.splitlines()) == 3


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('title = "Größe"'.encode("latin-1"))
    with pytest.raises(DeclarationError, match="save it as UTF-8"):
        load_instrument(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DeclarationError, match="cannot be read"):
        load_instrument(tmp_path / "none.toml")
