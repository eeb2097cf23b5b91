"""What patients may be asked: what is shipped, what a clinic confirms, and what is never here."""

import tomllib
from pathlib import Path

import pytest

from surveys import checks
from surveys.actions.answer import instruments_of
from surveys.catalogue import (
    SCORERS,
    ChoiceError,
    catalogue,
    every_instrument,
    known_instruments,
    read_choices,
    scorable_instruments,
)
from surveys.instrument import SHIPPED, DeclarationError, shipped_instruments
from surveys.models import Course, Occurrence, Patient

NEVER_SHIPPED = SHIPPED / "withheld" / "never_shipped.toml"
CONFIRMED = '[confirmed]\nby = "Dr A. Okafor"\non = "2026-05-04"\nterms = "licence of 2 March"\n'
OWN = 'id = "scale"\ntitle = "A scale"\nrange = [0, 6]\ndirection = "higher_is_worse"\n'
WHO5 = (
    'completes = "who5"\ninstructions = "Say how it was."\n'
    "[items]\n"
    + "".join(f'{n} = "Question {n}"\n' for n in range(1, 6))
    + '[[answers]]\nitems = ["1", "2", "3", "4", "5"]\nlabels = ["a", "b", "c", "d", "e", "f"]\n'
)
SPANISH = 'translates = "phq9"\nlanguage = "es"\n'


def write(folder: Path, text: str, name: str = "mine") -> Path:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(DeclarationError) as refused:
        known_instruments(write(folder, text))
    return str(refused.value)


# -- what is off ---------------------------------------------------------------------------------


def test_without_a_folder_patients_are_asked_what_is_shipped():
    assert known_instruments(None) == shipped_instruments()


@pytest.mark.parametrize(
    "name", ["audit_c", "qids_sr16", "asrm", "wsas", "dast10", "who5", "c_ssrs_screener"]
)
def test_what_needs_a_confirmation_is_off_and_still_scored(name):
    entry = catalogue(None)[name]
    assert not entry.on
    assert entry.why.startswith("off until the clinic")
    assert name not in shipped_instruments()
    assert name in scorable_instruments(None)


def test_a_licence_confirmed_switches_audit_c_on(tmp_path):
    folder = write(tmp_path, f'completes = "audit_c"\n{CONFIRMED}')
    entry = catalogue(folder)["audit_c"]
    assert entry.on
    assert entry.why == "confirmed by Dr A. Okafor on 2026-05-04"
    assert entry.instrument.items == every_instrument()["audit_c"].items


def test_words_and_permission_switch_a_scorer_on(tmp_path):
    who5 = known_instruments(write(tmp_path, WHO5 + CONFIRMED))["who5"]
    assert not who5.text_withheld
    assert who5.instructions == "Say how it was."
    assert who5.item("3").text == "Question 3"
    assert [option.label for option in who5.item("5").options] == list("abcdef")
    assert [option.value for option in who5.item("5").options] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('completes = "audit_c"\n', "nobody confirms that patients may be shown AUDIT-C"),
        (WHO5, "nobody confirms that patients may be shown WHO-5"),
        (SPANISH, "nobody confirms that patients may be shown PHQ-9"),
        (WHO5.replace("who5", "audit_c") + CONFIRMED, "rewords audit_c, whose words are published"),
        (f'completes = "phq9"\ninstructions = "Today:"\n{CONFIRMED}', "rewords phq9"),
        (f'completes = "phq2"\n{CONFIRMED}', "`afterglow stepdown on`"),
        (f'completes = "isi"\n{CONFIRMED}', '"isi", which is no instrument'),
        (f'completes = "who5"\n{CONFIRMED}', 'gives no words to item "1"'),
        (WHO5.replace("5 = ", "6 = ") + CONFIRMED, 'gives words to item "6"'),
        (WHO5.replace(', "f"', "") + CONFIRMED, 'item "1" needs one label for each answer: 0, 1'),
        (WHO5 + CONFIRMED.replace("2026-05-04", "4 May"), '`on` is "4 May"; write the day as'),
        (WHO5 + CONFIRMED.replace("Dr A. Okafor", " "), "say who confirms"),
        (WHO5 + CONFIRMED.replace("terms", "term"), "`terms` is missing"),
        ("version = 2\n" + WHO5 + CONFIRMED, "compare the words again"),
        ('headings = {a = "b"}\n' + WHO5 + CONFIRMED, 'gives a heading to "a"'),
        ("colour = 1\n" + WHO5 + CONFIRMED, "`colour` is not a known key"),
    ],
)
def test_a_file_that_confirms_nothing_is_refused_with_the_reason(tmp_path, text, says):
    complaint = refusal(tmp_path, text)
    assert says in complaint
    assert "mine.toml" in complaint


# -- the system's own check ----------------------------------------------------------------------


def test_the_start_is_refused_while_nobody_confirms(settings, tmp_path):
    settings.INSTRUMENTS = write(tmp_path, WHO5)
    [found] = checks.instruments_are_permitted()
    assert found.id == "surveys.E040"
    assert "nobody confirms" in found.msg
    assert "AFTERGLOW_INSTRUMENTS" in found.hint


def test_the_start_is_refused_on_a_rule_nobody_published(settings):
    settings.RELIABLE_CHANGE = "phq9=9"
    [found] = checks.instruments_are_permitted()
    assert "phq9=6, phq9=7" in found.msg


def test_nothing_to_confirm_nothing_to_refuse():
    assert checks.instruments_are_permitted() == []


# -- Spanish -------------------------------------------------------------------------------------


def test_spanish_is_off_until_somebody_has_compared_it():
    phq9 = known_instruments(None)["phq9"]
    assert phq9.in_language("es") is phq9
    assert catalogue(None)["phq9"].languages == ("en",)


@pytest.mark.parametrize(("name", "questions"), [("phq9", 10), ("gad7", 7)])
def test_spanish_is_the_same_instrument_in_other_words(tmp_path, name, questions):
    folder = write(tmp_path, SPANISH.replace("phq9", name) + CONFIRMED)
    entry = catalogue(folder)[name]
    english, spanish = entry.instrument, entry.instrument.in_language("es")
    assert entry.languages == ("en", "es")
    assert entry.why == "shipped; es confirmed by Dr A. Okafor on 2026-05-04"
    assert spanish.instructions.startswith("Durante las últimas 2 semanas, ¿qué tan seguido")
    assert [option.label for option in spanish.item("1").options] == [
        *("Ningún día", "Varios días", "Más de la mitad de los días", "Casi todos los días"),
    ]
    assert len({item.text for item in english.items} | {item.text for item in spanish.items}) == (
        2 * questions
    )
    for same in ("id", "version", "bands", "flags", "alerts", "subscores", "loinc_total"):
        assert getattr(spanish, same) == getattr(english, same), same
    assert [i.loinc for i in spanish.items] == [i.loinc for i in english.items]
    assert english.in_language("fr") is english


def test_spanish_of_anything_else_is_the_clinics_own_and_whole(tmp_path):
    peg = 'translates = "peg"\nversion = 2\nlanguage = "es"\n'
    assert 'gives no words to item "1"' in refusal(tmp_path, peg + CONFIRMED)
    words = '[items]\n1 = "Uno"\n2 = "Dos"\n3 = "Tres"\n'
    labels = "".join(f'"{n}", ' for n in range(11))
    answers = f'[[answers]]\nitems = ["1", "2", "3"]\nlabels = [{labels}]\n'
    write(tmp_path, peg + CONFIRMED + words + answers)
    assert known_instruments(tmp_path)["peg"].in_language("es").item("2").text == "Dos"


def test_a_scorer_may_be_completed_and_translated(tmp_path):
    write(tmp_path, WHO5 + CONFIRMED, "english")
    spanish = WHO5.replace('completes = "who5"', 'translates = "who5"\nlanguage = "es"')
    write(tmp_path, spanish.replace("Question", "Pregunta") + CONFIRMED, "a_spanish")
    who5 = known_instruments(tmp_path)["who5"]
    assert (who5.item("1").text, who5.in_language("es").item("1").text) == (
        "Question 1",
        "Pregunta 1",
    )


def asked(language: str, *names: str) -> list[tuple[str, str]]:
    """What one patient is asked: each instrument with its language. Nothing is stored."""
    course = Course(patient=Patient(language=language))
    found = instruments_of(Occurrence(course=course, instruments=list(names)))
    return [(one.id, one.language) for one in found]


@pytest.mark.parametrize(
    ("patient", "confirmed", "expected"),
    [("es", True, "es"), ("es", False, "en"), ("en", True, "en"), ("vi", True, "en")],
)
def test_a_patient_reads_spanish_only_where_it_is_confirmed_and_theirs(
    settings, tmp_path, patient, confirmed, expected
):
    if confirmed:
        settings.INSTRUMENTS = write(tmp_path, SPANISH + CONFIRMED)
    assert asked(patient, "phq9", "gad7") == [("phq9", expected), ("gad7", "en")]


def test_nobody_is_asked_what_has_been_switched_off_since(settings, tmp_path):
    assert asked("en", "audit_c", "phq9") == [("phq9", "en")]
    settings.INSTRUMENTS = write(tmp_path, f'completes = "audit_c"\n{CONFIRMED}')
    assert asked("en", "audit_c", "phq9") == [("audit_c", "en"), ("phq9", "en")]


# -- a clinic's own ------------------------------------------------------------------------------


def test_a_clinics_own_instruments_stand_beside_ours(tmp_path):
    known = known_instruments(write(tmp_path, OWN))
    assert set(known) == {*shipped_instruments(), "scale"}


@pytest.mark.parametrize("name", ["phq9", "who5"])
def test_a_clinics_own_instrument_cannot_take_the_place_of_ours(tmp_path, name):
    assert f'id "{name}" is one of ours' in refusal(tmp_path, OWN.replace("scale", name, 1))


def test_two_files_with_one_id_are_refused(tmp_path):
    write(tmp_path, OWN, "twin")
    assert "used by another file" in refusal(tmp_path, OWN)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="is not a folder"):
        known_instruments(tmp_path / "nowhere")


# -- reliable change -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "name", "points", "rule"),
    [
        ("", "phq9", 6, "NHS Talking Therapies"),
        ("phq9=6", "phq9", 6, "NHS Talking Therapies"),
        ("phq9=7", "phq9", 7, "Löwe 2004"),
        ("gad7=5 phq9=7", "gad7", 5, "SD 4.5"),
        ("gad7=6", "gad7", 6, "Bischoff 2020"),
        ("pcl5=15", "pcl5", 15, "Marx 2022, sample 1"),
    ],
)
def test_a_clinic_may_choose_among_the_rules_and_the_rule_is_named(choice, name, points, rule):
    chosen = known_instruments(None, read_choices(choice))[name]
    assert chosen.reliable_change == points
    assert rule in chosen.sources["reliable_change"]


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("phq9=8", "it offers: phq9=6, phq9=7"),
        ("peg=2", "it offers: none"),
        ("hamd=3", "is no instrument"),
        ("phq9", "write an id and points"),
        ("phq9=six", "write an id and points"),
    ],
)
def test_a_rule_nobody_published_is_refused(choice, says):
    with pytest.raises(ChoiceError, match=says):
        known_instruments(None, read_choices(choice))


# -- never shipped -------------------------------------------------------------------------------


def withheld() -> list[dict]:
    return tomllib.loads(NEVER_SHIPPED.read_text(encoding="utf-8"))["withheld"]


def test_the_restricted_list_is_named_with_its_owners():
    assert {one["id"] for one in withheld()} == {
        *("isi", "madrs_s", "pdss_sr", "spin", "sds", "qlesq_sf", "apa_panic"),
        *("apa_specific_phobia", "icsi_icpi", "bpic_ss", "cadss", "kset", "prise", "saftee"),
        "pro_ctcae",
    }
    assert all(set(one) == {"id", "title", "owner", "why"} for one in withheld())


@pytest.mark.parametrize("one", withheld(), ids=lambda one: one["id"])
def test_no_file_here_asks_what_is_restricted(one):
    names = {one["id"], one["title"].lower(), *one["title"].lower().split(" / ")}
    for path in SHIPPED.rglob("*.toml"):
        if path == NEVER_SHIPPED:
            continue
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        own = {
            declared.get(key, "").lower() for key in ("id", "title", "short_title", "translates")
        }
        assert not names & own, path.name
        assert not any(name in declared.get("title", "").lower() for name in names), path.name


@pytest.mark.parametrize("path", sorted(SCORERS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_scorer_holds_no_words_of_its_questions(path):
    declared = tomllib.loads(path.read_text(encoding="utf-8"))
    assert declared["text_withheld"]
    assert "instructions" not in declared
    assert "groups" not in declared
    for item in declared["items"]:
        assert set(item) <= {"code", "options", "loinc"}
    for options in declared["option_sets"].values():
        assert all("label" not in option for option in options["options"])
    for alert in declared.get("alerts", []):
        assert len(alert["about"].split()) <= 6


def test_every_questionnaire_in_the_project_lies_where_this_guard_looks():
    house = SHIPPED.parent.parent
    rooms = [house / room for room in ("surveys", "reports", "flows")]
    asking = [
        path
        for room in rooms
        for path in room.rglob("*.toml")
        if "[[items]]" in path.read_text(encoding="utf-8")
    ]
    assert asking
    assert all(path.is_relative_to(SHIPPED) for path in asking)
