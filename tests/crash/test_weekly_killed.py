"""kill -9 in the middle of the weekly run, then run it again: nothing twice and nothing missing."""

import random
import shutil

import pytest

from tests import proof
from tests.crash import oracle
from tests.crash.harness import NOW, House, Place

pytestmark = pytest.mark.proof

# The quick share kills at every so many boundaries, the full one at each.
STRIDE = proof.share(40, 1)
REPORTS = "select course_id, number, week, digest from reports_report order by course_id, number"
PACKETS = "select staff_id, week, reports, digest from reports_packet order by staff_id, week"


def run(clinic: House, where: Place, die_at: int = 0) -> list[str]:
    return clinic.nursery.run("week", where, NOW, die_at, shelf=str(clinic.home / "shelf"))


def left(clinic: House, where: Place) -> tuple:
    """Every report and packet by content, and every finished file by its bytes."""
    shelf = clinic.home / "shelf"
    files = {
        str(path.relative_to(shelf)): path.read_bytes()
        for path in sorted(shelf.rglob("*"))
        if path.is_file() and not path.name.endswith(".draft")
    }
    rows = [tuple(row) for query in (REPORTS, PACKETS) for row in oracle.rows(where.records, query)]
    return rows, files


def afresh(clinic: House, seed: int) -> Place:
    shutil.rmtree(clinic.home / "shelf", ignore_errors=True)
    return clinic.afresh("smtp", random.Random(seed), faults=False)


def weekly_letters(where: Place) -> list[tuple[str, int]]:
    """Each weekly mail's state in our book, and how often the provider took it."""
    found = oracle.rows(where.records, "select * from surveys_message where kind='weekly'")
    return [(row["state"], where.provider.taken[oracle.dashed(row["ref"])]) for row in found]


def test_a_weekly_run_killed_and_run_again_ends_as_if_never_killed(clinic: House):
    where = afresh(clinic, 0)
    crossed = run(clinic, where)
    whole = left(clinic, where)
    assert {"after commit", "before file", "after file", "after write"} <= set(crossed)
    assert len(whole[0]) == 4 + 1
    assert weekly_letters(where) == [("accepted", 1)]
    kills, faults = 0, []
    for die_at in range(1, len(crossed) + 1, STRIDE):
        where = afresh(clinic, die_at)
        kills += run(clinic, where, die_at) == []
        run(clinic, where)
        run(clinic, where)
        if left(clinic, where) != whole:
            faults.append(f"boundary {die_at}: not the same")
        if weekly_letters(where) not in ([("accepted", 1)], [("sending", 0)], [("sending", 1)]):
            faults.append(f"boundary {die_at}: {weekly_letters(where)}")
    found = f"{kills} kills at {len(crossed)} boundaries: {len(faults)} faults"
    proof.record("T1", "weekly run killed", target="0 twice, 0 missing, bytes equal", found=found)
    assert not faults
    assert kills
