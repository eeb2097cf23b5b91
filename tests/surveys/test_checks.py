"""What must be right before the clinic opens, each with the setting to change."""

import pytest
from django.db import connection

from surveys import checks


def ids(found) -> list[str]:
    return [message.id for message in found]


def test_the_defaults_are_fit_for_trying_out():
    assert ids(checks.settings_are_complete()) == []


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("MAIL", "pigeon", "surveys.E001"),
        ("MAIL", "sendgrid", "surveys.E002"),
        ("CRISIS_CONTACTS", [], "surveys.E008"),
        ("CRISIS_PAIRS", [("988 Lifeline", "988"), ("",)], "surveys.E008"),
        ("CLINIC_NAME", "Alder Medical Clinic", "surveys.E009"),
        ("MAIL_FROM", "in@ketamine.example", "surveys.E009"),
        ("BASE_URL", "https://mood.example", "surveys.E009"),
        ("MAIL_FROM", "café@office.example", "surveys.E013"),
        ("SMTP_PASSWORD", "pässwört", "surveys.E013"),
        ("BOUNCE_IMAP_PASSWORD", "pässwört", "surveys.E013"),
    ],
)
def test_a_wrong_setting_is_named_with_its_mend(settings, setting, value, expected):
    setattr(settings, setting, value)
    (found,) = checks.settings_are_complete()
    assert found.id == expected
    assert "AFTERGLOW_" in found.hint
    assert "pässwört" not in found.msg + found.hint


def test_the_demos_settings_are_refused_once_live(settings):
    settings.LIVE = True
    assert ids(checks.settings_are_complete()) == [f"surveys.E00{n}" for n in (3, 4, 5, 6, 7)]


def test_a_complete_live_clinic_starts(settings):
    settings.LIVE, settings.MAIL = True, "smtp"
    settings.BASE_URL, settings.MAIL_FROM = "https://alder.example", "in@alder.example"
    settings.CLINIC_NAME, settings.WHO_READS = "Alder", "Dr Okafor, on working days."
    assert ids(checks.settings_are_complete()) == []


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_a_write_ahead_log_needs_a_fixed_sqlite(version, safe):
    assert checks.wal_is_safe(version) is safe


@pytest.mark.django_db
def test_sqlite_runs_with_a_rollback_journal_fully_synced():
    if connection.vendor != "sqlite":
        assert checks.library_is_fit() == []
        return
    with connection.cursor() as cursor:
        full = 2
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == full
        # a test database lives in memory, whose journal is memory; a file's is delete
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] in ("delete", "memory")
    assert checks.library_is_fit() == []


def test_our_rooms_are_ours(monkeypatch):
    assert checks.rooms_are_ours() == []
    monkeypatch.setattr(checks, "_origin", lambda name: checks.Path("/elsewhere/reports.py"))
    assert ids(checks.rooms_are_ours()) == ["surveys.E030"] * 3
