"""`afterglow bench reports`: figures of a made-up caseload, each beside its goal or its rival."""

import re

from flows.bench import notebook
from flows.bench.caseload import DAYS, at, courses
from flows.cli import main


def test_the_same_seed_gives_the_same_patients_in_any_caseload():
    assert list(courses(0, 3))[2] == next(courses(2, 3))
    assert next(courses(2, 3)) != next(courses(2, 3, seed=1))


def test_a_made_up_patient_has_two_years_and_about_sixty_forms():
    for facts in courses(0, 20):
        asked = [o for o in facts.occurrences if o.due_at <= facts.as_of]
        assert 55 <= len(asked) <= 65
        assert facts.as_of == at(DAYS)
        assert len(facts.done) > 15


def test_every_figure_is_printed_with_wall_and_processor_time(capsys):
    few = ["--patients", "6", "--pdfs", "2", "--workers", "1", "--flat", "2", "4"]
    assert main(["bench", "reports", *few, "--notebooks", "0"]) == 0
    said = capsys.readouterr().out
    for what in ("Trends", "Evidence and page", "PDFs", "Cost a patient", "Memory"):
        assert re.search(rf"^{what}.*\d", said, re.MULTILINE), what
    assert said.count("ms each; processor") == 3
    assert said.count("ms of processor") == 2


def test_the_notebook_is_a_whole_notebook_with_its_parameters_tagged():
    cells = notebook.document()["cells"]
    assert [cell["metadata"]["tags"] for cell in cells][:2] == [["parameters"], []]
    for cell in cells:
        compile(cell["source"], "notebook", "exec")
