"""What Prefect's own records, artifacts and logs hold after a round of the clinic: counts, and
nothing about anybody."""

from contextlib import suppress
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL
from prefect.testing.utilities import prefect_test_harness

from flows import serve
from surveys import wallclock
from surveys.actions.answer import submit
from surveys.models import Alert, Occurrence
from tests import cast, proof
from tests.cast import HOUR, START, phq9

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]

PERSON = {
    "given_name": "Zebulonia", "family_name": "Quartzwick", "code": "K-7741",
    "email": "zq@canary.example", "birth_date": START.date().replace(1961, 7, 23),
}  # fmt: skip
CANARIES = (
    *("zebulonia", "quartzwick", "k-7741", "canary", "1961-07-23", "okafor"),
    *("ketamin", "depress", "phq", "gad-7", "gad7", "suicid", "infusion", "better off dead"),
)


@pytest.fixture
def server(settings, tmp_path):
    """A Prefect server; gives the folder of its records."""
    settings.REPORTS_FOLDER, settings.CLOCK_FILE = tmp_path / "reports", tmp_path / "clock"
    with prefect_test_harness(server_startup_timeout=120):
        address = str(PREFECT_SERVER_DATABASE_CONNECTION_URL.value())
        yield Path(address.split("///")[1]).parent


def a_round(clock: Path) -> list[str]:
    """Mail, an alarming answer, an alert, reminders, the week's reports; what each run said."""
    wallclock.tell(clock, START)
    course, said = cast.ana(**PERSON), []
    cast.ben()
    said += [one.message for one in runs("send")]
    row = Occurrence.objects.get(course=course, survey="baseline")
    submit(row, {"phq9": phq9(*[3] * 9)}, mode="web", by="patient", now=START + HOUR)
    for hours, names in ((2, ("alert",)), (30, ("remind", "upkeep")), (7 * 24, ("weekly",))):
        wallclock.tell(clock, START + hours * HOUR)
        said += [one.message for one in runs(*names)]
    assert Alert.objects.get().notified_at
    return said


def runs(*names: str) -> list:
    return [serve.FLOWS[name](return_state=True) for name in names]


def stumble(monkeypatch) -> str:
    """A run that breaks off over somebody's name."""

    def over_a_name(*_: object, **__: object) -> None:
        raise LookupError("Zebulonia Quartzwick, zq@canary.example, PHQ-9 27")

    monkeypatch.setattr(serve.send_pass, "run_once", over_a_name)
    return runs("send")[0].message


def kept_in(folder: Path) -> dict[str, str]:
    """Every file of the server's, journals included; one may go while the server works on."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):
            found[path.name] = path.read_bytes().decode("latin-1").lower()
    return found


def hits(texts: dict[str, str]) -> list[str]:
    return [f"{word} in {where}" for where, text in texts.items() for word in CANARIES
            if word in text]  # fmt: skip


def test_prefect_keeps_counts_and_not_one_word_of_a_patient(
    server, settings, mailbox, monkeypatch, caplog, capfd
):
    said = [*a_round(settings.CLOCK_FILE), stumble(monkeypatch)]
    with get_client(sync_client=True) as client:
        shown = [*client.read_artifacts(), *client.read_flow_runs()]
    (bar,) = [one for one in shown if getattr(one, "key", "") == "weekly"]
    texts = kept_in(server)
    assert any("send: 2 accepted" in text for text in texts.values()), "these are its records"
    texts["shown"] = " ".join(one.model_dump_json() for one in shown).lower()
    texts["logs"] = (caplog.text + "".join(capfd.readouterr())).lower()
    found = hits(texts)
    proof.record(
        "T7",
        "names, birth date, address, treatment, answers in Prefect's records and logs",
        target="0 hits",
        found=f"{len(said)} runs, {len(texts)} places: {len(found)} hits",
    )
    assert (bar.type, bar.data) == ("progress", 100.0)
    assert bar.description == "Weekly reports: 4 of 4 reports and packets."
    assert "send: LookupError, see surprises.log" in said
    assert found == []


def test_the_search_finds_a_canary():
    assert hits({"a run": "weekly: zebulonia quartzwick"}) == [
        "zebulonia in a run", "quartzwick in a run",
    ]  # fmt: skip
