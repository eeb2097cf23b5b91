"""A clinic's own schedules and conditions: read like ours, followed, refused with the reason."""

import re
import shutil
from pathlib import Path

import pytest
from django.urls import reverse

from flows import check, upkeep
from flows.cli import main
from reports.clinic.forms import ContactForm
from surveys import checks
from surveys.actions import send
from surveys.actions.answer import instruments_of, submit
from surveys.actions.schedule import open_due, replan
from surveys.actions.watch import alarms
from surveys.balance import complaints
from surveys.clinics_own import protocols_with
from surveys.declaration import DeclarationError
from surveys.exchange.importing import bring_in
from surveys.in_use import (
    clinic_catalogue,
    followed_here,
    indications_in_use,
    instruments_to_read,
    protocols_in_use,
)
from surveys.mail.lint import telling_words
from surveys.models import Course, Response
from tests.cast import DAY, START, ana, ben, due, okafor, phq9, ruiz, treated
from tests.clinic.conftest import browser_of
from tests.exchange.files import patients

HOUSE = Path(__file__).parent.parent.parent
AUDIT_C = (
    'completes = "audit_c"\n[confirmed]\nby = "Dr A. Okafor"\non = "2026-05-04"\nterms = "WHO"\n'
)


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    """The complete example of the README, file by file, as this clinic's folder."""
    blocks = re.findall(r"```toml\n# (\S+)\n(.*?)```", (HOUSE / "README.md").read_text(), re.S)
    for name, text in blocks:
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings.INSTRUMENTS = tmp_path / "own"
    return settings.INSTRUMENTS


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


# -- the example of the README ---------------------------------------------------------------------


def test_the_example_is_three_files(folder):
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.toml")) == [
        "indications/poor_sleep.toml",
        "protocols/four-weekly.toml",
        "sleep_check.toml",
    ]
    assert checks.instruments_are_permitted() == []
    assert check.questionnaires().fix == ""


@pytest.mark.django_db
def test_a_patient_is_asked_the_clinics_own_questionnaire_on_the_clinics_own_schedule(folder):
    course = ana(protocol="four-weekly", indication="Depression with poor sleep")
    treated(course, START + DAY)
    form = due(course, "weekly", now=START + 9 * DAY)
    assert [one.id for one in instruments_of(form)] == ["phq9", "sleep_check"]
    answers = {"phq9": phq9(*[1] * 9), "sleep_check": {"1": 2, "2": 0}}
    submit(form, answers, mode="web", by="patient", now=START + 9 * DAY)
    kept = Response.objects.get(instrument="sleep_check")
    assert (kept.answers, kept.instrument_version, kept.score.total) == ({"1": 2, "2": 0}, 1, None)


@pytest.mark.django_db
def test_the_plan_says_why_in_the_clinics_own_words(folder, capsys):
    treated(ana(protocol="four-weekly"), START + DAY)
    assert main(["plan", "A-001"]) == 0
    assert "Once a week while sessions go on" in capsys.readouterr().out
    assert main(["plan", "A-001", "--protocol", "six-then-boosters", "--reason", "agreed"]) == 0
    assert main(["plan", "A-001", "--protocol", "five-weekly"]) == 1
    assert "there are: boosters-on-demand" in capsys.readouterr().err


@pytest.mark.django_db
def test_the_enrolment_page_offers_it(folder):
    page = str(ContactForm())
    assert '<option value="four-weekly">Four sessions, one a week</option>' in page
    assert "Depression with poor sleep" in page


@pytest.mark.django_db
def test_a_patients_file_may_name_it(folder):
    okafor()
    file = patients({"protocol": "four-weekly", "indication": "poor_sleep"})
    outcome = bring_in([file], by="desk", now=START)
    assert outcome.problems == ()
    assert Course.objects.get().protocol == "four-weekly"


def test_it_is_listed(folder, capsys):
    assert main(["instruments", "--instruments", str(folder)]) == 0
    listed = capsys.readouterr().out
    assert "on   sleep_check version 1  Sleep check\n     the clinic's own" in listed
    assert "protocol    four-weekly version 1  Four sessions, one a week" in listed
    assert "indication  poor_sleep version 1  Depression with poor sleep" in listed


# -- what may be named -----------------------------------------------------------------------------


def test_a_questionnaire_that_is_off_may_be_named_once_it_is_confirmed(folder):
    change(folder, "indications/poor_sleep.toml", '"sleep_check"', '"sleep_check", "audit_c"')
    assert "which is off until the clinic" in checks.instruments_are_permitted()[0].msg


def test_and_then_it_is_asked(folder):
    change(folder, "indications/poor_sleep.toml", '"sleep_check"', '"sleep_check", "audit_c"')
    (folder / "audit.toml").write_text(AUDIT_C)
    asked = followed_here("four-weekly", "poor_sleep").surveys["weekly"].instruments
    assert asked == ("phq9", "sleep_check", "audit_c")


@pytest.mark.django_db
def test_what_was_asked_counts_against_the_weeks_cap_though_ours_do_not_name_it(folder):
    course = ana(protocol="four-weekly", indication="poor_sleep")
    treated(course, START + DAY)
    due(course, "weekly", now=START + 9 * DAY)
    assert main(["plan", "A-001", "--protocol", "taper-ladder", "--reason", "agreed"]) == 0


PROTOCOL, INDICATION = "protocols/four-weekly.toml", "indications/poor_sleep.toml"


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (PROTOCOL, '["phq9"]', '["phq10"]', '"phq10", which no file declares'),
        (PROTOCOL, '["phq9"]', '["cgi_i"]', '"cgi_i", which a clinician rates, never a patient'),
        (PROTOCOL, '["phq9"]', '["who5"]', '"who5", which is off until the clinic'),
        (PROTOCOL, "version = 1", "version = 0", "`version` starts at 1"),
        (PROTOCOL, "version = 1\n", "", "`version` is missing; write a whole number"),
        (PROTOCOL, "version = 1", 'version = "one"', "`version` is 'one'; write a whole number"),
        (PROTOCOL, "open_days", "open_dyas", "`open_dyas` is not a known key here"),
        (PROTOCOL, "version = 1", "version = ", "is not valid TOML"),
        (PROTOCOL, "four-weekly", "esketamine", '"esketamine" is one of ours'),
        (INDICATION, '["sleep_check"]', '["cgi_i"]', '"cgi_i", which a clinician rates'),
        (INDICATION, "weekly =", "hourly =", "`hourly` is not a known key here"),
        (INDICATION, '"poor_sleep"', '"ptsd"', '"ptsd" is one of ours'),
        (INDICATION, "Depression with poor sleep", "MDD", '"mdd" already means depression'),
        ("sleep_check.toml", '"sleep_check"', '"phq9"', 'id "phq9" is one of ours'),
    ],
)
def test_each_mistake_refuses_the_start_with_file_and_mend(folder, capsys, name, old, new, says):
    change(folder, name, old, new)
    (found,) = checks.instruments_are_permitted()
    assert says in found.msg
    assert str(folder / name) in found.msg
    assert "AFTERGLOW_INSTRUMENTS" in found.hint
    assert check.questionnaires().stops
    assert says in check.questionnaires().fix
    assert main(["instruments", "--instruments", str(folder)]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.django_db
def test_a_command_says_the_mistake_in_one_line(folder, settings, capsys):
    settings.INSTRUMENTS = None
    ana()
    settings.INSTRUMENTS = folder
    change(folder, PROTOCOL, '["phq9"]', '["phq10"]')
    assert main(["plan", "A-001", "--protocol", "taper-ladder", "--reason", "agreed"]) == 3
    said = capsys.readouterr().err
    assert said.startswith(str(folder / PROTOCOL))
    assert said.count("\n") == 1


@pytest.mark.parametrize("name", [PROTOCOL, INDICATION])
def test_two_files_with_one_id_are_refused(folder, name):
    path = folder / name
    path.with_name("twin.toml").write_text(path.read_text())
    assert "used by another file here" in checks.instruments_are_permitted()[0].msg


def test_a_scale_known_by_its_total_alone_has_no_questions_to_ask(folder):
    (folder / "scale.toml").write_text(
        'id = "scale"\ntitle = "A scale"\nrange = [0, 6]\ndirection = "higher_is_worse"\n'
    )
    change(folder, PROTOCOL, '["phq9"]', '["scale"]')
    with pytest.raises(DeclarationError, match="it has no questions to ask"):
        protocols_with(folder, clinic_catalogue())


@pytest.mark.django_db
def test_a_file_that_patients_follow_must_stay(folder, settings):
    ana(protocol="four-weekly")
    assert check.protocols_followed().fix == ""
    settings.INSTRUMENTS = None
    gone = check.protocols_followed()
    assert gone.stops
    assert "four-weekly" in gone.fix


@pytest.mark.django_db
def test_where_it_is_gone_the_others_are_planned_on_and_the_operator_learns_of_it(
    folder, settings, caplog
):
    without, other = ana(protocol="four-weekly"), ben()
    for course in (without, other):
        treated(course, START + DAY)
    asked = START + 9 * DAY
    send.invite(due(without, "weekly", now=asked).pk, by="flow", now=asked)
    settings.INSTRUMENTS = None
    later = START + 45 * DAY
    done = upkeep.run_once(later)
    assert (done["failed"], done["planned ahead"]) == (1, 1)
    assert "Ana" not in caplog.text
    (alarm,) = alarms(now=later)
    assert (alarm.code, telling_words(alarm.what)) == ("protocol", [])
    assert "four-weekly" in alarm.so
    assert send.due_reminders(now=asked + 2 * DAY) == [], "nor does it stop those of others"
    for page in (reverse("front_desk"), reverse("contact", args=[without.patient.ref])):
        assert browser_of(ruiz()).get(page).status_code == 200


def test_ours_stay_as_they_are(folder):
    assert "esketamine" in protocols_in_use()
    assert indications_in_use()["depression"].title == "Depression"


# -- a new version ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_was_answered_keeps_its_version_and_score_and_is_not_asked_again(folder, settings):
    scored = 'range = [0, 4]\ndirection = "higher_is_worse"'
    change(folder, "sleep_check.toml", "scored = false", scored)
    course = ana(protocol="four-weekly", indication="poor_sleep")
    treated(course, START + DAY)
    form, later = due(course, "weekly", now=START + 9 * DAY), START + 9 * DAY
    answers = {"phq9": phq9(*[1] * 9), "sleep_check": {"1": 2, "2": 1}}
    submit(form, answers, mode="web", by="patient", now=later)
    before = list(course.occurrences.values_list("pk", "rule", "ordinal", "state"))

    newer = folder.with_name("newer")
    shutil.copytree(folder, newer)
    change(newer, "sleep_check.toml", "recall_days = 7", "recall_days = 7\nversion = 2")
    change(newer, "sleep_check.toml", "value = 2,", "value = 2, points = 0,")
    change(newer, "sleep_check.toml", "range = [0, 4]", "range = [0, 2]")
    settings.INSTRUMENTS = newer
    assert instruments_to_read()["sleep_check"].version == 2

    replan(course, by="upgrade", now=later)
    open_due(now=later)
    assert send.due_invitations(now=later) == []
    rows = course.occurrences.filter(pk__in=[row[0] for row in before])
    assert list(rows.values_list("pk", "rule", "ordinal", "state")) == before
    [kept] = Response.objects.filter(instrument="sleep_check")
    assert (kept.instrument_version, kept.answers, kept.score.total) == (1, {"1": 2, "2": 1}, 3)
    assert submit(form, answers, mode="web", by="patient", now=later).again

    after = due(course, "weekly", now=START + 16 * DAY)
    submit(after, answers, mode="web", by="patient", now=START + 16 * DAY)
    versions = Response.objects.filter(instrument="sleep_check").order_by("answered_at")
    assert [(one.instrument_version, one.score.total) for one in versions] == [(1, 3), (2, 1)]


SPANISH = (
    'translates = "gad7"\nlanguage = "es"\n[confirmed]\nby = "M. Haddad"\non = "2026-02-01"\n'
    'terms = "compared with the official form"\n'
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("left", "fix"),
    [
        ("an empty folder", "Put {} back into {folder} (AFTERGLOW_INSTRUMENTS)."),
        ("no folder", "Set AFTERGLOW_INSTRUMENTS to the folder that holds {}."),
    ],
)
def test_a_translation_taken_away_after_it_was_answered_is_named(settings, tmp_path, left, fix):
    settings.INSTRUMENTS = tmp_path / "own"
    settings.INSTRUMENTS.mkdir()
    (settings.INSTRUMENTS / "gad7.es.toml").write_text(SPANISH)
    answers = {"phq9": phq9(*[1] * 8, 0), "gad7": {"1": 1}}
    for course in (ana(language="es"), ben(language="en")):
        submit(due(course, "baseline", now=START), answers, mode="web", by="patient", now=START)
    assert [one.fix for one in check.words_answered()] == [""]
    assert list(complaints(now=START)) == []

    (tmp_path / "empty").mkdir()
    settings.INSTRUMENTS = tmp_path / "empty" if left == "an empty folder" else None
    what = '1 form of gad7 cannot be checked: no file declares its words in "es" now'
    file = 'the file with translates = "gad7" and language = "es"'
    mend = fix.format(file, folder=settings.INSTRUMENTS)
    assert list(check.words_answered()) == [check.Finding(what, mend)]
    assert list(complaints(now=START)) == [f"{what}. {mend}"]


@pytest.mark.django_db
def test_a_questionnaire_taken_away_after_it_was_answered_is_named(folder, settings):
    course = ana(protocol="four-weekly", indication="poor_sleep")
    treated(course, START + DAY)
    form = due(course, "weekly", now=START + 9 * DAY)
    answers = {"phq9": phq9(*[1] * 8, 0), "sleep_check": {"1": 2, "2": 1}}
    submit(form, answers, mode="web", by="patient", now=START + 9 * DAY)
    settings.INSTRUMENTS = None
    assert list(check.words_answered()) == [
        check.Finding(
            "1 form of sleep_check cannot be checked: no file declares it now",
            'Set AFTERGLOW_INSTRUMENTS to the folder that holds the file with id = "sleep_check".',
        )
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "noticed"),
    [
        ("lie awake for more", "lie awake for much more", "sleep_check 1"),
        ("value = 2,", "value = 2, points = 1,", "sleep_check 1"),
        ('title = "Sleep check"', 'title = "Sleep check"\nversion = 2', ""),
        ("scored = false", 'scored = false\nsources = {wording = "ours"}', ""),
    ],
    ids=["a word", "the scoring", "with a higher version", "who says so"],
)
def test_a_file_edited_under_a_version_that_was_answered_is_noticed(
    folder, settings, old, new, noticed
):
    course = ana(protocol="four-weekly", indication="poor_sleep")
    treated(course, START + DAY)
    form = due(course, "weekly", now=START + 9 * DAY)
    answers = {"phq9": phq9(*[1] * 9), "sleep_check": {"1": 2, "2": 1}}
    submit(form, answers, mode="web", by="patient", now=START + 9 * DAY)
    assert check.versions_answered().fix == ""
    edited = folder.with_name("edited")
    shutil.copytree(folder, edited)
    change(edited, "sleep_check.toml", old, new)
    settings.INSTRUMENTS, settings.RELIABLE_CHANGE = edited, "phq9=7"
    found = check.versions_answered()
    assert (found.what.endswith(noticed), bool(found.fix)) == (True, bool(noticed))
