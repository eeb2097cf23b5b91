"""A patient held, discharged, dead, moved, or a session cancelled, while a letter is going out.

Whatever is committed before the letter is claimed stops it, at whichever step the sender is.
"""

import json

import pytest

from tests import proof
from tests.races import records

pytestmark = pytest.mark.proof

TIMES = proof.share(120, 10_000)


def test_no_letter_leaves_after_the_change_that_forbids_it():
    with records.clinic("status_race") as env:
        said = records.run("tests.races.status", str(TIMES), "19", env=env)
    found = json.loads(said)
    proof.record(
        "T19",
        f"status, address, session changed while sending, {records.KIND}",
        target="10,000 interleavings: 0 left after the change, 0 twice",
        found=f"{found['interleavings']}: {found['left after the change']} left after the change,"
        f" {found['twice']} twice",
    )
    assert found["interleavings"] == TIMES
    assert 0 < found["claimed first"] < TIMES, "one side always won: no race was seen"
    assert "faults" not in found
    assert (found["left after the change"], found["twice"], found["stuck"]) == (0, 0, 0)
