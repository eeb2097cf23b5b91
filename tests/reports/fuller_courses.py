"""Courses with more to say than most: as the demo plays them, and two years with everything."""

from dataclasses import replace
from datetime import date, timedelta

from flows.bench.caseload import DAYS, at
from flows.bench.caseload import courses as made_up
from reports.facts import CourseFacts, DecisionFact, PreviousReport
from surveys.history import HistoryStatement
from tests.reports import pieces

HARMS_AT_0 = {"redflag_cardiac": 0, "redflag_injury": 0, "redflag_care": 0}
# above 0 here and there, so that no two harms can share a line for never having been there
EVERY_HARM = {"uri_freq": 1, "craving": 1, "blood_pressure": 0, "liver": 0, "thinking": 1}
SUBSTANCES = ("cannabis", "opioids", "stimulants", "ketamine_outside")


def like_the_demo() -> CourseFacts:
    """Slides back between boosters twelve weeks long; in psychotherapy; no harm was above mild."""
    scores = [(5, 19), (12, 18), (19, 20), (26, 14), (33, 9), (40, 6), (47, 7), (54, 10), (61, 7)]
    scores += [(68, 10), (75, 12), (82, 7), (89, 10)]
    given = [20, 23, 27, 30, 34, 37, 51, 65, 86]
    checks = [pieces.check(d + 1, detached=d % 2, dizzy=1, thinking=d % 3 % 2) for d in given]
    checks += [pieces.longer_term(d) for d in (48.2, 76.2)]
    facts = pieces.course(
        scores, given, 91, planned=[107], checks=checks, patient="A-101", initials="A.R.",
        unanswered=pieces.missed([96]), number=13,
    )  # fmt: skip
    told = pieces.beside(
        HistoryStatement("psychotherapy", "CBT", since="2024-10"),
        *(HistoryStatement(kind, use="none", since="2026-05-01") for kind in SUBSTANCES),
    )
    return replace(facts, clinic="Alder Street, a clinic that does not exist", history=told)


def two_years(number: int) -> CourseFacts:
    """A made-up patient over two years: weekly reports, nine harms, treatments, a decision."""
    (bare,) = made_up(number, number + 1)
    after_sessions = tuple(
        replace(form, answers={**form.answers, **HARMS_AT_0})
        if form.instrument == "after_session"
        else form
        for form in bare.forms
    )
    checks = tuple(
        replace(
            pieces.longer_term(0, **(EVERY_HARM if day % 4 == number % 4 else {})),
            response_id=f"h{day}",
            answered_at=at(day + 0.3),
        )
        for day in range(30, DAYS, 27)
    )
    history = pieces.beside(
        HistoryStatement("antidepressant", "Sertraline", "50 mg", since="2024-02-11"),
        HistoryStatement("psychotherapy", "CBT", since="2022-08"),
        HistoryStatement("alcohol", dose="2 glasses a week", use="current", since="2015"),
        *(HistoryStatement(kind, use="none", since="2024-01-01") for kind in SUBSTANCES),
    )
    return replace(
        bare,
        forms=(*after_sessions, *checks),
        history=history,
        clinic="Alder Street, a clinic that does not exist",
        indication="Depression, treatment-resistant",
        decisions=(DECISION,),
        report_number=104,
        previous=PreviousReport(
            103,
            at(DAYS - 7),
            ("C1", "T1†"),
            {f.response_id: f.total for f in (*after_sessions, *checks) if f.answered_at < LAST},
            {session.key: session for session in bare.done},
            history={one.key: one.told for one in history},
        ),
    )


LAST = at(DAYS - 7)
DECISION = DecisionFact(
    "taper", LAST - timedelta(days=21), "N. Okafor",
    "Two stable months; wishes to space the sessions out before the summer.", 35, date(2026, 1, 20),
)  # fmt: skip
