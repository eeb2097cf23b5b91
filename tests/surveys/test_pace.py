"""How often each door may be knocked at in a minute, counted across processes."""

import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.test import RequestFactory

from surveys import counts, pace
from surveys.counts import Counts

README = Path(__file__).parents[2] / "README.md"
MOST = {"link": 60, "stranger": 60, "unsigned": 60, "wrong-password": 30}
# one process of its own: posts 25 times and prints how often it was let in
KNOCK = """
import sys
from pathlib import Path
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter
from surveys import counts
counts.PATIENCE_SECONDS = 60
limiter = FixedWindowRateLimiter(counts.Counts(Path(sys.argv[1])))
print(sum(limiter.hit(RateLimitItemPerMinute(60), "door") for _ in range(25)))
"""


@pytest.mark.parametrize(("kind", "most"), MOST.items())
def test_the_last_one_within_the_limit_is_let_in_and_the_next_waits(kind, most):
    assert [pace.count(kind, "somebody") for _ in range(most)] == [0] * most
    assert 1 <= pace.count(kind, "somebody") <= 60
    assert pace.count(kind, "somebody else") == 0


@pytest.mark.parametrize(("posted", "waits"), [(29, False), (30, True), (31, True)])
def test_asking_whether_one_must_wait_counts_nothing(posted, waits):
    for _ in range(posted):
        pace.count("wrong-password", "somebody")
    assert [bool(pace.wait("wrong-password", "somebody")) for _ in range(3)] == [waits] * 3


def test_every_limit_is_told_here():
    assert {kind: limit.amount for kind, limit in pace.LIMITS.items()} == MOST
    assert {limit.get_expiry() for limit in pace.LIMITS.values()} == {60}
    table = README.read_text().split("| In one minute |")[1].split("\n\n")[0]
    assert re.findall(r"\| (\d+) \|", table) == [str(most) for most in MOST.values()]


def test_the_web_processes_count_together(counts_file):
    command = [sys.executable, "-c", KNOCK, str(counts_file)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert sum(int(one.communicate(timeout=60)[0]) for one in started) == 60


def test_threads_count_together(counts_file, monkeypatch):
    monkeypatch.setattr(counts, "PATIENCE_SECONDS", 60)  # a busy machine must not let anybody in
    with ThreadPoolExecutor(8) as many:
        waits = list(many.map(lambda _: pace.count("link", "one link"), range(80)))
    assert waits.count(0) == 60


@pytest.mark.parametrize(
    ("seconds", "count"), [(0, 2), (59.9, 2), (60, 1), (3600, 1), (-1, 1), (-86_400, 1)]
)
def test_a_window_ends_after_its_minute_and_when_the_clock_is_set_back(counts_file, seconds, count):
    now = 1_800_000_000.0
    Counts(counts_file, lambda: now).incr("door", 60)
    later = Counts(counts_file, lambda: now + seconds)
    assert later.incr("door", 60) == count


def test_nobody_begins_a_window_between_reading_the_clock_and_counting(counts_file, monkeypatch):
    """Else whoever waited longest would find the others' window in the future, and end it."""
    monkeypatch.setattr(counts, "PATIENCE_SECONDS", 0)

    def clock():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            Counts(counts_file).incr("door", 60)
        return 1_800_000_000.0

    assert Counts(counts_file, clock).incr("door", 60) == 1


def test_windows_that_are_over_leave_nothing_behind(counts_file):
    for second in range(0, 600, 60):
        Counts(counts_file, lambda second=second: float(second)).incr(f"door {second}", 60)
    with sqlite3.connect(counts_file) as file:
        assert file.execute("SELECT count(*) FROM counts").fetchone() == (1,)


# --- counting fails


def full(path):
    """As a full disk leaves it: nothing can be written."""
    path.parent.joinpath("counts.sqlite3").mkdir()


def locked(path):
    Counts(path).incr("door", 60)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def torn(path):
    path.write_bytes(b"not what it was" * 400)


@pytest.mark.parametrize("trouble", [full, locked, torn])
def test_where_counting_fails_everybody_is_let_in_and_the_log_names_nobody(
    counts_file, trouble, caplog
):
    holder = trouble(counts_file)
    assert pace.count("link", "whose link") == 0
    assert pace.wait("wrong-password", "198.51.100.7") == 0
    assert {record.getMessage() for record in caplog.records} <= {
        "posts are not counted: OperationalError",
        "posts are not counted: DatabaseError",
    }
    assert caplog.records
    if holder:
        holder.close()


def test_a_torn_file_that_cannot_be_taken_away_lets_everybody_in(counts_file, monkeypatch, caplog):
    def refused(path, missing_ok=False):
        raise PermissionError(13, "Permission denied", str(path))

    torn(counts_file)
    monkeypatch.setattr(Path, "unlink", refused)
    assert [pace.count("link", "somebody") for _ in range(61)] == [0] * 61
    assert {one.getMessage() for one in caplog.records} == {"posts are not counted: DatabaseError"}


def test_a_torn_file_is_made_anew(counts_file):
    torn(counts_file)
    pace.count("link", "somebody")
    waits = [pace.count("link", "somebody") for _ in range(61)]
    assert [bool(seconds) for seconds in waits] == [False] * 60 + [True]


# --- who is who


def test_the_file_tells_neither_who_called_nor_by_which_link(counts_file):
    pace.count("stranger", "198.51.100.7")
    pace.count("link", "the ref of a survey")
    kept = counts_file.read_bytes()
    assert b"198.51" not in kept
    assert b"the ref" not in kept


@pytest.mark.parametrize(
    ("live", "here", "forwarded", "who"),
    [
        (True, "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        # one machine has billions of addresses in its own network
        (True, "127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        (True, "127.0.0.1", "2001:db8:1:2:ffff::1", "2001:0db8:0001:0002"),
        # our web server does not say who calls: all would be one, so nobody is counted
        (True, "127.0.0.1", "", ""),
        (True, "127.0.0.1", "unknown", "unknown"),
        (True, "198.51.100.7", "203.0.113.9", "198.51.100.7"),
        (False, "127.0.0.1", "203.0.113.9", "127.0.0.1"),
    ],
)
def test_callers_are_told_apart_by_what_our_own_web_server_says(
    settings, live, here, forwarded, who
):
    settings.LIVE = live
    request = RequestFactory().post("/", REMOTE_ADDR=here, headers={"X-Forwarded-For": forwarded})
    assert pace.neighbourhood(request) == who


def test_whoever_cannot_be_told_apart_is_not_counted():
    assert [pace.count("stranger", "") for _ in range(200)] == [0] * 200
