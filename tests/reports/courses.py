"""A few whole courses, as plain facts, to render and to read rules against."""

from dataclasses import replace
from datetime import date

from reports.facts import (
    AlertFact,
    CourseFacts,
    DecisionFact,
    OccurrenceFact,
    PreviousReport,
)
from surveys.history import HistoryStatement
from tests.reports.pieces import (
    INDUCTION,
    beside,
    check,
    course,
    day,
    missed,
    on_scale,
    sessions,
    spread_over,
)


def steady_responder() -> CourseFacts:
    """Twenty before treatment, three or four on six forms in a row at 21 days."""
    scores = [(5, 20), (12, 19), (19, 20), (26, 16), (33, 12), (40, 8), (47, 6), (54, 4), (61, 5)]
    scores += [(68, 3), (75, 4), (82, 3), (89, 4), (96, 3), (103, 3), (110, 4), (117, 3), (124, 4)]
    given = [*INDUCTION, 52, 66, 87, 108]
    checks = [check(d + 1, detached=2 if d < 30 else 1) for d in given]
    return course(scores, given, 126.5, planned=[129], checks=checks, number=16)


def wane_and_rebound() -> CourseFacts:
    """Settled on 14 and 21 days; at 28 days the score climbs before each session."""
    scores = [(5, 17), (12, 19), (19, 18), (26, 16), (33, 13), (40, 11), (47, 8), (54, 7), (61, 6)]
    scores += [(68, 5), (75, 5), (96, 7), (103, 5), (110, 5), (117, 7), (124, 6), (131, 6)]
    scores += [(138, 8), (147, 12), (155, 7), (162, 6), (169, 12), (173, 13)]
    given = [*INDUCTION, 52, 66, 80, 101, 122, 150]
    checks = [check(d + 1, detached=2 if d < 30 else 0, thinking=int(d > 100)) for d in given]
    alert = AlertFact(
        7,
        day(173.3),
        "standard",
        "acknowledged",
        "Item 9 answered 1, several days",
        day(173.31),
        "N. Okafor",
        response_id="r173",
    )
    decision = DecisionFact(
        "taper", day(123), "N. Okafor", "5 to 7 for eight weeks, wishes to space out.", 28,
        review_on=date(2026, 11, 2), rescue=5 + 17 / 3,
    )  # fmt: skip
    previous = PreviousReport(
        21,
        day(167),
        ("C1", "T1†"),
        {f"r{d:g}": total for d, total in scores if d < 167} | {f"c{d + 1:g}": None for d in given},
        {s.key: s for s in sessions(given)},
    )
    return course(
        scores,
        given,
        174,
        planned=[178],
        checks=checks,
        patient="A-017",
        initials="R.M.",
        unanswered=[*missed([82], "unreachable", "bounced"), *missed([89, 152])],
        self_harm={5: 1, 12: 1, 19: 1, 26: 1, 173: 1},
        alerts=[alert],
        decisions=[decision],
        previous=previous,
        dose=[0.5] * 10 + [0.6],
        number=22,
    )


def early_non_responder() -> CourseFacts:
    """Four of six sessions done, eight percent lower."""
    scores = [(5, 20), (11, 19), (18, 20), (20.1, 19), (23, 20), (26, 18), (29.5, 18)]
    given = [20.2, 23.3, 26.3, 28.3]
    checks = [check(d + 1, detached=1 if d > 22 else 3) for d in given]
    harm = dict.fromkeys([5, 11, 18, 20.1, 23, 26, 29.5], 1)
    alerts = [
        AlertFact(
            n,
            day(d),
            "standard",
            "closed",
            "Item 9 answered 1",
            day(d),
            "N. Okafor",
            "Called",
            response_id=f"r{d:g}",
        )
        for n, d in enumerate(harm, 1)
    ]
    return course(
        scores,
        given,
        30,
        planned=[31, 34],
        checks=checks,
        phase="induction",
        self_harm=harm,
        alerts=alerts,
        patient="A-031",
        initials="T.K.",
        number=2,
    )


def worsening() -> CourseFacts:
    """Six and more above baseline on the last two forms, after a brief response."""
    scores = [(5, 15), (12, 16), (19, 15), (26, 13), (33, 12), (40, 13), (47, 14), (54, 15)]
    scores += [(61, 18), (68, 21), (75, 23)]
    checks = [check(d + 1, thinking=2 if d > 40 else 0, detached=1) for d in [*INDUCTION, 52, 66]]
    return course(
        scores,
        [*INDUCTION, 52, 66],
        76,
        planned=[80],
        checks=checks,
        patient="A-009",
        initials="S.P.",
        number=8,
        self_harm={68: 1, 75: 2},
        alerts=[
            AlertFact(
                3,
                day(75.1),
                "urgent",
                "notified",
                "Item 9 answered 2, more than half the days",
                response_id="r75",
            )
        ],
    )


def sparse() -> CourseFacts:
    """Two of the last four forms answered, the newest nineteen days old."""
    scores = [(6, 16), (18, 15), (26, 13), (33, 11), (40, 9), (54, 8), (82, 7), (103, 9), (110, 12)]
    return course(
        scores,
        [19, 22, 25, 29, 32, 36, 57, 92],
        129,
        patient="A-044",
        initials="L.B.",
        number=17,
        unanswered=[*missed([47, 75, 96, 117, 124]), *missed([61, 68], "unreachable", "bounced")],
        checks=[check(d + 1, detached=1) for d in (19, 22, 25, 29)],
    )


def stopped_answering() -> CourseFacts:
    """Worsened on one form, then silence: every later form unanswered."""
    scores = [
        (5, 18),
        (12, 19),
        (19, 18),
        (26, 14),
        (33, 10),
        (40, 7),
        (47, 6),
        (54, 7),
        (61, 6),
        (68, 12),
    ]
    return course(
        scores,
        [*INDUCTION, 52, 66],
        103,
        patient="A-050",
        initials="K.W.",
        number=11,
        unanswered=missed([75, 82, 89, 96]),
        checks=[check(21), check(53)],
    )


def totals_only() -> CourseFacts:
    """Old records: totals without items, no harms asked."""
    scores = [(5, 17), (19, 16), (40, 9), (54, 8), (68, 7), (82, 8), (96, 7), (110, 6)]
    return course(
        scores,
        [*INDUCTION, 59, 87],
        112,
        patient="A-060",
        initials="O.F.",
        number=1,
        total_only=True,
    )


def steady_non_responder() -> CourseFacts:
    """Eighteen to twenty before and after: calm scores, and nothing gained."""
    scores = [(5, 20), (12, 19), (19, 20), (26, 19), (33, 19), (40, 18), (47, 19), (54, 19)]
    scores += [(61, 18), (68, 19), (75, 19), (82, 18)]
    return course(scores, [*INDUCTION, 52, 66], 84, patient="A-071", initials="P.D.", number=9)


def treated_beside() -> CourseFacts:
    """Eighteen to seven, while sertraline began in the same weeks; much else is recorded too."""
    scores = [(5, 18), (12, 19), (19, 18), (26, 14), (33, 11), (40, 9), (47, 8), (54, 7), (61, 7)]
    facts = course(
        scores, [*INDUCTION, 52], 63, planned=[66], patient="A-102", initials="N.S.", number=6
    )
    return replace(facts, history=beside(
        HistoryStatement("antidepressant", "Sertraline", "50 mg", since="2026-05-21"),
        HistoryStatement("psychotherapy", "CBT", since="2024", until="2026-06"),
        HistoryStatement("lamotrigine", dose="200 mg"),
        HistoryStatement("alcohol", dose="2 or 3 glasses a week", use="current", since="2010"),
        HistoryStatement("cannabis", use="past", until="2020"),
        HistoryStatement("opioids", use="none", since="2026-05-04"),
        HistoryStatement("ketamine_outside", use="none", since="2026-05-04"),
    ))  # fmt: skip


def pain() -> CourseFacts:
    """PEG, a mean of three: 7.3 before, about 4 after, rising by thirds of a point."""
    rows = [(5, 22), (12, 23), (19, 21), (26, 17), (33, 15), (40, 12), (47, 11), (54, 12)]
    rows += [(61, 11), (68, 12), (75, 12), (82, 14)]
    facts = course(
        [], [*INDUCTION, 58], 84, planned=[86], patient="A-083", initials="M.V.", number=6
    )
    return replace(
        facts,
        indication="Chronic pain",
        primary="peg",
        forms=tuple(on_scale(at, "peg", spread_over(total, 3), mean=True) for at, total in rows),
        occurrences=tuple(
            OccurrenceFact("weekly", ("peg",), day(at - 0.1), day(at + 5), "answered")
            for at, _ in rows
        ),
    )


def ptsd() -> CourseFacts:
    """PCL-5 looks back a month and is asked every four weeks: few forms, slow to show a change."""
    rows = [(5, 58), (19, 55), (68, 38), (96, 33), (124, 35)]
    given = [*INDUCTION, 59, 80, 108]
    facts = course([], given, 127, planned=[136], patient="A-090", initials="D.R.", number=5)
    return replace(
        facts,
        indication="PTSD",
        primary="pcl5",
        forms=tuple(on_scale(at, "pcl5", spread_over(total, 20)) for at, total in rows),
        occurrences=tuple(
            OccurrenceFact("monthly", ("pcl5",), day(at - 0.1), day(at + 7), "answered")
            for at, _ in rows
        ),
    )


def two_that_disagree() -> CourseFacts:
    """PHQ-9 falls from 18 to 8 while GAD-7 rises from 8 to 15."""
    scores = [(5, 18), (12, 18), (19, 18), (26, 15), (33, 12), (40, 10), (47, 9), (54, 8), (61, 9)]
    scores += [(68, 8), (75, 8)]
    worry = [(5, 8), (19, 8), (33, 9), (47, 12), (61, 14), (75, 15)]
    forms = [on_scale(at + 0.01, "gad7", [*spread_over(total, 7), 1]) for at, total in worry]
    forms = [replace(f, total=total) for f, (_, total) in zip(forms, worry, strict=True)]
    return course(
        scores, [*INDUCTION, 52, 66], 77, planned=[80], checks=forms,
        patient="A-095", initials="H.N.", number=7,
    )  # fmt: skip


ALL = {
    course.__name__: course
    for course in (
        steady_responder,
        wane_and_rebound,
        early_non_responder,
        worsening,
        sparse,
        stopped_answering,
        totals_only,
        steady_non_responder,
        pain,
        ptsd,
        two_that_disagree,
        treated_beside,
    )
}
