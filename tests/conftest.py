from dataclasses import astuple
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from surveys.actions import mail
from tests import proof
from tests.races.records import KIND

# the fixtures of pytest-django that open one; what uses them has them among its own
DATABASE = {"db", "transactional_db", "live_server"}

# Speed is the bench's matter: a busy machine must not make a property false. And one commit gets
# one answer: `make test` tries the same examples each time, `make proof` new ones.
settings.register_profile(
    "afterglow",
    deadline=None,
    derandomize=not proof.PART,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("afterglow")


@pytest.fixture(autouse=True)
def mailbox(settings, tmp_path: Path):
    """A mail folder of its own for every test; the file transport is the default."""
    settings.MAIL_FOLDER = tmp_path / "mail"
    choose = mail._transport
    choose.cache_clear()
    yield settings.MAIL_FOLDER
    choose.cache_clear()


@pytest.fixture(autouse=True)
def counts_file(settings, tmp_path: Path):
    """Nobody meets a limit for what another test posted."""
    settings.COUNTS_FILE = tmp_path / "counts.sqlite3"
    return settings.COUNTS_FILE


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """The real hash costs a third of a second each time, on purpose; the tests sign in a lot."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The browser comes last: its driver keeps an event loop that Prefect's calls stumble over.
    Proofs come first: the long files must not be what one core is left with at the end."""
    proofs = {item.path for item in items if item.get_closest_marker("proof")}
    items.sort(key=lambda item: ("browser" in item.path.parts, item.path not in proofs))
    if KIND == "PostgreSQL":
        elsewhere = [item for item in items if not _asks_the_records(item)]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if _asks_the_records(item)]


def _asks_the_records(item: pytest.Item) -> bool:
    """Whether it might end otherwise where the records are in PostgreSQL: pytest-django lets no
    other test near a database, and these two rooms start processes that open one."""
    marked = item.get_closest_marker("django_db") is not None
    starts_processes = not {"races", "crash"}.isdisjoint(item.path.parts)
    return marked or starts_processes or not DATABASE.isdisjoint(item.fixturenames)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """What a proof found travels with the test's report, out of the process that played it."""
    report = yield
    report.user_properties += [("proof", astuple(line)) for line in proof.LINES]
    proof.LINES.clear()
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    lines = [
        proof.Line(*found)
        for one in reports
        for name, found in one.user_properties
        if name == "proof"
    ]
    if lines:
        terminalreporter.section(proof.TITLE)
        terminalreporter.write_line(proof.table(lines))
