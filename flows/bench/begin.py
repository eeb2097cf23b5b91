"""Trends, pages and PDFs of a made-up caseload, timed; and one notebook a patient, if installed.

Every figure is of this machine in this run, without making the patients up. Wall time is what a
clinic waits; processor time stands beside it, for on a busy machine wall time tells of the others.
Notebooks need the packages of the extra `bench` (pip install 'afterglow[bench]').
"""

import argparse
import os
import resource
from collections.abc import Callable, Iterator

from flows.bench import notebook, pages
from flows.bench.pages import Timed

DONE = 0
# The goals of the project, for 10,000 patients with about sixty forms each.
GOALS = {"trends": "10 s or less", "pages": "90 s or less"}
PDF_GOAL = "60 a second or more"
# The small caseload is run so often, half before the large one and half after it, that a machine
# which grows busier or calmer meanwhile does not pass for a caseload that costs more or less.
REPEATED = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", choices=["reports", []], metavar="NAME",
                        help="what to measure: reports")  # fmt: skip
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--pdfs", type=int, default=200, help="how many of them as PDF")
    parser.add_argument("--notebooks", type=int, default=3, help="how many of them as a notebook")
    parser.add_argument("--workers", type=int, default=2, help="processes side by side")
    parser.add_argument(
        "--flat", type=int, nargs=2, default=(1_000, 50_000), metavar=("FEW", "MANY"),
        help="caseloads whose cost per patient is compared",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    for line in measured(arguments):
        print(line, flush=True)
    return DONE


def measured(arguments: argparse.Namespace) -> Iterator[str]:
    patients, workers = arguments.patients, arguments.workers
    goals = GOALS if patients == 10_000 else {}
    yield f"{os.cpu_count()} processors, on average {os.getloadavg()[0]:.1f} programs busy before"
    trends = pages.timed(pages.trends, patients, 1)
    yield _line("Trends, one process", trends, goals.get("trends", ""))
    drawn = pages.timed(pages.documents, patients, workers)
    yield _line(f"Evidence and page, {_processes(workers)}", drawn, goals.get("pages", ""))
    paper = pages.timed(pages.papers, min(arguments.pdfs, patients), workers)
    rate = f"{paper.patients / paper.seconds:.1f} a second"
    yield f"{_line(f'PDFs, {_processes(workers)}', paper, PDF_GOAL)}: {rate}"
    together = f"at most {_megabytes(workers):.0f} MB, all processes (goal: under 1,000 MB)"
    yield f"{'Memory':34} {together}"
    yield from _flat("trends", pages.trends, *arguments.flat)
    yield from _flat("trends and evidence", pages.evidence, *arguments.flat)
    yield f"{'Memory, one process':34} {_own():.0f} MB after the largest caseload"
    if arguments.notebooks:
        yield from _notebooks(arguments.notebooks, drawn, paper)


def _processes(count: int) -> str:
    return "one process" if count == 1 else f"{count} processes"


def _line(what: str, timed: Timed, goal: str) -> str:
    processor = timed.processor / timed.patients * 1000
    text = (
        f"{what:34} {timed.patients:,} patients in {timed.seconds:.1f} s, "
        f"{timed.per_patient * 1000:.2f} ms each; processor {timed.processor:.1f} s, "
        f"{processor:.2f} ms each"
    )
    return f"{text} (goal: {goal})" if goal else text


def _flat(what: str, work: Callable[..., None], few: int, many: int) -> Iterator[str]:
    """Processor time a patient in both. A page costs more beyond, and cannot depend on others: it
    is made from one course alone."""
    small = [_each(work, few) for _ in range(REPEATED // 2)]
    large = _each(work, many)
    small += [_each(work, few) for _ in range(REPEATED // 2)]
    one = sum(small) / len(small)
    yield (
        f"{f'Cost a patient, {few:,} to {many:,}':34} {what}: {large / one:.2f} times, "
        f"{one:.2f} to {large:.2f} ms of processor; {few:,} alone {min(small):.2f} to "
        f"{max(small):.2f} in {len(small)} runs (goal: 0.85 to 1.15)"
    )


def _each(work: Callable[..., None], patients: int) -> float:
    return pages.timed(work, patients, 1).processor / patients * 1000


def _notebooks(count: int, drawn: Timed, paper: Timed) -> Iterator[str]:
    if not notebook.installed():
        yield "Notebooks: nothing to compare with until pip install 'afterglow[bench]'."
        return
    made = notebook.timed(count)
    page, pdf = (made.processor / made.patients / one.processor * one.patients
                 for one in (drawn, paper))  # fmt: skip
    yield _line("One notebook a patient", made, "")
    yield (
        f"{'A notebook against ours':34} {page:,.0f} times a page, {pdf:,.0f} times a PDF, by "
        "processor time (goal: 200 times)"
    )


def _megabytes(workers: int) -> float:
    """Never too little: this process at its most, every worker taken for the largest of them."""
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return _own() + workers * child / 1024


def _own() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
