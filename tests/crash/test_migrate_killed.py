"""kill -9 in the middle of `afterglow migrate`, then run it again: the records are as they should
be, and nothing has to be repaired by hand."""

import random
from pathlib import Path

import pytest

from tests import proof
from tests.crash import oracle
from tests.crash.harness import NOW, House, Place

pytestmark = pytest.mark.proof

# All migrations are one transaction, so that most boundaries within it are alike.
KILLS = proof.share(1, 100)
SHAPE = (
    "select type, name, tbl_name, sql from sqlite_master order by name",
    "select app, name from django_migrations order by 1, 2",
    "select app_label, model from django_content_type order by 1, 2",
    "select codename from auth_permission order by 1",
)


def shape(records: Path) -> list[list[tuple]]:
    return [[tuple(row) for row in oracle.rows(records, query)] for query in SHAPE]


def empty(clinic: House) -> Place:
    """Records that do not exist yet."""
    where = clinic.afresh("smtp", random.Random(0), faults=False)
    where.records.unlink()
    return where


def test_a_migration_killed_and_run_again_ends_as_if_never_killed(clinic: House):
    crossed = clinic.nursery.run("migrate", empty(clinic), NOW)
    whole = shape(clinic.nursery.empty)
    dice = random.Random(1)
    moments = dice.sample(range(1, len(crossed) + 1), k=KILLS)
    kills, wrong = 0, []
    for die_at in sorted(moments):
        where = empty(clinic)
        kills += clinic.nursery.run("migrate", where, NOW, die_at) == []
        clinic.nursery.run("migrate", where, NOW)
        if shape(where.records) != whole:
            wrong.append(die_at)
    proof.record(
        "T1",
        "afterglow migrate killed",
        target="run again, the records are whole",
        found=f"{kills} kills among {len(crossed)} boundaries: {len(wrong)} faults",
    )
    assert wrong == []
    assert kills
    assert "after create" in crossed
    assert crossed.count("before commit") == 1, "killed between two commits it is half done"
