"""What a condition adds to the questions of a protocol."""

import pytest

from surveys.declaration import DeclarationError
from surveys.indication import followed, load_indication, shipped_indications
from surveys.protocol import shipped_protocols

MINIMAL = 'id = "cough"\nversion = 1\ntitle = "Cough"\nsource = "made up"\n\n[surveys]\n'


def test_these_indications_are_shipped():
    assert set(shipped_indications()) == {
        "depression", "anxiety", "ptsd", "bipolar_depression", "panic", "phobia", "chronic_pain",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("indication", "survey", "asked"),
    [
        ("depression", "weekly", ("phq9",)),
        ("anxiety", "weekly", ("phq9", "gad7")),
        ("ptsd", "baseline", ("phq9", "gad7", "pcl5")),
        ("ptsd", "weekly", ("phq9",)),
        ("bipolar_depression", "weekly", ("phq9",)),
        ("panic", "baseline", ("phq9", "gad7", "phq_panic")),
        ("phobia", "mid-interval", ("phq9", "gad7")),
        ("chronic_pain", "weekly", ("phq9", "peg")),
    ],
)
def test_what_each_indication_adds(indication, survey, asked):
    assert followed("six-then-boosters", indication).surveys[survey].instruments == asked


@pytest.mark.parametrize("written", ["ptsd", "PTSD", " Post-traumatic  stress disorder "])
def test_an_indication_is_known_by_each_of_its_names(written):
    assert "pcl5" in followed("esketamine", written).surveys["monthly"].instruments


def test_an_indication_that_no_file_knows_adds_nothing():
    assert followed("esketamine", "hay fever") == shipped_protocols()["esketamine"]


@pytest.mark.parametrize("indication", sorted(shipped_indications()))
@pytest.mark.parametrize("protocol", sorted(shipped_protocols()))
def test_question_9_stays_in_every_survey_that_has_it(protocol, indication):
    for name, survey in shipped_protocols()[protocol].surveys.items():
        assert followed(protocol, indication).surveys[name].instruments[0] == survey.instruments[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (MINIMAL + 'weekly = ["phq10"]', 'instrument "phq10", which no file declares'),
        (MINIMAL.replace("version = 1", "version = 0"), "`version` starts at 1"),
        (MINIMAL.replace('title = "Cough"\n', ""), "`title` is missing"),
        ("titel = 1\n" + MINIMAL, "`titel` is not a known key"),
        (MINIMAL + 'hourly = ["phq9"]', "`hourly` is not a known key"),
    ],
)
def test_each_mistake_is_named(tmp_path, text, problem):
    path = tmp_path / "cough.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as error:
        load_indication(path)
    assert problem in str(error.value)
