"""kill -9 at every boundary a sender, a web server and an escalator cross.

First a run without a kill counts the boundaries: before and after each statement that writes, each
commit, each write to a socket and each read. Then the same run is killed at each of them.
"""

import random
from collections import Counter

import pytest

from tests import proof
from tests.crash import oracle
from tests.crash.harness import NOW, House, Place
from tests.crash.patient import Patient

pytestmark = pytest.mark.proof

SEEDS = proof.share(1, 20)
# The quick share kills at each second boundary, by one door at the odd and by the other at the even
# ones: what both doors cross in the records is met all the same. The full one kills at each.
STRIDE = proof.share(2, 1)
TARGET = "every boundary x 20 seeds, 0 lost, 0 twice, 0 unaccounted"


def judge(plan: str, what: str, faults: Counter, kills: int, crossed: set[str]) -> None:
    bad = ", ".join(f"{number} {name}" for name, number in faults.items()) or "0 faults"
    record = f"{kills} kills at {len(crossed)} kinds of boundary x {SEEDS} seeds: {bad}"
    proof.record(plan, what, target=TARGET, found=record)
    assert not faults
    assert {"before commit", "after commit", "before write", "after write"} <= crossed


def count(faults: Counter, found: dict[str, list]) -> None:
    faults.update({name: len(rows) for name, rows in found.items() if rows})


@pytest.mark.parametrize(("door", "first"), [("sendgrid", 1), ("smtp", STRIDE)])
@pytest.mark.parametrize("role", ["ours", "escalator"])
def test_a_sender_killed_at_any_boundary(clinic: House, role, door, first):
    faults, kills, names = Counter(), 0, set()
    for seed in range(SEEDS):
        where = clinic.afresh(door, random.Random(seed), faults=seed % 2 == 1)
        crossed = clinic.nursery.run(role, where, NOW)
        names |= set(crossed)
        for die_at in range(first, len(crossed) + 1, STRIDE):
            where = clinic.afresh(door, random.Random(seed), faults=seed % 2 == 1)
            # now and then the network hands over the same bytes in fewer pieces: no kill
            kills += clinic.nursery.run(role, where, NOW, die_at) == []
            clinic.nursery.settle(where)
            count(faults, oracle.mail_faults(where.records, where.provider.taken))
            count(faults, oracle.alert_faults(where.records, where.provider.taken))
    judge("T1", f"{role} by {door} killed at every boundary", faults, kills, names)


def visit(clinic: House, where: Place, seed: int, die_at: int) -> tuple[Patient, list[str]]:
    """A patient answers while the web server dies at a boundary, and once more when it is back."""
    patient = Patient(clinic.links[-1], random.Random(seed))
    clinic.nursery.begin("web", where, NOW, requests=2)
    patient.open(clinic.nursery.port())
    clinic.nursery.over()
    clinic.nursery.begin("web", where, NOW, die_at, requests=1)
    patient.press(clinic.nursery.port())
    return patient, clinic.nursery.over()


def test_a_web_server_killed_at_any_boundary_of_a_submit(clinic: House):
    faults, kills, names = Counter(), 0, set()
    for seed in range(SEEDS):
        where = clinic.afresh("smtp", random.Random(seed), faults=False)
        patient, crossed = visit(clinic, where, seed, die_at=0)
        assert patient.thanked
        names |= set(crossed)
        for die_at in range(1, len(crossed) + 1, STRIDE):
            where = clinic.afresh("smtp", random.Random(seed), faults=False)
            patient, left = visit(clinic, where, seed, die_at)
            thanked = dict([patient.given]) if patient.thanked else {}
            count(faults, oracle.answer_faults(where.records, thanked))
            clinic.nursery.begin("web", where, NOW, requests=1)
            again = patient.press(clinic.nursery.port())
            clinic.nursery.over()
            faults.update({"not thanked in the end": 1} if not again else {})
            count(faults, oracle.answer_faults(where.records, dict([patient.given])))
            kills += left == []
    judge("T1", "web server killed at every boundary of a submit", faults, kills, names)
