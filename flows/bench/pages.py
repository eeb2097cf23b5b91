"""What is timed: trends, trends with evidence, whole pages, whole PDFs, a shard at a time."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time

from flows.bench.caseload import courses
from flows.drawing import drawing_pool
from reports.evidence import shipped_rules, weigh
from reports.facts import CourseFacts
from reports.page import build_pages, read_cases
from reports.render import render_html, render_pdf
from reports.trends import course_trends, measure_of
from surveys.catalogue import scorable_instruments

# Courses taken together: enough to share the work, few enough to keep memory flat.
TOGETHER = 500
INSTRUMENTS = scorable_instruments(None)

Work = Callable[[Sequence[CourseFacts]], None]


@dataclass(frozen=True)
class Timed:
    """Wall time, and the time processors spent on it."""

    patients: int
    seconds: float
    processor: float

    @property
    def per_patient(self) -> float:
        return self.seconds / self.patients


def trends(shard: Sequence[CourseFacts]) -> None:
    measures = {id_: measure_of(INSTRUMENTS[id_]) for id_ in {c.primary for c in shard}}
    course_trends([(facts, measures[facts.primary]) for facts in shard])


def evidence(shard: Sequence[CourseFacts]) -> None:
    for case in read_cases(shard, INSTRUMENTS):
        weigh(case, shipped_rules())


def documents(shard: Sequence[CourseFacts]) -> None:
    for page in build_pages(shard, INSTRUMENTS, shipped_rules()):
        render_html(page, standalone=True)


def papers(shard: Sequence[CourseFacts]) -> None:
    for page in build_pages(shard, INSTRUMENTS, shipped_rules()):
        render_pdf(page)


def timed(work: Work, patients: int, workers: int) -> Timed:
    """Patients split among the workers; the slowest worker's time is the time it took."""
    share = -(-patients // workers)
    parts = [(first, min(first + share, patients)) for first in range(0, patients, share)]
    if workers == 1:
        return Timed(patients, *_clocked(work, parts[0]))
    # fresh processes: what one of them needs is then measured, not what this one has
    with drawing_pool(workers) as pool:
        walls, processors = zip(*pool.map(partial(_clocked, work), parts), strict=True)
    return Timed(patients, max(walls), sum(processors))


def _clocked(work: Work, part: tuple[int, int]) -> tuple[float, float]:
    """Seconds for the work alone: patients are made up beforehand, the first one warms up."""
    work(list(courses(part[0], part[0] + 1)))
    wall = processor = 0.0
    for first in range(*part, TOGETHER):
        shard = list(courses(first, min(first + TOGETHER, part[1])))
        gc.collect()
        gc.freeze()  # the made-up patients are not the work: they are not to be swept in it
        began, busy = perf_counter(), process_time()
        work(shard)
        wall, processor = wall + perf_counter() - began, processor + process_time() - busy
        gc.unfreeze()
    return wall, processor
