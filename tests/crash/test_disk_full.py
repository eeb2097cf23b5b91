"""No room to write, or somebody else writing: no thanks for what is not kept, whom to call on the
page, and once there is room again the same press of the button is enough."""

import random
import sqlite3
from collections import Counter

import pytest

from tests import proof
from tests.crash import oracle
from tests.crash.harness import NOW, House, Place
from tests.crash.patient import Patient

pytestmark = pytest.mark.proof

PAGE = 4096  # bytes, SQLite's own
PLENTY = 1 << 30
STEP = proof.share(24, 1)  # pages from one limit to the next


def came_in(clinic: House, where: Place) -> Patient:
    patient = Patient(clinic.links[-1], random.Random(14))
    clinic.nursery.begin("web", where, NOW, requests=2)
    patient.open(clinic.nursery.port())
    clinic.nursery.over()
    return patient


def press(clinic: House, where: Place, patient: Patient, room: int, patience: float = 5) -> None:
    need = {"requests": 1, "room": room, "patience": patience}
    clinic.nursery.begin("web in need", where, NOW, **need)
    patient.press(clinic.nursery.port())
    clinic.nursery.over()


def judge(where: Place, patient: Patient) -> Counter:
    """What is wrong after a press, whether it was thanked or not."""
    thanked = dict([patient.given]) if patient.thanked else {}
    faults = oracle.answer_faults(where.records, thanked)
    found = Counter({name: len(rows) for name, rows in faults.items() if rows})
    if not patient.thanked and (patient.status != 500 or "988" not in patient.said):
        found["nobody to call on the page"] += 1
    with sqlite3.connect(where.records) as file:
        if file.execute("pragma integrity_check").fetchone() != ("ok",):
            found["file damaged"] += 1
    return found


def test_a_full_disk_at_every_write(clinic: House):
    pages = clinic.prepared.stat().st_size // PAGE
    wrong, refused, kept = Counter(), 0, 0
    for limit in [*range(0, pages + 8, STEP), PLENTY // PAGE]:
        where = clinic.afresh("smtp", random.Random(14), faults=False)
        patient = came_in(clinic, where)
        press(clinic, where, patient, limit * PAGE)
        wrong += judge(where, patient)
        refused, kept = refused + (not patient.thanked), kept + patient.thanked
        press(clinic, where, patient, PLENTY)
        wrong += judge(where, patient)
        wrong["not thanked in the end"] += not patient.thanked
    faults = sum(wrong.values())
    proof.record(
        "T14",
        "disk full at every write of a submit",
        target="thanked = stored, whom to call is shown, clean recovery",
        found=f"{refused} refused, {kept} kept: {faults} wrong",
    )
    assert faults == 0, wrong
    assert refused
    assert kept


def test_a_locked_database(clinic: House):
    where = clinic.afresh("smtp", random.Random(14), faults=False)
    patient = came_in(clinic, where)
    other = sqlite3.connect(where.records, isolation_level=None)
    other.execute("begin exclusive")
    press(clinic, where, patient, PLENTY, patience=0.2)
    refused = not patient.thanked and "988" in patient.said
    other.execute("rollback")
    other.close()
    wrong = judge(where, patient)
    press(clinic, where, patient, PLENTY)
    wrong += judge(where, patient)
    proof.record(
        "T14",
        "locked database",
        target="no thanks, whom to call is shown, clean recovery",
        found="so it is" if refused and patient.thanked and not wrong else "not so",
    )
    assert refused
    assert patient.thanked
    assert not wrong
