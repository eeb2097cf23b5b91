"""On PostgreSQL a web process keeps its connection from page to page, and survives losing it."""

import json
import random
import subprocess

import psycopg
import pytest

from flows.processes import answers, free_port
from flows.up import web_command
from tests.cast import START
from tests.crash.patient import Patient
from tests.races import records

pytestmark = pytest.mark.skipif(records.KIND == "SQLite", reason="opening a file costs nothing")
ALL = "select pid from pg_stat_activity where datname = 'kept_connections'"


@pytest.fixture
def open_the_form(tmp_path):
    """A patient's form, read from the records, of a web of one process."""
    (tmp_path / "clock").write_text(START.isoformat())
    with records.clinic("kept_connections") as env:
        env["AFTERGLOW_CLOCK_FILE"] = str(tmp_path / "clock")
        secret, _ = json.loads(records.run("tests.races.invited", "1", env=env))
        port = free_port()
        server = subprocess.Popen(web_command("127.0.0.1", port, workers=1), env=env)
        while not answers(f"http://127.0.0.1:{port}/sign-in/"):
            assert server.poll() is None
        yield lambda: Patient(secret, random.Random(1)).open(port)
        server.terminate()
        server.wait()


def test_a_page_after_another_uses_the_connection_and_one_that_was_lost_is_replaced(open_the_form):
    server, _, _ = records.URL.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as ours:
        open_the_form()
        (first,) = ours.execute(ALL).fetchall()
        for _ in range(3):
            open_the_form()
            assert ours.execute(ALL).fetchall() == [first]
        ours.execute("select pg_terminate_backend(%s)", first)
        open_the_form()
        (second,) = ours.execute(ALL).fetchall()
        assert second != first
