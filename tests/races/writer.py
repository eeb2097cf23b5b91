"""Enrols people and stores their first forms for so many seconds, beside whoever else does; one
at least.

Prints whose form is kept once its transaction has ended: one code a line.
"""

import sys
from itertools import count
from time import monotonic

import flows.start  # noqa: F401  starts Django before any model is imported
from surveys.actions import answer
from surveys.actions.enrol import enrol
from tests.cast import START, ana_row, due, phq9


def main(name: str, seconds: float) -> None:
    ends = monotonic() + seconds
    for n in count():
        if n and monotonic() > ends:  # whoever had to wait for the other writes once all the same
            return
        row = ana_row(code=f"{name}-{n}", email=f"{name}{n}@mail.example")
        survey = due(enrol(row, by="desk", now=START), "baseline", now=START)
        form = {"phq9": phq9(*[n % 4] * 9), "gad7": {str(item): n % 3 for item in range(1, 8)}}
        answer.submit(survey, form, mode="staff_phone", by="desk", now=START)
        print(row.code, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
