"""`afterglow trend`: scores in a file to trends in a file, all of it or nothing."""

import json

import pytest

from flows.cli import main

HEADER = "patient_id,instrument,answered_at,total\n"
SESSIONS = "patient_id,session_at,status,dose_mg_per_kg\n"
COURSE = "".join(
    f"P1,phq9,{day},{total}\n"
    for day, total in [
        ("2026-05-04", 20), ("2026-05-11", 22), ("2026-05-25", 16), ("2026-06-08", 10),
        ("2026-06-15", 8), ("2026-06-22", 8), ("2026-06-29", 8), ("2026-07-06", 14),
        ("2026-07-10", 15),
    ]
)  # fmt: skip
GIVEN = "P1,2026-05-12T14:00,done,0.5\nP1,2026-06-20T14:00,done,0.6\n"
MINIMAL_SCALE = """
id = "sleep"
version = 1
title = "Sleep scale"
range = [0, 40]
direction = "higher_is_better"
measurement_error = 3
important_change = 6
reliable_change = 8
"""


@pytest.fixture
def trends(tmp_path, capsys):
    """Runs the command on the given files; the exit code, the trends and what was printed."""

    def run(scores, sessions=None, *more):
        (tmp_path / "scores.csv").write_text(scores, encoding="utf-8")
        words = ["trend", str(tmp_path / "scores.csv"), "-o", str(tmp_path / "trends.jsonl"), *more]
        if sessions is not None:
            (tmp_path / "sessions.csv").write_text(sessions, encoding="utf-8")
            words += ["--sessions", str(tmp_path / "sessions.csv")]
        code = main(words)
        out = tmp_path / "trends.jsonl"
        lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else None
        found = None if lines is None else [json.loads(line) for line in lines]
        return code, found, capsys.readouterr().err

    return run


def test_one_object_per_patient_and_instrument(trends):
    scores = HEADER + COURSE + "P1,gad7,2026-05-04,15\nP2,phq9,2026-05-04,11\n"
    code, found, _ = trends(scores, SESSIONS + GIVEN)
    assert code == 0
    assert [(t["patient_id"], t["instrument"], t["n"]) for t in found] == [
        ("P1", "gad7", 1), ("P1", "phq9", 9), ("P2", "phq9", 1),
    ]  # fmt: skip


def test_the_parts_of_a_trend(trends):
    _, (trend,), _ = trends(HEADER + COURSE, SESSIONS + GIVEN)
    assert trend["baseline"] == {
        "value": 21.0,
        "rule": "pretreatment-mean-28d",
        "answered_at": ["2026-05-04", "2026-05-11"],
    }
    assert trend["latest"] == {"value": 15, "answered_at": "2026-07-10"}
    assert trend["change"] == {
        "points": -6.0, "percent": -28.6, "important": True, "reliable": True,
    }  # fmt: skip
    assert (trend["outcome"], trend["remission"]) == ("partial", False)
    assert [(f["rule"], f["kind"], f["answered_at"]) for f in trend["flags"]] == [
        ("worsening", "single", "2026-07-06"), ("worsening", "confirmed", "2026-07-10"),
    ]  # fmt: skip
    assert trend["flags"][0]["inputs"] == {
        "score": 14, "reference": 8.0, "reference_scores": [8, 8, 8], "threshold": 5,
    }  # fmt: skip
    assert trend["level"]["low90"] < trend["level"]["estimate"] < trend["level"]["high90"]
    assert [interval["days"] for interval in trend["intervals"]] == [39, 20]
    assert set(trend["evidence"]) == {"continue", "taper", "stop"}


def test_without_sessions_the_baseline_is_the_first_score(trends):
    _, (trend,), _ = trends(HEADER + COURSE)
    assert trend["baseline"]["rule"] == "first-score"
    assert (trend["baseline"]["value"], trend["intervals"]) == (20.0, [])


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ("P1,phq9,2026-05-04,20\n", "too_early"),
        ("P1,phq9,2026-05-04,20\nP1,phq9,2026-05-11,\n", "too_early"),  # blank is missing
    ],
)
def test_one_score_is_too_early(trends, rows, outcome):
    _, (trend,), _ = trends(HEADER + rows)
    assert (trend["n"], trend["outcome"]) == (1, outcome)


def test_sessions_known_and_no_score_before_them_is_not_interpretable(trends):
    scores = HEADER + "P1,phq9,2026-06-08,10\nP1,phq9,2026-06-15,8\n"
    _, (trend,), _ = trends(scores, SESSIONS + "P1,2026-05-12T14:00,done,\n")
    assert (trend["baseline"], trend["change"]) == (None, None)
    assert trend["outcome"] == "not_interpretable"


def test_an_instrument_of_the_clinics_own_where_higher_is_better(trends, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sleep.toml").write_text(MINIMAL_SCALE)
    rows = "P1,sleep,2026-05-04,12\nP1,sleep,2026-05-11,13\nP1,sleep,2026-05-18,20\n"
    code, (trend,), _ = trends(HEADER + rows, None, "--instruments", str(tmp_path / "own"))
    assert code == 0
    assert trend["change"] == {
        "points": 8.0, "percent": 66.7, "important": True, "reliable": True,
    }  # fmt: skip
    assert trend["outcome"] == "response"


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (HEADER + "P1,phq9,2026-05-04,28\n", "line 2, column total: 28 is not between 0 and 27"),
        (HEADER + "P1,phq8,2026-05-04,8\n", "line 2, column instrument"),
        (HEADER + "P1,phq9,04.05.2026,8\n", "line 2, column answered_at"),
        (HEADER + COURSE + "P1,phq9,2026-05-04,8\n", "lines 2 and 11 are both the same form"),
        ("patient_id,instrument,total\n", "column answered_at: is missing"),
        ("", "is empty"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(trends, scores, told):
    code, found, printed = trends(scores)
    assert (code, found) == (1, None)
    assert told in printed
    assert "Nothing was written." in printed


def test_a_wrong_session_is_named_by_its_own_file(trends):
    code, found, printed = trends(HEADER + COURSE, SESSIONS + "P1,2026-05-12T14:00,given,\n")
    assert (code, found) == (1, None)
    assert "sessions.csv, line 2, column status" in printed


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path, capsys):
    assert main(["trend", str(tmp_path / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err


def test_how_far_the_newest_form_overlaps_and_whose_rule_is_gone_by(trends, monkeypatch):
    rows = "P1,phq9,2026-05-04,20\nP1,phq9,2026-05-13,14\n"
    _, (trend,), _ = trends(HEADER + rows)
    assert trend["overlap_days"] == 5
    assert trend["reliable_change"]["points"] == 6
    assert trend["reliable_change"]["source"].startswith("NHS Talking Therapies")
    monkeypatch.setenv("AFTERGLOW_RELIABLE_CHANGE", "phq9=7")
    _, (trend,), _ = trends(HEADER + rows)
    assert trend["change"]["reliable"] is False
    assert trend["reliable_change"]["points"] == 7
    assert "Löwe 2004" in trend["reliable_change"]["source"]


def test_pain_is_read_on_its_exact_mean(trends):
    rows = "P1,peg,2026-05-04,6.666667\nP1,peg,2026-05-13,5.666667\n"
    _, (trend,), _ = trends(HEADER + rows)
    assert trend["latest"]["value"] == 5.67
    assert trend["change"]["points"] == -1.0
    assert trend["change"]["important"] is True


def test_a_mean_beyond_its_range_is_refused(trends):
    code, _, said = trends(HEADER + "P1,peg,2026-05-04,10.1\n")
    assert code == 1
    assert "PEG is a mean from 0 to 10" in said
