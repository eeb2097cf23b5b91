"""Is this installation fit: every precondition, met or not, and how to mend it."""

import argparse
import shutil
import smtplib
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

import flows.start  # noqa: F401
from flows.bounce_mailbox import bounce_mailbox
from surveys import wallclock
from surveys.actions.watch import alarms, last_heard
from surveys.edition import edition
from surveys.in_use import (
    indications_in_use,
    instruments_to_ask,
    instruments_to_read,
    protocols_in_use,
)
from surveys.mail.imap import Place, Unreadable, opened
from surveys.models import Course, Response, Staff
from surveys.words_gone import words_gone

FIT, NOT_FIT = 0, 3
SMALLEST_FREE_SHARE = 0.15  # of the disk; below it a backup may no longer fit beside the records
MAIL_SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """One precondition. `fix` is empty when it is met; `stops` says `afterglow up` must refuse."""

    what: str
    fix: str = ""
    stops: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="only what is wrong")


def run(arguments: argparse.Namespace) -> int:
    found = list(findings())
    for one in found:
        if one.fix or not arguments.quiet:
            print(line(one))
    wrong = sum(bool(one.fix) for one in found)
    if not arguments.quiet:
        print(f"\n{len(found) - wrong} of {len(found)} preconditions are met.")
    return NOT_FIT if wrong else FIT


def line(one: Finding) -> str:
    return f"  RED    {one.what}\n         {one.fix}" if one.fix else f"  green  {one.what}"


def complaints() -> list[str]:
    """What stands in the way of starting, one line each."""
    return [f"  {one.what} {one.fix}" for one in findings() if one.fix and one.stops]


def findings() -> Iterator[Finding]:
    yield from settings_and_library()
    yield home_folder()
    yield disk()
    readable = questionnaires()
    yield readable
    database = records()
    yield database
    if not database.fix and not readable.fix:
        yield protocols_followed()
        yield versions_answered()
        yield from words_answered()
    if not database.fix:
        yield somebody_is_on_call()
        yield everybody_on_call_can_sign_in()
        yield from mail_and_clock()
    yield clock()
    if settings.MAIL == "smtp":
        yield mail_server()
    if place := bounce_mailbox():
        yield returned_mail(place)


def settings_and_library() -> Iterator[Finding]:
    """Django's checks and ours; each complaint already says what to change."""
    found = run_checks(databases=["default"])
    serious = [one for one in found if one.level >= WARNING and not one.is_silenced()]
    for one in serious:
        yield Finding(str(one.msg), str(one.hint or "See the Django documentation."), stops=True)
    if not serious:
        engine = f"SQLite {sqlite3.sqlite_version}" if is_sqlite() else connection.vendor
        yield Finding(f"settings are complete; the database library ({engine}) is fit")


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def home_folder() -> Finding:
    exposed = stat.S_IMODE(settings.HOME.stat().st_mode) & 0o077
    fix = f"chmod -R go= {settings.HOME}" if exposed else ""
    return Finding(f"records and secrets in {settings.HOME} open to their owner alone", fix)


def disk() -> Finding:
    usage = shutil.disk_usage(settings.HOME)
    share = usage.free / usage.total
    fix = "" if share >= SMALLEST_FREE_SHARE else f"Free some space below {settings.HOME}."
    return Finding(f"{share:.0%} of the disk is free", fix)


def questionnaires() -> Finding:
    try:
        asked, protocols = len(instruments_to_ask()), len(protocols_in_use())
        indications = len(indications_in_use())
    except ValueError as wrong:
        return Finding("a questionnaire or protocol cannot be read", str(wrong), stops=True)
    text = f"{asked} questionnaires, {protocols} protocols, {indications} indications"
    return Finding(f"{text} can be read")


def protocols_followed() -> Finding:
    """Whoever follows a protocol whose file is gone would be asked nothing, and no page opens."""
    followed = Course.objects.values_list("protocol", flat=True).distinct()
    lost = sorted(set(followed) - set(protocols_in_use()))
    if not lost:
        return Finding("every protocol that a patient follows, or followed, is there")
    names = ", ".join(lost)
    fix = f"Put back into protocols/ of your own folder the file of: {names}."
    return Finding(f"patients follow what no file declares: {names}", fix, stops=True)


def versions_answered() -> Finding:
    """A file edited under the version that was answered makes old and new answers look alike."""
    known = instruments_to_read()
    answered = Response.objects.exclude(edition="").order_by("instrument")
    rows = answered.values_list("instrument", "instrument_version", "language", "edition")
    changed = {
        f"{name} {version}"
        for name, version, language, then in rows.distinct()
        if name in known
        and known[name].version == version
        and known[name].in_language(language).language == language
        and edition(known[name].in_language(language)) != then
    }
    if not changed:
        return Finding("no questionnaire was changed under a version that patients answered")
    names = ", ".join(sorted(changed))
    fix = "Put the older file back, or raise `version` in the changed one."
    return Finding(f"changed since patients answered them: {names}", fix)


def words_answered() -> Iterator[Finding]:
    """Without them nobody can hold a form against its score and its alert again."""
    found = words_gone()
    yield from (Finding(one.what, one.fix) for one in found)
    if not found:
        yield Finding("every form's questionnaire is there in the language it was answered in")


def records() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return Finding("the database does not answer", "Look at DATABASE_URL.", stops=True)
    if missing:
        return Finding("the database is not at this version", "Run: afterglow migrate", stops=True)
    return Finding("the database answers and is at this version")


def somebody_is_on_call() -> Finding:
    on_call = clinicians_on_call()
    fix = "" if on_call else "Run: afterglow staff --help, and put a clinician on call."
    return Finding("a clinician is on call for alerts", fix, stops=settings.LIVE)


def everybody_on_call_can_sign_in() -> Finding:
    locked_out = [one.email for one in clinicians_on_call() if not one.has_usable_password()]
    fix = (
        f"Set a password for {', '.join(locked_out)}: afterglow staff --help" if locked_out else ""
    )
    return Finding("whoever is on call can sign in to acknowledge", fix, stops=settings.LIVE)


def clinicians_on_call() -> list[Staff]:
    clinical = Staff.objects.filter(is_active=True, role__in=["clinician", "lead"])
    return list(clinical.filter(on_call=True))


def mail_and_clock() -> Iterator[Finding]:
    """What the ledger says of mail, as the banner in the clinic says it too."""
    found = alarms(now=wallclock.now())
    yield from (Finding(one.what, one.so) for one in found)
    if settings.MAIL == "sendgrid":
        yield webhook()
    if not found:
        yield Finding("mail leaves, and what became of it is known")


def webhook() -> Finding:
    if not settings.SENDGRID_WEBHOOK_KEY:
        fix = "Switch on SendGrid's signed event webhook; set AFTERGLOW_SENDGRID_WEBHOOK_KEY."
        return Finding("nobody hears what becomes of a mail that SendGrid took", fix)
    last = last_heard()
    since = f"last at {last:%Y-%m-%d %H:%M} UTC" if last else "nothing so far"
    return Finding(f"delivery events are heard, {since}")


def clock() -> Finding:
    told = settings.CLOCK_FILE and not settings.LIVE
    fix = "Unset AFTERGLOW_CLOCK_FILE: it is for the demo only." if told else ""
    return Finding("the clock is the machine's own", fix)


def mail_server() -> Finding:
    where = f"{settings.SMTP_HOST}:{settings.SMTP_PORT}"
    try:
        with smtplib.SMTP(settings.SMTP_HOST, settings.SMTP_PORT, timeout=MAIL_SECONDS) as server:
            server.noop()
    except (OSError, UnicodeError):
        fix = "Look at AFTERGLOW_SMTP_HOST and AFTERGLOW_SMTP_PORT, and at the firewall."
        return Finding(f"no mail server answers at {where}", fix)
    return Finding(f"a mail server answers at {where}")


def returned_mail(place: Place) -> Finding:
    """Signs in and opens the inbox; nothing in it is touched."""
    where = f"{place.host}:{place.port}"
    try:
        with opened(place, timeout=MAIL_SECONDS):
            pass
    except Unreadable as fault:
        fix = f"{fault}. Look at AFTERGLOW_BOUNCE_IMAP_HOST, _PORT, _USER and _PASSWORD."
        return Finding(f"the mailbox for returned mail cannot be read at {where}", fix)
    if not settings.BOUNCES_TO:
        fix = "Set AFTERGLOW_BOUNCES_TO to its address: without it no report comes back to it."
        return Finding("nothing comes back to the mailbox for returned mail", fix)
    return Finding(f"the mailbox for returned mail opens at {where}")
