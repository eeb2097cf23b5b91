"""Protocols are read strictly: every mistake in a file is named, none becomes a default."""

import re
from datetime import time
from pathlib import Path

import pytest

from surveys import protocol as protocol_module
from surveys.instrument import DeclarationError
from surveys.protocol import STATUSES, Elapsed, Wall, load_protocol, shipped_protocols

README = protocol_module.SHIPPED / "README.md"
MINIMAL = """
id = "short"
version = 1
title = "Two sessions"
summary = "Two sessions a week apart."
status = "template"
source = "made up for this test"
route = "intravenous"
reminders_after_hours = [24]
min_spacing_days = 6
most_questions_per_week = 60
together_within_hours = 12

[surveys.weekly]
title = "Weekly check-in"
instruments = ["phq9"]

[[phases]]
id = "induction"
title = "Induction"
sessions = 2
patterns = [[1, 1]]
source = "made up for this test"

[[rules]]
id = "weekly"
survey = "weekly"
anchor = "first-session"
every_days = 7
at = "09:00"
open_days = 5
why = "to test"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "short.toml"
    path.write_text(text, encoding="utf-8")
    return path


SCHEDULES = [
    # protocol, sessions of the induction, how they lie in the weeks, what the schedule rests on
    ("six-in-two-weeks", 6, ((3, 3),), "studied"),
    ("six-in-three-weeks", 6, ((2, 2, 2),), "studied"),
    ("six-then-boosters", 6, ((3, 3), (2, 2, 2)), "service"),
    ("four-to-eight", 4, (), "studied"),
    ("three-then-decide", 3, ((1, 1, 1),), "service"),
    ("three-two-three", 8, ((3, 2, 3),), "service"),
    ("esketamine", 8, ((2, 2, 2, 2),), "label"),
    ("boosters-on-demand", 0, (), "service"),
    ("taper-ladder", 0, (), "template"),
]


def test_these_protocols_are_shipped():
    assert set(shipped_protocols()) == {protocol for protocol, *_ in SCHEDULES}


@pytest.mark.parametrize(("protocol", "sessions", "patterns", "status"), SCHEDULES)
def test_the_sessions_of_each_induction(protocol, sessions, patterns, status):
    found = shipped_protocols()[protocol]
    assert found.induction_sessions == sessions
    assert (found.induction.patterns if found.induction else ()) == patterns
    assert found.status == status in STATUSES


@pytest.mark.parametrize("protocol", shipped_protocols().values(), ids=lambda one: one.id)
def test_every_shipped_rule_and_phase_says_why(protocol):
    assert protocol.source
    assert all(phase.source for phase in protocol.phases)
    assert all(rule.why for rule in protocol.rules)
    assert protocol.reminders_after_hours == (24, 72)


@pytest.mark.parametrize("name", ["six-then-boosters", "three-two-three", "four-to-eight"])
def test_hours_and_wall_times_are_different_kinds_of_due(name):
    protocol = shipped_protocols()[name]
    assert protocol.rule("after-session").due == Elapsed(24)
    assert protocol.rule("weekly").due == Wall(time(9), (7,), 7, 8)
    assert protocol.rule("mid-interval").due == Wall(time(9), (14, 21), None, None)


def test_the_smallest_protocol_is_read(tmp_path):
    protocol = load_protocol(write(tmp_path, MINIMAL))
    assert protocol.induction_sessions == 2
    assert protocol.rules[0].min_spacing_days == 6
    assert protocol.rules[0].open_hours == 120


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("every_days = 7", "every_day = 7", "`days` is missing"),
        ("every_days = 7", "every_days = 7\nevery = 1", "`every` is not a known key"),
        ("every_days = 7", "days = [0]\nevery_days = 7", "days start at 1 and rise"),
        ("every_days = 7", "days = [14, 7]", "days start at 1 and rise"),
        ("every_days = 7", "days = [7]\nevery_days = 0", "every_days starts at 1"),
        ('at = "09:00"', 'at = "nine"', '`at` is "nine"'),
        ('at = "09:00"', 'at = "07:59"', "asks at 07:59, when patients are not written to"),
        ('at = "09:00"', 'at = "21:00"', "asks at 21:00, when patients are not written to"),
        ('every_days = 7\nat = "09:00"', "after_hours = -1", "falls due before its anchor"),
        ("open_days = 5", "open_days = 0", "would close before it opens"),
        ("open_days = 5", "open_hours = 2.5", "`open_hours` is 2.5; write a whole number"),
        ('anchor = "first-session"', 'anchor = "session"', '`anchor` is "session"; write one of'),
        ('survey = "weekly"', 'survey = "daily"', 'survey "daily", which is not declared'),
        ('["phq9"]', '["phq10"]', 'instrument "phq10", which no file declares'),
        ("[[1, 1]]", "[[1, 2]]", "does not add up to 2 sessions"),
        ("sessions = 2", "sessions = 0", "at least 1"),
        ("sessions = 2", "sessions = 2\nwithin_days = 9", "need each other"),
        ("sessions = 2", "sessions = 2\nwithin_days = 9\nsessions_at_most = 1", "is less than"),
        ("sessions = 2", "sessions = 2\nleft_after_days = 0", "more than 0 and than `within_days`"),
        (
            "sessions = 2",
            "sessions = 2\nwithin_days = 9\nsessions_at_most = 2\nleft_after_days = 9",
            "more than 0 and than `within_days`",
        ),
        ("sessions = 2", "sessions = 2\nsteps_days = [14, 7]", "the steps of a taper grow longer"),
        ('status = "template"', 'status = "proven"', '`status` is "proven"; write one of'),
        ("version = 1", "version = 0", "`version` starts at 1"),
        ("version = 1", "", "`version` is missing; write a whole number"),
        ("min_spacing_days = 6", "", "`min_spacing_days` is missing"),
        ('why = "to test"', "", "`why` is missing"),
    ],
)
def test_each_mistake_is_named(tmp_path, old, new, problem):
    assert old in MINIMAL
    with pytest.raises(DeclarationError) as error:
        load_protocol(write(tmp_path, MINIMAL.replace(old, new)))
    assert problem in str(error.value)


def test_without_an_induction_nothing_can_count_from_its_end(tmp_path):
    text = MINIMAL.replace('id = "induction"', 'id = "taper"')
    text = text.replace("first-session", "last-induction-session")
    with pytest.raises(DeclarationError, match='"weekly" counts from the induction'):
        load_protocol(write(tmp_path, text))


def test_a_rule_twice_is_named(tmp_path):
    rule = MINIMAL[MINIMAL.index("[[rules]]") :]
    with pytest.raises(DeclarationError, match='rule "weekly" stands here twice'):
        load_protocol(write(tmp_path, MINIMAL + rule))


def test_a_protocol_without_rules_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="nothing would ever fall due"):
        load_protocol(write(tmp_path, MINIMAL[: MINIMAL.index("[[rules]]")]))


def test_the_readme_names_every_key_of_the_shipped_files():
    text = README.read_text(encoding="utf-8")
    keys = {
        key
        for path in protocol_module.SHIPPED.glob("*.toml")
        for key in re.findall(r"^(\w+) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []
