"""The usual way: one notebook with parameters, run and converted once for every patient."""

import json
import resource
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from subprocess import run
from time import perf_counter

from flows.bench.caseload import courses
from flows.bench.pages import Timed

NEEDED = ("papermill", "nbconvert", "ipykernel", "matplotlib", "pandas")
# Much less than a page of ours: a table, two figures and one chart.
CELLS = (
    "days, scores = [0], [0]",
    "import matplotlib.pyplot as plt\nimport pandas as pd",
    "frame = pd.DataFrame({'day': days, 'score': scores})\n"
    "baseline = frame.score[:3].mean()\nlatest = frame.score.iloc[-1]",
    "frame.plot(x='day', y='score', marker='o')\nplt.axhline(baseline)\nplt.show()",
    "print(f'{latest} against {baseline:.1f}')\nframe.tail(10)",
)


def installed() -> bool:
    return all(find_spec(name) for name in NEEDED)


def timed(count: int) -> Timed:
    """From parameters to HTML, papermill then nbconvert, as their commands do it, one by one."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "report.ipynb"
        source.write_text(json.dumps(document()), encoding="utf-8")
        began, busy = perf_counter(), _processor()
        for facts in courses(0, count):
            scores = [form.total for form in facts.forms_of(facts.primary)]
            _make(source, list(range(len(scores))), scores)
        return Timed(count, perf_counter() - began, _processor() - busy)


def _processor() -> float:
    """What finished processes of ours have cost so far, the notebook's kernels among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _make(source: Path, days: list[int], scores: list[int | None]) -> None:
    made = source.with_name("made.ipynb")
    # as YAML, of which JSON is a part: papermill's -p would hand a list over as text
    parameters = json.dumps({"days": days, "scores": scores})
    _run(["papermill", str(source), str(made), "-y", parameters, "--no-progress-bar"])
    _run(["nbconvert", "--to", "html", str(made)])


def _run(words: list[str]) -> None:
    run([sys.executable, "-m", *words], check=True, capture_output=True)


def document() -> dict[str, object]:
    """The notebook as nbformat 4 writes it; the first cell holds the parameters."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code", "id": f"c{number}", "metadata": {"tags": ["parameters"][number:]},
            "execution_count": None, "outputs": [], "source": source,
        }
        for number, source in enumerate(CELLS)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
