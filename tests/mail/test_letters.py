"""A mail says that something waits. It never says what, for whom, or why."""

from datetime import UTC, datetime

import pytest

from surveys.mail.compose import Office, alert_notice, invitation, weekly_notice
from surveys.mail.lint import TellingMail, telling_words

OFFICE = Office("Alder Street Office", "303 555 0142", "in@alder.example", "https://alder.example")
CLOSES = datetime(2026, 11, 13, 4, 0, tzinfo=UTC)


def letter(office: Office = OFFICE, *, again: bool = False):
    return invitation(
        office, ref="r", to="ana@mail.example", secret="S" * 43, minutes=3, closes_at=CLOSES,
        zone="America/Denver", again=again,
    )  # fmt: skip


def test_the_invitation_says_how_long_until_when_and_whom_to_call():
    mail = letter()
    for part in (mail.text, mail.html):
        assert "about 3 minutes" in part
        assert "Thursday 12 November, 21:00" in part
        assert "303 555 0142" in part
        assert f"https://alder.example/s/{'S' * 43}" in part
    assert mail.subject == "Your check-in is ready"
    assert mail.headers["List-Unsubscribe"] == f"<https://alder.example/s/{'S' * 43}/stop>"


def test_a_reminder_says_that_it_is_one():
    assert letter(again=True).subject == "A reminder: your check-in is open"


def test_an_alert_mail_names_a_number_and_nothing_else():
    mail = alert_notice(OFFICE, ref="r", to="okafor@alder.example", number="A-37", round_=0)
    assert mail.subject == "an item needs your attention (A-37)"
    assert "acknowledge" in mail.text


def test_the_weekly_mail_counts_and_carries_the_head_of_the_log():
    counts = {"reports": 24, "worth_a_look": 5, "open_alerts": 1, "to_reach": 3,
              "audit_seq": 812, "audit_head": "9f" * 32}  # fmt: skip
    mail = weekly_notice(OFFICE, ref="r", to="okafor@alder.example", counts=counts)
    assert "Reports: 24" in mail.text
    assert "9f" * 32 in mail.text


@pytest.mark.parametrize(
    "telling",
    [
        "Rocky Mountain Ketamine",
        "Mood Office",
        "Alder Psychiatry",
        "Infusion Suite",
        "Alder Clinic",
    ],
)
def test_a_telling_office_name_is_refused(telling: str):
    with pytest.raises(TellingMail, match="neutral"):
        letter(Office(telling, "1", "in@alder.example", "https://alder.example"))


def test_a_telling_domain_is_refused_in_sender_and_link():
    for office in (
        Office("Alder", "1", "in@ketamine.example", "https://alder.example"),
        Office("Alder", "1", "in@alder.example", "https://depression.example"),
    ):
        with pytest.raises(TellingMail):
            letter(office)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Your check-in is ready", []),
        ("KETAMINE and Depression", ["ketamin", "depress"]),
        ("moody blue moon", ["mood"]),
        ("https://alder.example/s/" + "phq9-mood_x" + "a" * 32, []),
        ("https://alder.example/phq9", ["phq"]),
    ],
)
def test_telling_words(text: str, found: list[str]):
    assert telling_words(text) == found
