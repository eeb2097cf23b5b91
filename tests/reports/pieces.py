"""What courses are put together from, as plain facts: days, forms, checks, sessions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from reports import facts
from surveys.history import HistoryStatement

ZONE = "America/Denver"
START = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)


def day(number: float) -> datetime:
    """`number` days after Monday 4 May 2026, 09:00 in Denver."""
    return START + timedelta(days=number)


def items(total: int, self_harm: int = 0) -> dict[str, int | str | None]:
    """Nine answers that add up to `total` with the given item 9, and a matching item 10."""
    rest = total - self_harm
    answers: dict[str, int | str | None] = {}
    for number in range(1, 9):
        answers[str(number)] = min(3, rest // 8 + (number <= rest % 8))
    return answers | {"9": self_harm, "10": min(3, total // 7)}


def form(
    number: float, total: int, self_harm: int = 0, *, total_only: bool = False
) -> facts.FormFact:
    return facts.FormFact(
        response_id=f"r{number:g}",
        instrument="phq9",
        version=1,
        answered_at=day(number),
        total=total,
        answers={} if total_only else items(total, self_harm),
        mode="import_total" if total_only else "web",
        total_only=total_only,
    )


def check(number: float, **answers: int) -> facts.FormFact:
    codes = [
        "nausea",
        "dizzy",
        "headache",
        "vision",
        "detached",
        "speech",
        "thinking",
        "coordination",
        "sleepy",
        "anxious",
    ]
    codes += ["redflag_cardiac", "redflag_injury", "redflag_care", "high_energy", "callback"]
    given = dict.fromkeys(codes, 0) | {"mood_change": 3} | answers
    return facts.FormFact(f"c{number:g}", "after_session", 1, day(number), None, answers=given)


def longer_term(number: float, **answers: int) -> facts.FormFact:
    """The longer-term check, nothing to report but what is given."""
    codes = """uri_freq uri_urge uri_pain craving thinking early uri_blood liver nonprescribed
        blood_pressure asked_early"""
    given = dict.fromkeys(codes.split(), 0) | answers
    return facts.FormFact(f"h{number:g}", "longer_term_harms", 1, day(number), None, answers=given)


def sessions(
    days: Sequence[float], planned: Sequence[float] = (), dose: Sequence[float] = (0.5,)
) -> tuple[facts.SessionFact, ...]:
    doses = [*dose, *[dose[-1]] * len(days)]
    done = [
        facts.SessionFact(f"s{n}", day(d + 0.2), "done", "IV", doses[n], 40)
        for n, d in enumerate(days)
    ]
    coming = [
        facts.SessionFact(f"p{n}", day(d + 0.2), "planned", "IV") for n, d in enumerate(planned)
    ]
    return tuple(done + coming)


def missed(
    days: Sequence[float], state: str = "expired", reason: str = ""
) -> list[facts.OccurrenceFact]:
    return [
        facts.OccurrenceFact("weekly", ("phq9",), day(d), day(d + 5), state, reason) for d in days
    ]


def course(
    scores: Sequence[tuple[float, int]],
    given: Sequence[float],
    as_of: float,
    *,
    planned: Sequence[float] = (),
    unanswered: Sequence[facts.OccurrenceFact] = (),
    checks: Sequence[facts.FormFact] = (),
    phase: str = "maintenance",
    self_harm: dict[float, int] | None = None,
    alerts: Sequence[facts.AlertFact] = (),
    decisions: Sequence[facts.DecisionFact] = (),
    previous: facts.PreviousReport | None = None,
    dose: Sequence[float] = (0.5,),
    patient: str = "A-012",
    initials: str = "E.H.",
    number: int = 4,
    total_only: bool = False,
) -> facts.CourseFacts:
    answered = [
        facts.OccurrenceFact("weekly", ("phq9",), day(d - 0.1), day(d + 5), "answered")
        for d, _ in scores
    ]
    harm = self_harm or {}
    forms = [form(d, total, harm.get(d, 0), total_only=total_only) for d, total in scores]
    return facts.CourseFacts(
        patient=patient,
        initials=initials,
        clinic="",
        indication="Depression, treatment-resistant",
        protocol_title="IV, 6 in 3 weeks",
        protocol_version=1,
        phase=phase,
        induction_sessions=6,
        primary="phq9",
        forms=(*forms, *checks),
        sessions=sessions(given, planned, dose),
        occurrences=(*answered, *unanswered),
        alerts=tuple(alerts),
        decisions=tuple(decisions),
        as_of=day(as_of),
        known_at=day(as_of),
        zone=ZONE,
        report_number=number,
        previous=previous,
    )


INDUCTION = (20, 24, 27, 31, 34, 38)


def beside(*told: HistoryStatement) -> tuple[facts.HistoryFact, ...]:
    """Entries as recorded, numbered in order."""
    return tuple(facts.HistoryFact(str(n), f"k{n}", one) for n, one in enumerate(told, 1))


def on_scale(
    number: float, instrument: str, answers: Sequence[int], mean: bool = False
) -> facts.FormFact:
    """A form of another questionnaire, its answers in the order of its items."""
    exact = Fraction(sum(answers), len(answers)) if mean else None
    total = sum(answers) if exact is None else int(exact + Fraction(1, 2))
    given = {str(place): answer for place, answer in enumerate(answers, 1)}
    return facts.FormFact(
        f"{instrument}{number:g}", instrument, 1, day(number), total, exact, answers=given
    )


def spread_over(total: int, count: int) -> list[int]:
    """So many answers that add up to `total`, as even as can be."""
    return [total // count + (place < total % count) for place in range(count)]
