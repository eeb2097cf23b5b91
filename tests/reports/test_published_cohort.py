"""The published cohort, played through enrolment, sessions, answers and queries, comes back."""

from random import Random

import pytest

from reports.cohort import build_cohort, classify, retention, share, shipped_declaration
from reports.cohort.retention import followed_up
from reports.cohort_rows import cohort_courses
from reports.trends import measure_of
from surveys.in_use import instruments_to_read
from surveys.models import Course
from tests import cast, proof
from tests.reports.simulated_cohort import HOLDS, PUBLISHED, person, play

pytestmark = pytest.mark.django_db

PEOPLE = proof.share(40, 537)
LATER = cast.START + 130 * cast.DAY
WINDOW = (14, 31)
# Three standard errors: what chance alone stays within in 997 of 1,000 clinics.
SURE = 99.7


@pytest.fixture(scope="module")
def random() -> Random:
    return Random(20220707)


@pytest.mark.proof
def test_the_published_cohort_comes_back_within_sampling_error(random):
    people = [person(random) for _ in range(PEOPLE)]
    for number, one in enumerate(people):
        play(one, number, random)
    measure = measure_of(instruments_to_read()["phq9"])
    courses = cohort_courses(Course.objects.all(), as_of=LATER)["phq9"]
    found = classify(courses, measure, WINDOW, LATER)

    heard = [one for one in people if one.after is not None]
    known = [one for one in found if one.standing == "classified"]
    assert (len(found), len(known)) == (PEOPLE, len(heard))
    lines = []
    for outcome, published in PUBLISHED.items():
        count = sum(bool(getattr(one, outcome)) for one in known)
        # the pipeline adds and loses nobody; what is left is the luck of the draw
        assert count == sum(getattr(one, outcome) for one in heard), outcome
        read = share(count, len(known), fewest=10, confidence_percent=SURE)
        lines.append(f"{outcome} {read.percent:.1f} %")
        assert read.low <= 100 * published <= read.high, outcome

    followed = [
        followed_up(course, one, measure)
        for course, one in zip(courses, found, strict=True)
        if one.response
    ]
    kept = retention(followed, confidence_percent=SURE)
    for week, holds in HOLDS.items():
        step = kept.at_week(week)
        lines.append(f"held {week} weeks {step.percent:.1f} %")
        assert step.low <= 100 * holds <= step.high, f"{week} weeks"
    proof.record(
        "cohort", f"{PEOPLE} simulated patients", target="53.6, 28.9, 8.4; 80, 60 %",
        found=", ".join(lines),
    )  # fmt: skip
    page = build_cohort(courses, (), measure, WINDOW, shipped_declaration(), LATER)
    assert page.counted[-1] == ("With an outcome", len(heard))
