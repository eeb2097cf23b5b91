"""afterglow import and afterglow staff, as somebody types them."""

import io
from pathlib import Path

import pytest

from flows import cli
from flows.weekly import monday, without_mail
from reports.clinic.reach import treated
from surveys.actions.staff import NobodyWouldRead, change_staff, end_account
from surveys.models import Event, Patient, Staff
from tests import cast
from tests.exchange.files import patients, sessions

pytestmark = pytest.mark.django_db

DONE, INPUT_HAS_ERRORS, WRONG_USAGE = 0, 1, 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for file in (patients(), sessions(), sessions({"status": "x"})):
        name = "bad.csv" if b",x\n" in file.data else file.name
        (tmp_path / name).write_bytes(file.data)
    return tmp_path


def test_an_import_ends_with_what_is_new(folder: Path, capsys):
    cast.okafor()
    assert cli.main(["import", "patients.csv", "sessions.csv"]) == DONE
    said = capsys.readouterr().out.splitlines()
    assert [line.split() for line in said[:3]] == [
        ["new", "changed", "unchanged"],
        ["patients", "1", "0", "0"],
        ["sessions", "1", "0", "0"],
    ]
    assert "Imported." in said


def test_who_may_be_enrolled_twice_is_named_at_the_end(folder: Path, capsys):
    cast.okafor()
    (folder / "patients.csv").write_bytes(patients({}, {"patient_id": "A-002"}).data)
    assert cli.main(["import", "patients.csv"]) == DONE
    out = capsys.readouterr().out
    assert "Look twice; nothing was held back for this:" in out
    assert "patients.csv, line 3, column email: perhaps the same person as A-001" in out


def test_the_same_again_says_that_nothing_changed(folder: Path, capsys):
    cast.okafor()
    cli.main(["import", "patients.csv"])
    assert cli.main(["import", "patients.csv"]) == DONE
    assert "Everything was already in the records; nothing changed." in capsys.readouterr().out


def test_a_dry_run_says_so_and_writes_nothing(folder: Path, capsys):
    cast.okafor()
    assert cli.main(["import", "patients.csv", "--dry-run"]) == DONE
    assert "Dry run: nothing was written." in capsys.readouterr().out
    assert not Patient.objects.exists()


def test_problems_go_to_the_error_stream_and_the_exit_code_is_1(folder: Path, capsys):
    cast.okafor()
    assert cli.main(["import", "patients.csv", "bad.csv"]) == INPUT_HAS_ERRORS
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        'bad.csv, line 2, column status: "x" is not a known status. '
        "Write one of: cancelled, done, missed, planned.",
        "",
        "1 problem was found. Nothing was written.",
    ]


def test_a_long_list_ends_with_the_columns_it_comes_from(folder: Path, capsys):
    cast.okafor()
    rows = [{"patient_id": f"A-{number}", "protocol": "six"} for number in range(11)]
    (folder / "many.csv").write_bytes(patients(*rows).data)
    assert cli.main(["import", "many.csv"]) == INPUT_HAS_ERRORS
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "11 problems were found. Nothing was written.",
        "        11 in many.csv, column protocol",
    ]


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_file_that_cannot_be_opened_is_wrong_usage(folder: Path, capsys, name: str):
    assert cli.main(["import", name]) == WRONG_USAGE
    assert capsys.readouterr().err.startswith(f"{name}: cannot be read (")


def typed(monkeypatch, password: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))


def add(email: str = "meyer@alderstreet.example", *more: str) -> int:
    who = ["--name", "K. Meyer", "--role", "clinician"]
    return cli.main(["staff", "add", email, *who, "--password-stdin", *more])


def test_somebody_who_was_added_can_sign_in_with_their_password(monkeypatch, capsys):
    typed(monkeypatch, cast.PASSWORD)
    assert add("Meyer@alderstreet.example", "--on-call") == DONE
    person = Staff.objects.get(email="meyer@alderstreet.example")
    assert person.check_password(cast.PASSWORD)
    assert person.on_call
    assert Event.objects.get().verb == "added staff"
    assert cast.PASSWORD not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("email", "more", "said"),
    [
        ("meyer", (), "Enter a valid email address."),
        ("meyer@exämple.com", (), "meyer@exämple.com holds ä, which not every mail server takes."),
        ("OKAFOR@alderstreet.example", (), "is already here"),
        ("a@b.example", ("--timezone", "Denver"), "Denver is not a time zone. Write it like"),
        ("a@b.example", ("--role", "front_desk", "--on-call"), "Alerts are for clinicians and"),
    ],
)
def test_who_cannot_be_added_is_told_why(monkeypatch, capsys, email: str, more, said: str):
    cast.okafor()
    typed(monkeypatch, cast.PASSWORD)
    assert add(email, *more) == INPUT_HAS_ERRORS
    assert said in capsys.readouterr().err
    assert Staff.objects.count() == 1


@pytest.mark.parametrize("password", ["", "eleven char", "password1234"])
def test_a_password_that_is_easy_to_guess_is_refused(monkeypatch, capsys, password: str):
    typed(monkeypatch, password)
    assert add() == INPUT_HAS_ERRORS
    assert "This password is" in capsys.readouterr().err
    assert not Staff.objects.exists()


def test_without_a_terminal_or_a_pipe_there_is_no_password(monkeypatch, capsys):
    typed(monkeypatch, "")
    who = ["--name", "K. Meyer", "--role", "lead"]
    assert cli.main(["staff", "add", "meyer@alderstreet.example", *who]) == INPUT_HAS_ERRORS
    assert "--password-stdin" in capsys.readouterr().err


def test_a_forgotten_password_is_replaced(monkeypatch):
    person = cast.okafor()
    typed(monkeypatch, "another long way to sign in")
    assert cli.main(["staff", "password", person.email, "--password-stdin"]) == DONE
    person.refresh_from_db()
    assert person.check_password("another long way to sign in")


def test_the_list_shows_who_is_on_call_and_who_has_left(capsys):
    cast.okafor()
    cast.lindqvist(is_active=False)
    assert cli.main(["staff", "list"]) == DONE
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("okafor@alderstreet.example")
    assert first.endswith("on call")
    assert second.endswith("has left")


def test_going_off_call_says_who_is_left_to_hear_alerts(capsys):
    person = cast.okafor()
    assert cli.main(["staff", "off-call", person.email]) == DONE
    assert "On call now: NOBODY, alerts go unheard." in capsys.readouterr().out
    assert cli.main(["staff", "on-call", person.email]) == DONE
    assert capsys.readouterr().out == "N. Okafor is on call.\n"


def test_the_front_desk_cannot_be_put_on_call(capsys):
    assert cli.main(["staff", "on-call", cast.ruiz().email]) == INPUT_HAS_ERRORS
    assert "J. Ruiz cannot acknowledge alerts" in capsys.readouterr().err


def test_somebody_who_leaves_needs_a_successor_for_their_patients(capsys):
    course = cast.ana()
    assert cli.main(["staff", "leave", "okafor@alderstreet.example"]) == INPUT_HAS_ERRORS
    assert "whose reports would go to nobody" in capsys.readouterr().err
    assert Staff.objects.get().is_active
    other = cast.lindqvist()
    assert (
        cli.main(["staff", "leave", "okafor@alderstreet.example", "--successor", other.email])
        == DONE
    )
    assert "Their patients, 1, are now P. Lindqvist's." in capsys.readouterr().out
    course.patient.refresh_from_db()
    gone = Staff.objects.get(name="N. Okafor")
    assert (gone.is_active, gone.on_call) == (False, False)
    assert course.patient.clinician == other


@pytest.mark.parametrize("who", ["herself", "front desk", "somebody who left"])
def test_a_successor_works_here_and_may_read_answers(who):
    course = cast.ana()
    her = course.patient.clinician
    people = {
        "herself": lambda: her,
        "front desk": cast.ruiz,
        "somebody who left": lambda: cast.lindqvist(is_active=False),
    }
    with pytest.raises(NobodyWouldRead):
        end_account(her, people[who](), by="lead", now=cast.START)
    her.refresh_from_db()
    assert her.is_active


def test_an_account_is_not_ended_by_the_way():
    with pytest.raises(ValueError, match="end_account"):
        change_staff(cast.okafor(), is_active=False, by="lead", now=cast.START)


def test_after_a_departure_every_patients_weekly_report_still_goes_to_somebody():
    ana, ben = cast.ana(), cast.ben()
    end_account(ana.patient.clinician, ben.patient.clinician, by="lead", now=cast.START)
    readers = [Staff.objects.get(pk=one) for one in without_mail(monday(cast.START))]
    read = {patient.pk for reader in readers for patient in treated(reader)}
    assert read == {ana.patient_id, ben.patient_id}
    assert "N. Okafor" not in {reader.name for reader in readers}
