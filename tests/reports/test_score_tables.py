"""A caseload is read and computed as tables; every course comes out as it does on its own."""

from random import Random

import pytest

from reports.evidence import shipped_rules
from reports.page import read_case, read_cases
from reports.score_files import TOGETHER, trends_of
from reports.score_tables import read_files
from surveys.instrument import shipped_instruments
from tests.reports.courses import ALL
from tests.reports.pieces import day

INSTRUMENTS = shipped_instruments()
SCORES = "patient_id,instrument,answered_at,total"
SESSIONS = "patient_id,session_at,status,dose_mg_per_kg"


def history(random: Random, patient: str) -> tuple[list[str], list[str]]:
    """Rows of scores and of sessions: gaps, blanks, repeats of a value, none at all of either."""
    scores, at = [], random.uniform(0, 60)
    for _ in range(random.choice([1, 2, 3, 8, 30])):
        at += random.choice([0.5, 3, 7, 7, 7, 14, 42, 43])
        for name, highest in (("phq9", 27), ("gad7", 21)):
            if random.random() < 0.8:
                total = random.choice(["", *range(highest + 1)])
                scores.append(f"{patient},{name},{written(random, at)},{total}")
    random.shuffle(scores)
    sessions = [
        f"{patient},{written(random, random.uniform(0, at))},"
        f"{random.choice(['done', 'done', 'missed', 'planned'])},{random.choice(['', 0.5, 0.75])}"
        for _ in range(random.choice([0, 1, 6]))
    ]
    return scores, sessions


def written(random: Random, days: float) -> str:
    at = day(days)
    return random.choice([at.isoformat("T", "minutes"), at.strftime("%Y-%m-%d %H:%M")])


def trends(scores: list[str], sessions: list[str]) -> list[dict]:
    files = read_files(*as_files(scores, sessions), INSTRUMENTS)
    assert files.problems == ()
    return list(trends_of(files, INSTRUMENTS, shipped_rules()))


def as_files(scores: list[str], sessions: list[str]) -> list[tuple[str, bytes]]:
    tables = (("scores.csv", SCORES, scores), ("sessions.csv", SESSIONS, sessions))
    return [(name, "\n".join([header, *rows]).encode()) for name, header, rows in tables]


@pytest.mark.parametrize("seed", range(5))
def test_a_course_in_a_caseload_is_the_course_alone(seed):
    random = Random(seed)
    patients = {f"P{number:02}": history(random, f"P{number:02}") for number in range(40)}
    rows = [row for scores, _ in patients.values() for row in scores]
    given = [row for _, sessions in patients.values() for row in sessions]
    random.shuffle(rows)
    alone = [trend for scores, sessions in patients.values() for trend in trends(scores, sessions)]
    together = trends(rows, given)
    for trend in (*alone, *together):
        # how far a level wanders is pooled over everybody in the file, and so depends on them
        del trend["level"]
    assert together == alone


def test_weekly_sessions_are_no_induction_for_ever():
    """Eight in four weeks, then weekly for 22 weeks: the outcome is read, as rule T1 reads it."""
    given = [0, 3, 7, 10, 14, 17, 21, 24, *[28 + 7 * week for week in range(22)]]
    totals = [(-14, 20), (-7, 20), *[(7 * n + 5, max(6, 18 - 2 * n)) for n in range(26)]]
    scores = [f"P1,phq9,{day(at).isoformat()},{total}" for at, total in totals]
    sessions = [f"P1,{day(at).isoformat()},done,0.5" for at in given]
    (trend,) = trends(scores, sessions)
    assert trend["outcome"] == "response"
    assert "T1" in {one["rule"] for one in trend["evidence"]["taper"]}


def test_more_courses_than_are_read_at_once_lose_none():
    patients = [f"P{number:04}" for number in range(TOGETHER + 1)]
    found = trends([f"{patient},phq9,2026-05-04,11" for patient in patients], [])
    assert [trend["patient_id"] for trend in found] == patients


def test_courses_with_missed_forms_read_together_are_the_same_read_alone():
    """Files know of no missed form; the records do, and a level stops at them."""
    courses = [build() for build in ALL.values()]
    assert any(trend_is_broken(case) for case in read_cases(courses, INSTRUMENTS))
    together = read_cases(courses, INSTRUMENTS)
    assert together == tuple(read_case(facts, INSTRUMENTS) for facts in courses)


def trend_is_broken(case) -> bool:
    return bool(case.trend.level) and case.trend.level[-1].segment > 0


def test_every_mistake_is_listed_once_a_line_in_the_order_of_the_file():
    scores = [
        "P1,phq9,2026-05-04,28",
        "P2,phq9,4 May,28",  # what the total may be is not looked at before the rest is sound
        ",phq8,4 May,3",
        "P1,gad7,2026-05-04,22",
        "P1,phq9,2026-05-11,9",
        "P1,phq9,2026-05-11T00:00Z,9",
    ]
    sessions = ["P1,2026-05-04,given,0.5", "P1,2026-05-05,given,50"]
    found = read_files(*as_files(scores, sessions), INSTRUMENTS)
    assert (found.series, found.sessions) == ((), {})
    assert [(p.file, p.line, p.column) for p in found.problems] == [
        ("scores.csv", 2, "total"),
        ("scores.csv", 3, "answered_at"),
        ("scores.csv", 4, "answered_at"),
        ("scores.csv", 4, "instrument"),
        ("scores.csv", 4, "patient_id"),
        ("scores.csv", 5, "total"),
        ("scores.csv", 7, "answered_at"),
        ("sessions.csv", 2, "status"),
        ("sessions.csv", 3, "dose_mg_per_kg"),
        ("sessions.csv", 3, "status"),
    ]
    assert "lines 6 and 7 are both the same form" in str(found.problems[6])


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("P1,2026-05-04T15:00Z,done,0.5", True),
        ("P1,2026-05-04T09:00-06:00,done,0.5", True),  # the same instant, written otherwise
        ("P1,2026-05-04T15:00Z,cancelled,", True),  # given or not: the clinic has to say which
        ("P1,2026-05-04T15:01Z,done,0.5", False),
        ("P2,2026-05-04T15:00Z,done,0.5", False),
    ],
)
def test_a_session_entered_twice_is_refused_as_it_is_on_import(second, told):
    """Counted twice, six sessions would be twelve, and rules that count them would speak early."""
    files = as_files(["P1,phq9,2026-05-04,11"], ["P1,2026-05-04T15:00Z,done,0.5", second])
    found = read_files(*files, INSTRUMENTS)
    said = [(p.file, p.line, p.column, "lines 2 and 3" in str(p)) for p in found.problems]
    assert said == [("sessions.csv", 3, "session_at", True)] * told


def test_a_file_with_a_header_alone_has_no_trends():
    assert trends([], []) == []


@pytest.mark.parametrize(
    ("score", "outcome"),
    [(1, "response"), (2, "response"), (3, "none"), (4, "none"), (5, "worse"), (7, "worse")],
)
def test_a_scale_that_itself_rates_change_has_no_baseline_and_no_percentage(score, outcome):
    """CGI-I: 1 and 2 are much improved, 4 is no change. A percentage of a rating means nothing."""
    rows = [f"P1,cgi_i,2026-05-{day:02},{given}" for day, given in ((1, 4), (8, 3), (15, score))]
    (found,) = trends(rows, [])
    assert (found["outcome"], found["change"], found["baseline"]) == (outcome, None, None)
