"""Start-up checks: each failing one names the setting to change."""

import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import connection

from surveys.in_use import indications_in_use
from surveys.mail.address import why_not_taken
from surveys.mail.compose import telling_templates
from surveys.mail.heard import is_public_key
from surveys.mail.lint import telling_words

OLDEST_SQLITE = (3, 31, 0)  # Django 5.2's floor; upserts and partial indexes need it too
# Addresses, sign-ins and keys: with a letter beyond ASCII no mail leaves or comes back.
TOLD_TO_SERVERS = (
    "MAIL_FROM", "BOUNCES_TO", "OPERATOR_EMAIL", "SMTP_USER", "SMTP_PASSWORD",
    "SENDGRID_KEY", "BOUNCE_IMAP_USER", "BOUNCE_IMAP_PASSWORD",
)  # fmt: skip
TRANSPORTS = {"file", "smtp", "sendgrid"}


def settings_are_complete(**_: Any) -> list[CheckMessage]:
    return [
        Error(text, hint=hint, id=f"surveys.E{number:03}")
        for number, wrong, text, hint in _complaints()
        if wrong
    ]


def _complaints() -> list[tuple[int, bool, str, str]]:
    live, mail = settings.LIVE, settings.MAIL
    # each stands in every mail, alerts too; better refused at the start than when one must leave
    said = (settings.CLINIC_NAME, settings.CLINIC_PHONE, settings.MAIL_FROM, settings.BASE_URL)
    telling = ", ".join(sorted(set(telling_words(*said))))
    return [
        (
            1,
            mail not in TRANSPORTS,
            f"AFTERGLOW_MAIL is {mail!r}.",
            "Set AFTERGLOW_MAIL to file, smtp or sendgrid.",
        ),
        (
            2,
            mail == "sendgrid" and not settings.SENDGRID_KEY,
            "SendGrid is chosen without a key.",
            "Set AFTERGLOW_SENDGRID_KEY, or AFTERGLOW_MAIL=smtp.",
        ),
        (
            3,
            live and mail == "file",
            "Live, but mail only goes to a folder.",
            "Set AFTERGLOW_MAIL to smtp or sendgrid.",
        ),
        (
            4,
            live and not settings.BASE_URL.startswith("https://"),
            "Live without https.",
            "Set AFTERGLOW_BASE_URL to the https address patients will open.",
        ),
        (
            5,
            live and "alderstreet.example" in settings.MAIL_FROM,
            "Mail comes from an example.",
            "Set AFTERGLOW_MAIL_FROM to an address of the clinic's own domain.",
        ),
        (
            6,
            live and settings.CLINIC_NAME == "Alder Street Office",
            "The clinic still has the demo's name.",
            "Set AFTERGLOW_CLINIC_NAME, AFTERGLOW_CLINIC_PHONE and AFTERGLOW_CLINIC_HOURS.",
        ),
        (
            7,
            live and settings.EXAMPLE["who_reads"] == settings.WHO_READS,
            "What patients read about who reads their answers is not the clinic's own text.",
            "Set AFTERGLOW_WHO_READS; it must be true at night and of question 9 too.",
        ),
        (
            8,
            not settings.CRISIS_CONTACTS
            or not _readable(settings.CRISIS_PAIRS, *_crisis_contacts_in_other_languages()),
            "The crisis contacts cannot be read.",
            'Set AFTERGLOW_CRISIS_CONTACTS like "988 Lifeline|988;Danger now|911", label|number.',
        ),
        (
            9,
            bool(telling),
            f"Mail would be refused: the office's name, sender or address says {telling}.",
            "Use neutral words in AFTERGLOW_CLINIC_NAME, AFTERGLOW_CLINIC_PHONE,"
            " AFTERGLOW_MAIL_FROM and AFTERGLOW_BASE_URL.",
        ),
        (
            11,
            bool(bad := telling_templates()),
            f"These mail templates say too much: {', '.join(bad)}.",
            "Use neutral words, and only what FACTS in surveys/mail/compose.py lists.",
        ),
        (
            10,
            not is_public_key(settings.SENDGRID_WEBHOOK_KEY),
            "The key of SendGrid's event webhook cannot be read.",
            "Copy the whole verification key into AFTERGLOW_SENDGRID_WEBHOOK_KEY.",
        ),
        (
            12,
            settings.LANGUAGE not in settings.EXAMPLES,
            f"AFTERGLOW_LANGUAGE is {settings.LANGUAGE!r}.",
            f"Set AFTERGLOW_LANGUAGE to one of: {', '.join(settings.EXAMPLES)}.",
        ),
        (
            13,
            bool(unsayable := _unsayable()),
            f"A mail server cannot be told {unsayable}: there are letters beyond ASCII.",
            f"Set {unsayable} to plain letters, digits and signs.",
        ),
    ]


def _unsayable() -> str:
    told = [name for name in TOLD_TO_SERVERS if why_not_taken(getattr(settings, name))]
    return ", ".join(f"AFTERGLOW_{name}" for name in told)


def _crisis_contacts_in_other_languages() -> list[list[tuple[str, ...]]]:
    return [
        words["crisis_contacts"]
        for words in settings.OWN_WORDS.values()
        if "crisis_contacts" in words
    ]


def _readable(*crisis_contacts: list[tuple[str, ...]]) -> bool:
    return all(
        pairs and all(len(pair) == 2 and all(pair) for pair in pairs) for pairs in crisis_contacts
    )


def instruments_are_permitted(**_: Any) -> list[CheckMessage]:
    """Every file of the clinic's folder can be read and is confirmed; each choice is offered.

    Its indications are read last and rest on its protocols, and those on its questionnaires.
    """
    try:
        indications_in_use()
    except ValueError as refused:
        return [
            Error(
                str(refused),
                id="surveys.E040",
                hint="Correct it in the folder named by AFTERGLOW_INSTRUMENTS, or in"
                " AFTERGLOW_RELIABLE_CHANGE; `afterglow instruments` lists what is on and why.",
            )
        ]
    return []


def library_is_fit(**_: Any) -> list[CheckMessage]:
    """SQLite must be new enough, and a write-ahead log is refused on versions that corrupt it."""
    if connection.vendor != "sqlite":
        return []
    found = sqlite3.sqlite_version_info
    if found < OLDEST_SQLITE:
        return [
            Error(
                f"SQLite {sqlite3.sqlite_version} is too old.",
                id="surveys.E020",
                hint="Use Python built with SQLite 3.31 or later, or set DATABASE_URL.",
            )
        ]
    wal = "wal" in str(connection.settings_dict.get("OPTIONS", {})).lower()
    if wal and not wal_is_safe(found):
        return [
            Error(
                "This SQLite can corrupt a write-ahead log.",
                id="surveys.E021",
                hint="Remove journal_mode=WAL: fixed in 3.51.3, 3.50.7 and 3.44.6 only.",
            )
        ]
    return []


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether the WAL-reset race (3.7.0 to 3.51.2) is fixed in this SQLite."""
    fixed_branches = {(3, 44): 6, (3, 50): 7}
    fixed_from = fixed_branches.get(version[:2])
    return version >= (3, 51, 3) or (fixed_from is not None and version[2] >= fixed_from)


def rooms_are_ours(**_: Any) -> list[CheckMessage]:
    """The rooms have common names: another package called `reports` must not answer for ours."""
    house = Path(__file__).resolve().parent.parent
    strangers = [
        name for name in ("surveys", "reports", "flows") if not _origin(name).is_relative_to(house)
    ]
    return [
        Error(
            f"`{name}` is not Afterglow's own package.",
            id="surveys.E030",
            hint="Install Afterglow into a virtual environment of its own.",
        )
        for name in strangers
    ]


def _origin(name: str) -> Path:
    spec = find_spec(name)
    return Path(spec.origin if spec and spec.origin else "/").resolve()
