"""What must hold after any kill, read from the records themselves and compared with two other
books: the provider's, of letters taken, and the patients', of answers they were thanked for."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.crash.records import Row, rows

Answers = dict[str, dict]


def on_their_way(records: Path) -> set[int]:
    """Letters claimed whose outcome is not recorded: a kill leaves them so."""
    return {
        row["id"] for row in rows(records, "select id from surveys_message where state='sending'")
    }


def mail_faults(records: Path, taken: Counter[str]) -> dict[str, list]:
    """lost: believed sent, never taken. twice: taken more than once. unaccounted: a due survey
    with no letter and no doubt, or a taken letter of which the record knows nothing."""
    letters = rows(records, "select * from surveys_message where kind='invitation'")
    of: dict[int, list[Row]] = {}
    for one in letters:
        of.setdefault(one["occurrence_id"], []).append(one)
    surveys = rows(records, "select * from surveys_occurrence where survey='baseline'")
    faults: dict[str, list] = {"lost": [], "twice": [], "unaccounted": []}
    for survey in surveys:
        for fault in _faults_of(survey, of.get(survey["id"], []), taken):
            faults[fault].append(survey["id"])
    return faults


def _faults_of(survey: Row, letters: list[Row], taken: Counter[str]) -> Iterator[str]:
    # a broken sender has no letters of its own: it names the survey itself
    refs = [dashed(one["ref"]) for one in letters] or [str(survey["id"])]
    arrived = sum(taken[ref] for ref in refs)
    states = {one["state"] for one in letters}
    if survey["state"] == "sent" and not arrived:
        yield "lost"
    if arrived > 1:
        yield "twice"
    known = {"accepted", "in_doubt", "failed"} & states or survey["state"] in ("sent", "answered")
    if not known or (arrived and states == {"failed"}):
        yield "unaccounted"


def dashed(ref: str) -> str:
    return f"{ref[:8]}-{ref[8:12]}-{ref[12:16]}-{ref[16:20]}-{ref[20:]}"


def answer_faults(records: Path, thanked: dict[str, Answers]) -> dict[str, list]:
    """lost: thanked for, and not stored as given. half: stored in part, or without its score.
    unalarmed: question 9 at one or more without exactly one alert."""
    stored: dict[str, Answers] = {}
    forms = rows(
        records,
        "select r.*, o.ref from surveys_response r join surveys_occurrence o"
        " on o.id = r.occurrence_id",
    )
    for form in forms:
        stored.setdefault(dashed(form["ref"]), {})[form["instrument"]] = json.loads(form["answers"])
    scored = {row["response_id"] for row in rows(records, "select * from surveys_score")}
    alerts = Counter(row["response_id"] for row in rows(records, "select * from surveys_alert"))
    return {
        "lost": [ref for ref, given in thanked.items() if stored.get(ref) != given],
        "half": [ref for ref, kept in stored.items() if len(kept) != 2]
        + [form["id"] for form in forms if form["id"] not in scored],
        "unalarmed": [form["id"] for form in forms if alerts[form["id"]] != _positive(form)],
    }


def _positive(form: Row) -> bool:
    ninth = json.loads(form["answers"]).get("9")
    return form["instrument"] == "phq9" and isinstance(ninth, int) and ninth >= 1


def alert_faults(records: Path, taken: Counter[str]) -> dict[str, list]:
    """untold: an alert of which no notice was ever taken by the provider."""
    told: Counter[int] = Counter()
    for one in rows(records, "select * from surveys_message where kind='alert'"):
        told[one["alert_id"]] += taken[dashed(one["ref"])]
    alerts = rows(records, "select * from surveys_alert")
    return {"untold": [one["id"] for one in alerts if not told[one["id"]]]}
