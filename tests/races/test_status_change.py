"""A patient held, discharged, dead, moved, or a session cancelled, while a letter is going out.

Whatever is committed before the letter is claimed stops it, at whichever step the sender is.
"""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import proof
from tests.races import records

pytestmark = pytest.mark.proof

TIMES = proof.share(72, 10_000)
# a race mostly waits: many of them are played in clinics beside each other, each with dice of its
# own; few are not worth another clinic
CLINICS = 4 if TIMES >= 1_000 else 1


def raced(seed: int) -> Counter[str]:
    with records.clinic(f"status_race_{seed}") as env:
        said = records.run("tests.races.status", str(TIMES // CLINICS), str(seed), env=env)
    return Counter(json.loads(said))


def test_no_letter_leaves_after_the_change_that_forbids_it():
    with ThreadPoolExecutor(CLINICS) as beside:
        found = sum(beside.map(raced, range(19, 19 + CLINICS)), Counter())
    proof.record(
        "T19",
        f"status, address, session changed while sending, {records.KIND}",
        target="10,000 interleavings: 0 left after the change, 0 twice",
        found=f"{found['interleavings']}: {found['left after the change']} left after the change,"
        f" {found['twice']} twice",
    )
    assert found["interleavings"] == TIMES // CLINICS * CLINICS
    assert 0 < found["claimed first"] < TIMES, "one side always won: no race was seen"
    assert "faults" not in found
    assert (found["left after the change"], found["twice"], found["stuck"]) == (0, 0, 0)
    assert found["left and counted as left out"] == 0
