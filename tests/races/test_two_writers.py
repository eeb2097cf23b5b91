"""Two processes write the same records for as long as a busy afternoon lasts.

Every form somebody was told is kept is there, question 9 told the clinic each time, the audit chain
that both wrote is whole, and so is the file.
"""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests import proof
from tests.cast import START
from tests.races import records

pytestmark = pytest.mark.proof

SECONDS = proof.share(2, 1_800)


def test_two_processes_that_write_at_once_leave_the_records_whole(tmp_path):
    (tmp_path / "clock").write_text(START.isoformat())
    with records.clinic("two_writers") as env:
        env["AFTERGLOW_CLOCK_FILE"] = str(tmp_path / "clock")
        records.run("tests.races.invited", "0", env=env)  # nobody yet but the clinician
        kept = written_by(["A", "B"], env)
        stored = records.run("tests.races.stored", env=env).splitlines()
        balance = records.run("flows.cli", "verify", env=env)
        file = integrity(Path(env["AFTERGLOW_HOME"]))
    forms = [json.loads(line)[1] for line in stored]
    proof.record(
        "T16",
        f"two processes write at once, {records.KIND}",
        target="30 minutes: each kept form is there, the file is whole",
        found=f"{SECONDS} s: {len(kept)} kept, {forms.count('phq9')} there, file {file}",
    )
    assert {name[0] for name in kept} == {"A", "B"}, "one of them always waited"
    assert forms.count("phq9") == forms.count("gad7") == len(kept)
    assert balance.startswith("The audit chain is whole")
    assert file == "ok"


def written_by(names: list[str], env: dict[str, str]) -> list[str]:
    """Whose forms the processes of these names say are kept."""
    command = [sys.executable, "-m", "tests.races.writer"]
    started = [
        subprocess.Popen([*command, name, str(SECONDS)], env=env, stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    said = [one.communicate(timeout=SECONDS + 120)[0].split() for one in started]
    assert [one.returncode for one in started] == [0] * len(names)
    return [code for codes in said for code in codes]


def integrity(home: Path) -> str:
    """What SQLite itself finds in the file; PostgreSQL keeps no such file."""
    if records.KIND != "SQLite":
        return "ok"
    (path,) = home.rglob("*.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
