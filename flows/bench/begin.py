"""Trends, pages and PDFs of a made-up caseload, timed; and one notebook a patient, if installed.

Every figure is wall time on this machine in this run, without making the patients up. Processor
time stands beside it: where it is far below wall time the machine was busy with something else.
Notebooks need the packages of the extra `bench` (pip install 'afterglow[bench]').
"""

import argparse
import resource
from collections.abc import Callable, Iterator

from flows.bench import notebook, pages
from flows.bench.pages import Timed

DONE = 0
# The goals of the project, for 10,000 patients with about sixty forms each.
GOALS = {"trends": "10 s or less", "pages": "90 s or less", "pdf": "60 a second or more"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", choices=["reports", []], metavar="NAME",
                        help="what to measure: reports")  # fmt: skip
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--pdfs", type=int, default=200, help="how many of them as PDF")
    parser.add_argument("--notebooks", type=int, default=3, help="how many of them as a notebook")
    parser.add_argument("--workers", type=int, default=2, help="processes side by side")
    parser.add_argument(
        "--flat", type=int, nargs=2, default=(1_000, 10_000), metavar=("FEW", "MANY"),
        help="caseloads whose cost per patient is compared",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    for line in measured(arguments):
        print(line, flush=True)
    return DONE


def measured(arguments: argparse.Namespace) -> Iterator[str]:
    patients, workers = arguments.patients, arguments.workers
    goals = GOALS if patients == 10_000 else {}
    trends = pages.timed(pages.trends, patients, 1)
    yield _line("Trends, one process", trends, goals.get("trends", ""))
    drawn = pages.timed(pages.documents, patients, workers)
    yield _line(f"Evidence and page, {workers} processes", drawn, goals.get("pages", ""))
    paper = pages.timed(pages.papers, min(arguments.pdfs, patients), workers)
    rate = f"{paper.patients / paper.seconds:.1f} a second"
    yield f"{_line(f'PDFs, {workers} processes', paper, goals.get('pdf', ''))}; {rate}"
    yield from _flat(*arguments.flat)
    yield f"{'Most memory in one process':34} {_megabytes():8.0f} MB (goal: under 1,000 MB)"
    if arguments.notebooks:
        yield from _notebooks(arguments.notebooks, drawn, paper)


def _line(what: str, timed: Timed, goal: str) -> str:
    text = f"{what:34} {timed.seconds:8.1f} s for {timed.patients:,} patients"
    text += f", {timed.per_patient * 1000:.2f} ms each; processor {timed.processor:.1f} s"
    return f"{text} (goal: {goal})" if goal else text


def _flat(few: int, many: int) -> Iterator[str]:
    """Trends and evidence; what a page costs beyond them cannot depend on other patients."""
    work: Callable[..., None] = pages.evidence
    one, other = (pages.timed(work, size, 1).processor / size * 1000 for size in (few, many))
    yield (
        f"{f'Cost a patient, {few:,} to {many:,}':34} {other / one:8.2f} times ({one:.2f} and "
        f"{other:.2f} ms of processor; goal: 0.85 to 1.15)"
    )


def _notebooks(count: int, drawn: Timed, paper: Timed) -> Iterator[str]:
    if not notebook.installed():
        yield "Notebooks: nothing to compare with until pip install 'afterglow[bench]'."
        return
    each = notebook.seconds_each(count)
    yield (
        f"{'One notebook a patient':34} {each:8.1f} s each: "
        f"{each / drawn.per_patient:,.0f} times a page, {each / paper.per_patient:,.0f} times a "
        "PDF (goal: 200 times a page)"
    )


def _megabytes() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, child) / 1024
