"""The records come to a later version whole: filled, in one transaction, on both databases."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from flows.migrate import to_this_version
from surveys.actions.answer import submit
from surveys.balance import complaints
from surveys.models import CourseVersion
from tests import cast

HOUSE = Path(__file__).parent.parent.parent
FOLDERS = ("surveys/migrations", "reports/migrations", "tests/flows/next_release")
MIGRATIONS = [path for folder in FOLDERS for path in sorted((HOUSE / folder).glob("0*.py"))]


@pytest.fixture
def next_release(transactional_db, settings):
    settings.MIGRATION_MODULES = {"surveys": "tests.flows.next_release"}
    yield
    call_command("migrate", "surveys", "0001", verbosity=0)


def test_what_a_clinic_recorded_goes_on_under_the_next_release(next_release):
    """Rows and tables change in one transaction, though the rows refer to others."""
    row = cast.due(cast.ana(), "baseline", now=cast.START)
    answers = {"phq9": cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 1), "gad7": {"1": 1}}
    submit(row, answers, mode="web", by="patient", now=cast.START)
    before = CourseVersion.objects.count()

    to_this_version()
    to_this_version()

    with connection.cursor() as cursor:
        cursor.execute("select language, count(*) from surveys_courseversion group by language")
        assert cursor.fetchall() == [("en", 2 * before)]
    assert list(complaints(now=cast.START)) == []


# What breaks a transaction, or waits for it from beside it for ever.
FORBIDDEN = re.compile(
    r"atomic\s*=\s*False|concurrently|vacuum|\bconnections\b|psycopg|sqlite3|threading", re.I
)


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_migration_stays_within_the_one_transaction(path: Path):
    assert FORBIDDEN.findall(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "    atomic = False",
        "migrations.RunPython(fill, atomic=False)",
        "AddIndexConcurrently('patient', index)",
        "migrations.RunSQL('CREATE INDEX CONCURRENTLY by_day ON surveys_event (at)')",
        "migrations.RunSQL('vacuum')",
        "from django.db import connections",
        "psycopg.connect(url)",
    ],
)
def test_a_migration_that_would_leave_it_is_caught(line: str):
    assert FORBIDDEN.search(line)
