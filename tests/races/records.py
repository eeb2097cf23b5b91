"""Records of their own for processes that race: a SQLite file, or a database of the PostgreSQL
that DATABASE_URL names."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

URL = os.environ.get("DATABASE_URL", "")
KIND = "PostgreSQL" if URL.startswith("postgres") else "SQLite"
MEMORY = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None


@contextmanager
def clinic(name: str) -> Iterator[dict[str, str]]:
    """The environment of a migrated clinic, gone afterwards."""
    with TemporaryDirectory(dir=MEMORY) as home:
        env = {**os.environ, "AFTERGLOW_HOME": home, "AFTERGLOW_MAIL": "file"}
        if KIND == "PostgreSQL":
            env["DATABASE_URL"] = _database(name)
        run("flows.cli", "migrate", env=env)
        yield env


def run(module: str, *arguments: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-9000:]
    return done.stdout


def _database(name: str) -> str:
    server, _, _ = URL.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}"')
        connection.execute(f'create database "{name}"')
    return f"{server}/{name}"
