"""`afterglow score`: answers in a CSV file to scores, all of them or none."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import flows
from flows.cli import main

REAL_FORMS = Path(flows.__file__).parent / "data" / "phq9_forms.csv"
HEADER = "form_id,1,2,3,4,5,6,7,8,9\n"
GOOD = HEADER + "a,2,2,2,2,2,2,2,2,2\n"


def answers(folder: Path, text: str | bytes) -> str:
    path = folder / "answers.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def scored(capsys, *words: str) -> list[dict[str, str]]:
    assert main(["score", *words]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def refused(capsys, *words: str, code: int = 1) -> str:
    assert main(["score", *words]) == code
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


@pytest.mark.parametrize(
    ("cells", "total", "exact", "prorated", "missing", "band", "declined"),
    [
        ("2,2,2,2,2,2,2,2,2", "18", "18", "false", "", "moderately severe", ""),
        ("3,1,0,0,0,0,0,0,", "5", "4.5", "true", "9", "mild", ""),
        ("3,3,2,2,0,0,0,declined,", "13", "12.857143", "true", "8 9", "moderate", "8"),
        ("1,,,,1,1,1,1,1", "", "", "false", "2 3 4", "", ""),
        (",,,,,,,,declined", "", "", "false", "1 2 3 4 5 6 7 8 9", "", "9"),
    ],
)
def test_one_form(tmp_path, capsys, cells, total, exact, prorated, missing, band, declined):
    [row] = scored(capsys, "phq9", answers(tmp_path, f"{HEADER}x1,{cells}\n"))
    assert row["form_id"] == "x1"
    assert (row["total"], row["total_exact"], row["prorated"]) == (total, exact, prorated)
    assert (row["missing"], row["band"], row["declined"]) == (missing, band, declined)


def test_the_columns_are_the_common_ones_then_the_instruments_own(tmp_path, capsys):
    [row] = scored(capsys, "phq9", answers(tmp_path, GOOD))
    assert list(row) == [
        *("form_id", "total", "total_exact", "prorated", "missing", "band"),
        *("phq2", "phq8", "cutoff_reached", "phq2_positive", "item9_positive"),
        *("dsm_major", "dsm_other", "declined"),
    ]
    assert (row["phq2"], row["phq8"], row["dsm_major"]) == ("4", "16", "true")


def test_the_function_item_may_be_there_and_changes_nothing(tmp_path, capsys):
    text = HEADER.replace("9\n", "9,10\n") + "a,2,2,2,2,2,2,2,2,2,3\n"
    [row] = scored(capsys, "phq9", answers(tmp_path, text))
    assert (row["total"], row["missing"]) == ("18", "")


def test_every_real_form_is_scored_into_a_file(tmp_path, capsys):
    out = tmp_path / "scores.csv"
    assert main(["score", "phq9", str(REAL_FORMS), "-o", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2177
    assert sum(int(row["total"]) for row in rows) == 28924
    assert "2,177 forms scored" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_answers_may_come_by_standard_input():
    command = [sys.executable, "-m", "flows.cli", "score", "phq9", "-"]
    found = subprocess.run(command, input=GOOD, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[1].startswith("a,18,18,false,,moderately severe")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n"),
        GOOD.rstrip("\n"),
        GOOD.replace("a,2", '"a", 2 '),
        "9,8,7,6,5,4,3,2,1,form_id\n2,2,2,2,2,2,2,2,2,a\n",
    ],
    ids=["byte order mark", "CRLF", "blank lines", "no last newline", "quotes", "other order"],
)
def test_what_spreadsheets_do_to_a_file_does_not_matter(tmp_path, capsys, text):
    [row] = scored(capsys, "phq9", answers(tmp_path, text))
    assert (row["form_id"], row["total"]) == ("a", "18")


def test_a_header_alone_is_a_file_without_forms(tmp_path, capsys):
    assert scored(capsys, "phq9", answers(tmp_path, HEADER)) == []


@pytest.mark.parametrize(
    ("text", "where", "fix"),
    [
        (HEADER + "a,4,2,2,2,2,2,2,2,2\n", 'line 2, column 1: "4"', "from 0 to 3"),
        (HEADER + "a,2,2,2,2,2,2,2,2,-1\n", 'line 2, column 9: "-1"', "from 0 to 3"),
        (HEADER + "a,2.0,2,2,2,2,2,2,2,2\n", 'line 2, column 1: "2.0"', "whole number"),
        (HEADER + "a,yes,2,2,2,2,2,2,2,2\n", 'line 2, column 1: "yes"', "leave the cell blank"),
        (HEADER + "a,٢,2,2,2,2,2,2,2,2\n", 'line 2, column 1: "٢"', "whole number"),
        (HEADER + ",2,2,2,2,2,2,2,2,2\n", "line 2, column form_id: is blank", "an id"),
        (HEADER + "a,2,2\n", "line 2: has 3 cells where the header has 10", "comma"),
        (HEADER + 'a,2,"2,2,2,2\n', "line 2: cannot be read", "double quotes"),
        ("form_id,1,2,3,4,5,6,7,8\n", 'column "9": is missing', "Add it"),
        (HEADER.replace("9\n", "9,11\n"), 'column "11": phq9 has no such column', "Use form_id"),
        (HEADER.replace("9\n", "9,9\n"), 'column "9": stands here twice', "Delete one"),
        (HEADER.replace(",", ";"), "not separated by commas", "CSV UTF-8"),
        ("", "is empty", "form_id,1,2,3"),
        (GOOD.encode("utf-16"), "saved as UTF-16", "CSV UTF-8"),
        ((HEADER + "Zoë,2\n").encode("latin-1"), "line 2: the sign stored as byte EB", "UTF-8"),
        (GOOD.encode() + b"\0\0", "line 3: holds a NUL byte", "CSV UTF-8"),
        (b"PK\x03\x04rest", "is a spreadsheet or zip file", "CSV UTF-8"),
        (HEADER.encode() + b"a" * 1_000_001, "line 2: has no end", "CSV UTF-8"),
    ],
)
def test_each_mistake_is_named_with_its_place_and_its_fix(tmp_path, capsys, text, where, fix):
    out = tmp_path / "scores.csv"
    path = answers(tmp_path, text)
    complaint = refused(capsys, "phq9", path, "-o", str(out))
    assert path in complaint
    assert where in complaint
    assert fix in complaint
    assert complaint.endswith("Nothing was written.\n")
    assert [file.name for file in tmp_path.iterdir()] == ["answers.csv"]


def test_all_mistakes_are_listed(tmp_path, capsys):
    text = HEADER + "a,4,5,6,2,2,2,2,2,2\nb,2,2,2,2,2,2,2,2,2\n,9,2,2,2,2,2,2,2,2\n"
    complaint = refused(capsys, "phq9", answers(tmp_path, text))
    assert "5 problems were found. Nothing was written." in complaint


def test_an_old_result_stays_where_the_new_one_fails(tmp_path, capsys):
    out = tmp_path / "scores.csv"
    out.write_text("kept", encoding="utf-8")
    refused(capsys, "phq9", answers(tmp_path, HEADER + "a,4\n"), "-o", str(out))
    assert out.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("phq10", "answers.csv"), "Name one of: asrm, audit_c, c_ssrs_screener, cgi_i"),
        (("after_session", "answers.csv"), "read answer by answer"),
        (("phq9", "nowhere.csv"), "nowhere.csv: No such file"),
        (("phq9", "answers.csv", "-o", "nowhere/scores.csv"), "there is no such folder"),
    ],
)
def test_wrong_usage_says_what_would_be_right(tmp_path, capsys, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    answers(tmp_path, GOOD)
    assert says in refused(capsys, *words, code=2)


@pytest.mark.parametrize(
    ("instrument", "header", "cells", "expected"),
    [
        ("peg", "1,2,3", "5,5,6", ("5", "5.333333", "")),
        ("pcl5", ",".join(map(str, range(1, 21))), ",".join("2" * 20), ("40", "40", "")),
        ("audit_c", "1,2,3", "0,,", ("0", "0", "")),
        ("wsas", "1,2,3,4,5", "-1,4,4,4,4", ("20", "20", "significant impairment")),
        ("c_ssrs_screener", "1,2,3,4,5,6,6_recent", "1,0,,,,0,", ("", "", "low")),
    ],
)
def test_every_method_of_scoring(tmp_path, capsys, instrument, header, cells, expected):
    [row] = scored(capsys, instrument, answers(tmp_path, f"form_id,{header}\na,{cells}\n"))
    assert (row["total"], row["total_exact"], row["band"]) == expected


def test_answers_with_a_gap_between_them_are_listed(tmp_path, capsys):
    text = f"form_id,{','.join(map(str, range(1, 16)))}\na,{','.join('2' * 3)},3{',2' * 11}\n"
    complaint = refused(capsys, "phq15", answers(tmp_path, text))
    assert 'column 4: "3"' in complaint
    assert "Write one of 0, 1, 2, 9, or leave" in complaint


def test_a_terminal_sees_a_bar(tmp_path):
    command = f"{sys.executable} -m flows.cli score phq9 {REAL_FORMS} -o {tmp_path / 'scores.csv'}"
    found = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    assert "Scoring" in found.stdout
    assert "━" in found.stdout


def test_a_clinics_own_instrument(tmp_path, capsys):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "scale.toml").write_text(
        'id = "scale"\ntitle = "S"\nrange = [0, 60]\ndirection = "higher_is_worse"\n'
        '[[bands]]\nlo = 0\nhi = 60\nlabel = "any"\n',
        encoding="utf-8",
    )
    path = answers(tmp_path, "form_id,total\na,60\nb,\n")
    rows = scored(capsys, "scale", path, "--instruments", str(folder))
    assert [(row["total"], row["band"], row["missing"]) for row in rows] == [
        ("60", "any", ""),
        ("", "", "total"),
    ]
    path = answers(tmp_path, "form_id,total\na,61\n")
    assert "from 0 to 60" in refused(capsys, "scale", path, "--instruments", str(folder))


def test_the_folder_of_the_clinic_needs_no_second_naming(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("AFTERGLOW_INSTRUMENTS", str(tmp_path))
    (tmp_path / "scale.toml").write_text(
        'id = "scale"\ntitle = "S"\nrange = [0, 60]\ndirection = "higher_is_worse"\n',
        encoding="utf-8",
    )
    path = answers(tmp_path, "form_id,total\na,60\n")
    assert [row["total"] for row in scored(capsys, "scale", path)] == ["60"]
    (tmp_path / "scores.csv").write_text(
        "patient_id,instrument,answered_at,total\nA,scale,2026-03-02,9\n", encoding="utf-8"
    )
    assert main(["trend", str(tmp_path / "scores.csv")]) == 0
    assert '"instrument": "scale"' in capsys.readouterr().out


def test_a_mistake_in_a_clinics_own_instrument_is_an_error_of_the_input(tmp_path, capsys):
    (tmp_path / "scale.toml").write_text('id = "scale"', encoding="utf-8")
    path = answers(tmp_path, GOOD)
    complaint = refused(capsys, "phq9", path, "--instruments", str(tmp_path))
    assert "scale.toml: `title` is missing" in complaint


def test_scoring_waits_neither_for_the_records_nor_for_the_scheduler(tmp_path):
    program = (
        "import sys; from flows.cli import main; "
        f"main(['score', 'phq9', {answers(tmp_path, GOOD)!r}]); "
        "print(sorted({'django', 'prefect', 'pandas'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == "[]"
