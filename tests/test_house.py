"""The house: who may know whom, what is never shipped, and that documents say what is."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from flows.cli import COMMANDS
from flows.states import TABLES
from surveys import settings
from surveys.instrument import shipped_instruments
from surveys.protocol import shipped_protocols
from surveys.states import diagram
from tests import proof

HOUSE = Path(__file__).parent.parent
README = (HOUSE / "README.md").read_text()
ROOMS = ("flows", "reports", "surveys")


def import_linter(house: Path) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)


@pytest.fixture
def copy_of_the_house(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(HOUSE / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOUSE / "pyproject.toml", tmp_path)
    return tmp_path


def test_nobody_imports_backwards(copy_of_the_house):
    found = import_linter(copy_of_the_house)
    assert found.returncode == 0, found.stdout


WRONG = [
    ("surveys.events", "reports.apps"),
    ("reports.apps", "flows.cli"),
    ("surveys.scoring", "django.conf"),
    ("surveys.plan", "surveys.models"),
    ("surveys.events", "prefect"),
    ("flows.states", "pandas"),
    ("reports.apps", "sendgrid"),
    ("reports.facts", "surveys.models"),
]


def test_every_wrong_import_is_caught(copy_of_the_house):
    """All in one house, because to read a house takes longer than to judge it."""
    for module, wrong in WRONG:
        path = copy_of_the_house / f"{module.replace('.', '/')}.py"
        path.write_text(f"{path.read_text()}\nimport {wrong}\n")
    found = import_linter(copy_of_the_house)
    assert found.returncode == 1
    for module, wrong in WRONG:
        # what is not ours is known by its first name alone
        known = wrong if wrong.split(".")[0] in ROOMS else wrong.split(".")[0]
        assert f"{module} -> {known} (l." in found.stdout, found.stdout


def test_every_dependency_says_why_it_is_here():
    text = (HOUSE / "pyproject.toml").read_text()
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")].splitlines()
    needed = [(n, line) for n, line in enumerate(block) if line.startswith('  "')]
    assert len(needed) > 25
    silent = [
        line for n, line in needed if "#" not in line and not block[n - 1].strip().startswith("#")
    ]
    assert silent == []


def test_the_lock_pins_every_dependency_with_its_hash():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
    lock = (HOUSE / "requirements.lock").read_text().lower()
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    for name in (re.match(r"[\w-]+", one)[0] for one in wanted):
        assert re.search(rf"^{re.escape(name)}==.*\\$", lock, re.MULTILINE), name
    assert "--hash=sha256:" in lock
    assert "://" not in lock


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command):
    assert f"afterglow {command}" in README


def test_the_readme_names_every_setting():
    text = Path(settings.__file__).read_text()
    named = set(re.findall(r"AFTERGLOW_[A-Z_]+[A-Z]", text)) | {"DATABASE_URL"}
    assert len(named) > 15
    assert [name for name in sorted(named) if name not in README] == []


def test_the_readme_names_no_command_that_does_not_exist():
    typed = re.findall(r"^(?:\$ )?(?:\S+=\S+ )*(?:\S*/)?afterglow ([a-z]+)", README, re.MULTILINE)
    assert typed
    assert set(typed) <= set(COMMANDS)


@pytest.mark.parametrize("name", TABLES)
def test_the_state_diagrams_in_the_readme_are_the_tables(name):
    assert diagram(TABLES[name]) in README


@pytest.mark.parametrize("name", sorted(shipped_instruments()))
def test_the_readme_lists_every_instrument_with_its_version(name):
    instrument = shipped_instruments()[name]
    assert f"`{name}` version {instrument.version}" in README


@pytest.mark.parametrize("name", sorted(shipped_protocols()))
def test_the_readme_lists_every_protocol_with_its_version(name):
    assert f"`{name}` version {shipped_protocols()[name].version}" in README


def test_every_picture_and_page_the_readme_points_to_is_there():
    pointed = re.findall(r"\]\(([^)#]+)\)", README)
    assert pointed
    assert [path for path in pointed if not (HOUSE / path).exists()] == []


def test_what_the_clinic_goes_by_is_asked_for_where_its_own_folder_is_read():
    """Whoever asks for what ships would not see a clinic's own schedule or permission."""
    reads_files = {
        "catalogue",
        "indication",
        "protocol",
        "instrument",
        "clinics_own",
        "instruments",
    }
    blind = [
        str(path.relative_to(HOUSE))
        for room in ROOMS
        for path in (HOUSE / room).rglob("*.py")
        if path.stem not in reads_files
        and re.search(r"\bshipped_(instruments|protocols|indications)\b", path.read_text())
    ]
    assert blind == []


def test_the_licence_is_apache_2():
    assert "Apache License" in (HOUSE / "LICENSE").read_text()[:200]


def test_each_room_has_its_plate():
    for room in ROOMS:
        first = (HOUSE / room / "__init__.py").read_text().splitlines()[0]
        assert re.search(r"\b(ASKING|SHOWING|WHEN)\b", first), room


def test_the_table_of_proofs_is_in_the_plans_order():
    lines = [proof.Line("T10", "b", "0", "0"), proof.Line("T2", "kills", "0 lost", "0 lost")]
    assert proof.table(lines).splitlines() == [
        "plan  what   target  found",
        "T2    kills  0 lost  0 lost",
        "T10   b      0       0",
    ]
