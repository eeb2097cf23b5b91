"""The audit chain shows every edit, deletion, insertion and reordering."""

import pytest

from surveys import events
from surveys.models import ChainHead, Event
from tests.cast import MINUTE, START

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> list[Event]:
    return [
        events.record("viewed", f"patient:{n}", by="staff:1", now=START + n * MINUTE, page=n)
        for n in range(1, 6)
    ]


def test_an_untouched_chain_holds(chain):
    assert events.first_broken() is None
    assert events.head() == (5, chain[-1].signature)


@pytest.mark.parametrize(
    "change",
    [
        {"by": "staff:2"},
        {"verb": "printed"},
        {"subject": "patient:9"},
        {"detail": {"page": 4}},
        {"at": START},
        {"previous": "0" * 64},
        {"signature": "0" * 64},
    ],
)
def test_an_edited_line_is_found(chain, change):
    Event.objects.filter(seq=3).update(**change)
    assert events.first_broken() == 3


def test_a_deleted_line_is_found(chain):
    Event.objects.filter(seq=2).delete()
    assert events.first_broken() == 2


def test_a_shortened_chain_is_found_against_its_head(chain):
    Event.objects.filter(seq=5).delete()
    assert events.first_broken() == 5


def test_a_chain_shortened_together_with_its_head_differs_from_the_head_in_the_mail(chain):
    published = events.head()
    Event.objects.filter(seq=5).delete()
    ChainHead.objects.update(seq=4, signature=chain[3].signature)
    assert events.first_broken() is None
    assert events.head() != published


def test_swapped_lines_are_found(chain):
    Event.objects.filter(seq=2).update(subject="patient:3", at=chain[2].at, detail={"page": 3})
    Event.objects.filter(seq=3).update(subject="patient:2", at=chain[1].at, detail={"page": 2})
    assert events.first_broken() == 2
