"""kill -9 while the provider tells us what became of our mail; it says so again until it is heard.

Whatever is killed, the records end as if nothing had been; and what was answered with 204 is kept.
"""

import random
from datetime import timedelta
from http.client import HTTPConnection, HTTPException

import pytest

from tests import proof
from tests.crash import oracle
from tests.crash.harness import NOW, House, Place
from tests.mail import provider

pytestmark = pytest.mark.proof

SEEDS = proof.share(1, 20)
# The quick share kills at every so many boundaries, the full one at each.
STRIDE = proof.share(7, 1)
KINDS = ("processed", "delivered", "deferred", "bounce", "spamreport", "unsubscribe", "dropped")
BALANCE = (
    "select id, state from surveys_message order by id",
    "select message_id, kind, at from surveys_mailevent order by 1, 2, 3",
    "select id, state, reason from surveys_occurrence order by id",
    "select id, mail_stop from surveys_patient order by id",
)


def afresh(clinic: House) -> Place:
    where = clinic.afresh("smtp", random.Random(0), faults=False)
    where.mail["SENDGRID_WEBHOOK_KEY"] = provider.PUBLIC_KEY
    return where


def balance(where: Place) -> list[list[tuple]]:
    return [[tuple(row) for row in oracle.rows(where.records, query)] for query in BALANCE]


def events(where: Place, dice: random.Random) -> bytes:
    """Some of what may be said of each invitation, in any order, some of it twice."""
    refs = oracle.rows(where.records, "select ref from surveys_message where kind='invitation'")
    said = [
        provider.event(oracle.dashed(row["ref"]), kind, NOW + timedelta(minutes=dice.randrange(9)))
        for row in refs
        for kind in dice.choices(KINDS, k=3)
    ]
    return provider.body_of(dice.sample([*said, *said[:2]], len(said) + 2))


def post(clinic: House, where: Place, body: bytes, die_at: int = 0) -> tuple[bool, list[str]]:
    """Whether it was answered with 204, and the boundaries crossed; none when killed."""
    told = provider.signed_headers(body, stamp=str(int(NOW.timestamp())))
    clinic.nursery.begin("web", where, NOW, die_at, requests=1)
    line = HTTPConnection("127.0.0.1", clinic.nursery.port(), timeout=60)
    try:
        line.request("POST", provider.DOOR, body, told)
        heard = line.getresponse().status == 204
    except (OSError, HTTPException):
        heard = False
    line.close()
    return heard, clinic.nursery.over()


def test_a_web_server_killed_at_any_boundary_of_the_webhook(clinic: House):
    kills, names, wrong = 0, set(), []
    for seed in range(SEEDS):
        where = afresh(clinic)
        body = events(where, random.Random(seed))
        heard, crossed = post(clinic, where, body)
        whole = balance(where)
        assert heard
        names |= set(crossed)
        for die_at in range(1, len(crossed) + 1, STRIDE):
            where = afresh(clinic)
            heard, left = post(clinic, where, body, die_at)
            if heard and balance(where) != whole:
                wrong.append(f"seed {seed}, boundary {die_at}: heard and not kept")
            post(clinic, where, body)
            if balance(where) != whole:
                wrong.append(f"seed {seed}, boundary {die_at}: not as if never killed")
            kills += left == []
    proof.record(
        "T1",
        "web server killed while hearing of mail",
        target="every boundary x 20 seeds, 0 lost, 0 twice",
        found=f"{kills} kills at {len(names)} kinds of boundary x {SEEDS} seeds:"
        f" {len(wrong)} faults",
    )
    assert not wrong
    assert kills
    assert {"before commit", "after commit", "before insert", "after write"} <= names
