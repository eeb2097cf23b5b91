"""Reading a CSV file: what cannot be read is named by line and column, with what to do."""

import pytest

from surveys.exchange import table
from surveys.exchange.table import SAVE_AS_UTF8, Problem, read

HEADER = "patient_id,given_name\n"


def only_problem(data: bytes) -> str:
    (problem,) = read("people.csv", data).problems
    return str(problem)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "people.csv: is empty"),
        (b"\xef\xbb\xbf", "people.csv: is empty"),
        (b"\n \n,,\n", "people.csv: is empty"),
        ((HEADER + "1,Zoë\n").encode("latin-1"), "line 2, column given_name: the sign stored as"),
        (
            b"\xef\xbb\xbf" + (HEADER + "1,Ana\n2,Zo").encode() + b"\xeb\n",
            "people.csv, line 3, column given_name: the sign stored as byte EB is not UTF-8",
        ),
        ((HEADER + "1,Zoë\n").encode("utf-16"), "people.csv: is saved as UTF-16, not as UTF-8"),
        ((HEADER + "1,Z\n").encode("utf-16-le"), "people.csv, line 1: holds a NUL byte"),
        (HEADER.encode() + b"1,An\0a\n", "people.csv, line 2: holds a NUL byte"),
        (b"PK\x03\x04rest", "people.csv: is a spreadsheet or zip file, not a CSV file"),
        (b"%PDF-1.7", "people.csv: is a PDF, not a CSV file"),
        (b"patient_id;given_name\n1;Ana\n", "line 1: the columns are separated by semicolons"),
        (b"patient_id\tgiven_name\n", "line 1: the columns are separated by tabs, not commas"),
        (b"patient_id,\n1,Ana\n", "people.csv, line 1: column 2 has no name"),
        (b"a,b,a\n1,2,3\n", 'line 1, column a: columns 1 and 3 are both called "a"'),
        (HEADER.encode() + b"1\n", "people.csv, line 2: has 1 cells where the header has 2"),
        (HEADER.encode() + b"1,Ana,x\n", "people.csv, line 2: has 3 cells where the header has 2"),
        (HEADER.encode() + b'1,"Ana\n2,Ben\n', "line 2: the quotation marks from here on"),
        (HEADER.encode() + b'1,"Ana"x\n', "line 2: the quotation marks from here on"),
        (HEADER.encode() + b'1,"' + b"x" * 200_000, "line 2: the quotation marks from here on"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(data: bytes, said: str):
    assert said in only_problem(data)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_a_wrong_encoding_is_answered_with_how_to_save_the_file(encoding: str):
    assert SAVE_AS_UTF8 in only_problem((HEADER + "1,Zoë\n").encode(encoding))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_utf8_is_read_with_and_without_mark_and_with_every_line_ending(mark: bytes, ending: str):
    sheet = read("people.csv", mark + (HEADER + "1,Zoë\n").replace("\n", ending).encode())
    assert [line.cells for line in sheet.lines()] == [{"patient_id": "1", "given_name": "Zoë"}]
    assert sheet.problems == ()


def test_a_header_alone_is_a_file_with_no_rows():
    sheet = read("people.csv", HEADER.encode())
    assert sheet.readable
    assert list(sheet.lines()) == []


def test_blank_lines_are_passed_over_and_line_numbers_stay_those_of_the_file():
    sheet = read("people.csv", (HEADER + '\n1,"Ana\nMaría"\n,\n2,Ben\n').encode())
    assert [line.number for line in sheet.lines()] == [3, 6]


def test_letters_composed_in_two_ways_are_the_same_letters():
    twice = read("people.csv", (HEADER + "1,Zoe\u0308\n2,Zo\u00eb\n").encode())
    first, second = (line.cells["given_name"] for line in twice.lines())
    assert first == second


@pytest.mark.parametrize("text", ["=1+1", "+1 303", "-Ana", "@home", "=cmd|' /C calc'!A0"])
def test_a_cell_that_looks_like_a_formula_is_text(text: str):
    (line,) = read("people.csv", (HEADER + f"1,{text}\n").encode()).lines()
    assert line.cells["given_name"] == text


def test_one_byte_over_the_limit_is_refused_and_the_limit_itself_is_not(monkeypatch):
    data = HEADER.encode() + b"1,Ana\n"
    monkeypatch.setattr(table, "LIMIT_BYTES", len(data))
    assert read("people.csv", data).problems == ()
    assert "is larger than 0 MB" in only_problem(data + b"\n")


def test_one_row_over_the_limit_is_refused_and_the_limit_itself_is_not(monkeypatch):
    monkeypatch.setattr(table, "LIMIT_ROWS", 2)
    assert read("people.csv", (HEADER + "1,A\n2,B\n").encode()).problems == ()
    assert only_problem((HEADER + "1,A\n2,B\n3,C\n").encode()) == (
        "people.csv, line 4: there are more than 2 rows. Split the file."
    )


def test_a_problem_never_sends_control_signs_to_the_terminal():
    assert table.shown("\x1b[31mred") == '"�[31mred"'
    assert table.shown("x" * 50) == f'"{"x" * 40}…"'


def test_problems_sort_by_file_line_and_column():
    unsorted = [
        Problem("b.csv", 1, "", "", ""),
        Problem("a.csv", 10, "a", "", ""),
        Problem("a.csv", 9, "z", "", ""),
        Problem("a.csv", 10, "", "", ""),
    ]
    places = [(problem.file, problem.line, problem.column) for problem in sorted(unsorted)]
    assert places == [("a.csv", 9, "z"), ("a.csv", 10, ""), ("a.csv", 10, "a"), ("b.csv", 1, "")]
