"""So many patients whose link is out: one line of JSON each, the link's secret and its form."""

import json
import sys

import flows.start  # noqa: F401  starts Django before any model is imported
from surveys.actions import mail
from surveys.actions.enrol import enrol
from surveys.actions.schedule import open_due
from surveys.actions.send import due_invitations, invite
from surveys.mail.letter import Letter
from surveys.mail.transports import Outcome
from surveys.models import Occurrence
from tests.cast import START, ana_row, okafor

letters: list[Letter] = []


def keep(letter: Letter) -> Outcome:
    letters.append(letter)
    return Outcome("accepted")


def main(patients: int) -> None:
    okafor()
    mail._transport = lambda: keep
    for n in range(patients):
        enrol(ana_row(code=f"R-{n}", email=f"r{n}@mail.example"), by="front desk", now=START)
    open_due(now=START)
    for pk in due_invitations(now=START):
        invite(pk, by="system", now=START)
        secret = letters[-1].text.split("/s/")[1].split()[0]
        print(json.dumps([secret, str(Occurrence.objects.get(pk=pk).ref)]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
