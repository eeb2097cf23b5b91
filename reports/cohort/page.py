"""The cohort page as plain text and numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from reports import wording
from reports.cohort.collection import Collected
from reports.cohort.declared import Declared
from reports.cohort.outcomes import Classified, CohortCourse, Share, classify, counted, share
from reports.cohort.retention import WEEK, Retention, followed_up, retention
from reports.trends import Measure
from reports.trends.baseline import BASELINE_DAYS
from surveys.protocol import LEFT_AFTER_DAYS

# Retention is read at these weeks, those of McInnes 2022.
READ_AT_WEEKS = (4, 8)
CHANNELS = {
    "web": "mailed link",
    "kiosk": "on a clinic device",
    "phone": "by telephone",
    "paper": "on paper",
    "import": "imported",
    "import_total": "imported, total only",
}
LIMITS = (
    "Everybody counted here was treated and nobody was left untreated to compare with: a fall may "
    "be the treatment, time, or the return from an unusually bad fortnight to the usual.",
    "Only people who finished the induction and answered are in the shares. Those who left or stay "
    "away may be doing better or worse: read every share beside “No data”.",
    "Loss of response is dated to the form that showed it and so is late by up to the time between "
    "two forms. Whatever further sessions were given, they are part of the course of things.",
)


@dataclass(frozen=True)
class Outcome:
    """One line of the table of outcomes, with all that is needed to read it."""

    title: str
    share: Share
    text: str
    definition: str
    window: str
    denominator: str
    published: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """Retention at one week, in words, with the study's figure."""

    week: int
    text: str
    published: tuple[str, ...]


@dataclass(frozen=True)
class WeekRow:
    """One week of collection. `percent` says in words where there are too few for one."""

    week: str
    due: int
    channels: str
    answered: int
    percent: str
    no_answer: int
    skipped: int
    unreachable: int
    still_open: int


@dataclass(frozen=True)
class CohortPage:
    """Everything the cohort page says about the courses chosen."""

    measure: str
    baseline: str
    counted: tuple[tuple[str, int], ...]
    outcomes: tuple[Outcome, ...]
    retention: Retention
    retention_definition: str
    retention_too_few: str
    kept: tuple[Kept, ...]
    weeks: tuple[WeekRow, ...]
    limits: tuple[str, ...]
    confidence: int


def build_cohort(
    courses: Sequence[CohortCourse],
    collected: Sequence[Collected],
    measure: Measure,
    window: tuple[int, int],
    declared: Declared,
    as_of: datetime,
) -> CohortPage:
    """Pure: the same courses give the same page."""
    found = classify(courses, measure, window, as_of)
    followed = [
        followed_up(course, one, measure)
        for course, one in zip(courses, found, strict=True)
        if one.response
    ]
    confidence = declared.confidence_percent.value
    kept = retention(followed, confidence_percent=confidence)
    return CohortPage(
        measure=measure.title,
        baseline=f"Baseline: mean of the complete scores in the {BASELINE_DAYS} days up to "
        "session 1; with one score, that one.",
        counted=_who_is_counted(found, window),
        outcomes=_outcomes(found, measure, window, declared),
        retention=kept,
        retention_definition=_retention_definition(measure, kept),
        retention_too_few=_too_few(kept, declared),
        kept=tuple(_kept(kept, week, declared) for week in READ_AT_WEEKS),
        weeks=tuple(_week_row(week, declared) for week in collected[: declared.weeks_shown.value]),
        limits=LIMITS,
        confidence=confidence,
    )


def _who_is_counted(
    found: Sequence[Classified], window: tuple[int, int]
) -> tuple[tuple[str, int], ...]:
    """From all courses down to those with an outcome; every course is in exactly one line."""
    return (
        ("Courses chosen", len(found)),
        ("no session yet", counted(found, "not_begun")),
        ("protocol without an induction", counted(found, "no_induction")),
        ("induction not finished", counted(found, "in_induction")),
        ("left during the induction", counted(found, "left")),
        (f"day {window[1]} after the induction not yet past", counted(found, "too_early")),
        ("no complete form before session 1", counted(found, "no_baseline")),
        ("no form in the window", counted(found, "no_form")),
        ("With an outcome", counted(found, "classified")),
    )


def _outcomes(
    found: Sequence[Classified], measure: Measure, window: tuple[int, int], declared: Declared
) -> tuple[Outcome, ...]:
    known = [one for one in found if one.standing == "classified"]
    span = f"first form {window[0]} to {window[1]} days after the last induction session"
    with_outcome = f"{wording.plural(len(known), 'course')} with a baseline and a form then"
    side = "below" if measure.higher_is_worse else "above"
    rows = [
        ("Response", "response", sum(one.response for one in known),
         f"{wording.percent(100 * measure.response_fraction)} or more {side} baseline"),
    ]  # fmt: skip
    if measure.remission_below is not None:
        limit = wording.number(measure.remission_below)
        remitted = sum(bool(one.remission) for one in known)
        rows.append(("Remission", "remission", remitted, f"score under {limit}"))
    if measure.reliable is not None:
        points = wording.number(measure.reliable)
        rows += [
            ("Reliable improvement", "reliable", sum(one.reliable for one in known),
             f"{points} points or more better than baseline"),
            ("Worsening", "worse", sum(one.worse for one in known),
             f"{points} points or more worse than baseline"),
        ]  # fmt: skip
    outcomes = [
        _outcome(title, what, count, len(known), definition, span, with_outcome, declared, measure)
        for title, what, count, definition in rows
    ]
    return (*outcomes, *_without_outcome(found, span, declared, measure))


def _without_outcome(
    found: Sequence[Classified], window: str, declared: Declared, measure: Measure
) -> Iterator[Outcome]:
    """Who should have an outcome by now and has none; and of them, who left."""
    left = counted(found, "left")
    silent = counted(found, "no_baseline") + counted(found, "no_form") + left
    of = counted(found, "classified") + silent
    everybody = f"{wording.plural(of, 'course')} past that window, or left"
    yield _outcome(
        "No data", "no_data", silent, of,
        "no complete form before session 1, none in the window, or left during the induction",
        window, everybody, declared, measure,
    )  # fmt: skip
    yield _outcome(
        "Left during the induction", "left", left, of,
        f"too few sessions in its time, none booked: {LEFT_AFTER_DAYS} days from session 1 (our "
        "judgement) unless the protocol names others", "", everybody, declared, measure,
    )  # fmt: skip


def _outcome(
    title: str, what: str, count: int, of: int, definition: str, window: str, denominator: str,
    declared: Declared, measure: Measure,
) -> Outcome:  # fmt: skip
    fewest = declared.fewest_for_percent.value
    found = share(count, of, fewest=fewest, confidence_percent=declared.confidence_percent.value)
    # the published figures are of the PHQ-9 and are no yardstick for another questionnaire
    beside = declared.beside(what) if measure.id == declared.published_instrument else ()
    published = tuple(f"{wording.number(one.percent)} %: {one.text}" for one in beside)
    return Outcome(
        title, found, _share_words(found, declared), definition, window, denominator, published
    )


def _share_words(found: Share, declared: Declared) -> str:
    if found.percent is None:
        few = f"fewer than {declared.fewest_for_percent.value}: no percentage"
        return f"{found.count} of {found.of}; {few}"
    assert found.low is not None
    assert found.high is not None
    band = f"{round(found.low)} to {round(found.high)}"
    return f"{found.count} of {found.of}, {wording.percent(found.percent)} ({band})"


def _retention_definition(measure: Measure, kept: Retention) -> str:
    side = "below" if measure.higher_is_worse else "above"
    half = wording.percent(100 * measure.response_fraction)
    unfollowed = (
        f" {wording.plural(kept.unfollowed, 'responder')} without any later form left out."
        if kept.unfollowed
        else ""
    )
    return (
        "From the form that showed response to the first form less than "
        f"{half} {side} baseline; whoever is still in response counts up to the last form. "
        f"Denominator: {wording.plural(kept.responders - kept.unfollowed, 'responder')} with a "
        f"later form; {kept.lost} lost the response.{unfollowed}"
    )


def _too_few(kept: Retention, declared: Declared) -> str:
    followed = kept.responders - kept.unfollowed
    if followed >= declared.fewest_for_percent.value:
        return ""
    return (
        f"{wording.plural(followed, 'responder')} with a later form, {kept.lost} of them lost the "
        f"response. Fewer than {declared.fewest_for_percent.value}: no curve and no percentage."
    )


def _kept(found: Retention, week: int, declared: Declared) -> Kept:
    beside = (one for one in declared.beside("retention") if one.weeks == week)
    published = tuple(f"{wording.number(one.percent)} %: {one.text}" for one in beside)
    step = None if _too_few(found, declared) else found.at_week(week)
    if step is None:
        return Kept(week, "not known: too few followed that long", published)
    left = dict(found.at_risk)[week]
    band = (
        f" ({round(step.low)} to {round(step.high)})"
        if step.low is not None and step.high is not None
        else ""
    )
    return Kept(week, f"{wording.percent(step.percent)}{band}; {left} still followed", published)


def _week_row(found: Collected, declared: Declared) -> WeekRow:
    enough = found.due >= declared.fewest_for_percent.value
    percent = wording.percent(100 * found.answered / found.due) if enough else "too few"
    return WeekRow(
        week=wording.calendar_day(found.week),
        due=found.due,
        channels=", ".join(f"{CHANNELS.get(name, name)} {n}" for name, n in found.by_channel),
        answered=found.answered,
        percent=percent,
        no_answer=found.no_answer,
        skipped=found.skipped,
        unreachable=found.unreachable,
        still_open=found.still_open,
    )


def retention_in_words(page: CohortPage) -> str:
    """What the curve shows, for whoever does not see it."""
    parts = [f"after {kept.week} weeks {kept.text}" for kept in page.kept]
    return (
        f"Share of responders still in response, over {round(page.retention.last_day / WEEK)} "
        f"weeks: {'; '.join(parts)}."
    )
