"""The manual of scoring and scheduling: written from the files, and fresh in the README."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli import main
from flows.manual import CLOSES, OPENS, manual
from surveys.catalogue import Entry, catalogue, every_instrument
from surveys.protocol import shipped_protocols

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
WRITTEN = manual(catalogue(None).values(), list(shipped_protocols().values()))


def row_of(name: str) -> list[str]:
    [line] = [line for line in WRITTEN.splitlines() if line.startswith(f"| `{name}` ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_manual_in_the_readme_is_what_the_files_say():
    inside = README[README.index(OPENS) : README.index(CLOSES) + len(CLOSES)]
    assert inside == WRITTEN, "put the output of `afterglow instruments --manual` into the README"


def test_the_command_prints_it(capsys):
    assert main(["instruments", "--manual"]) == 0
    assert capsys.readouterr().out == f"{WRITTEN}\n"


@pytest.mark.parametrize("one", every_instrument().values(), ids=lambda one: one.id)
def test_each_questionnaire_stands_there_with_its_numbers(one):
    cells = row_of(one.id)
    assert cells[0].startswith(f"`{one.id}` {one.version}: {one.short_title}")
    assert cells[0].endswith("off until confirmed") is bool(one.off_until)
    for band in one.bands:
        assert f"{band.lo}–{band.hi} {band.label}" in cells[4]
    for number in (one.important_change, one.reliable_change):
        assert number is None or re.search(rf"\b{number:g}\b", cells[6])
    for choice in one.reliable_choices:
        assert re.search(rf"\b{choice.points}\b", cells[6])
    for alert in one.alerts:
        assert f"{alert.item} ≥ {alert.at_least}" in cells[7]


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("phq9", 1, "14 days"),
        ("phq9", 2, "10, 1 not added"),
        ("phq9", 5, "up to 2 may be open: the mean of the others stands in; more: no total"),
        ("pcl5", 5, "all are needed"),
        ("peg", 3, "mean, 0–10"),
        ("qids_sr16", 5, "each domain needs its questions; of partners one is enough"),
        ("who5", 3, "sum, 0–25, higher is better; Percentage score; screen positive up to 12"),
        ("audit_c", 5, "all are needed; questions passed over are not missing"),
        ("c_ssrs_screener", 3, "level, never a total"),
        ("after_session", 3, "none: read answer by answer"),
        ("asrm", 7, "at or above 6"),
    ],
)
def test_how_a_rule_is_put(name, cell, words):
    assert row_of(name)[cell] == words


@pytest.mark.parametrize("protocol", shipped_protocols().values(), ids=lambda one: one.id)
def test_each_protocol_stands_there_with_what_it_asks(protocol):
    cells = row_of(protocol.id)
    assert cells[2] == ", ".join(rule.id for rule in protocol.rules)
    assert cells[3] == str(protocol.most_questions_per_week)
    asked = [line for line in WRITTEN.splitlines() if f"`{protocol.id}`" in line]
    everywhere = WRITTEN.count("every protocol |")
    assert len(asked) - 1 + everywhere == len(protocol.rules)


def test_a_changed_threshold_changes_the_manual():
    phq9 = replace(every_instrument()["phq9"], missing_allowed=1)
    changed = manual([Entry(phq9, True, "")], list(shipped_protocols().values()))
    assert "| 1 may be open: the mean of the others stands in; more: no total |" in changed
