"""Where a victim's records lie, to be copied before a kill and read after it: a SQLite file, or a
database of the PostgreSQL that DATABASE_URL names."""

import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.races.records import KIND, URL

Row = Mapping[str, Any]
SERVER = URL.rpartition("/")[0]
ON_SERVER = KIND == "PostgreSQL"


def place(home: Path, name: str) -> Path:
    """How victim and oracle are told of it: a path, or a database's name as if it were one."""
    return Path(f"crash_{os.getpid()}_{name}") if ON_SERVER else home / f"{name}.sqlite3"


def url(records: Path) -> dict[str, str]:
    """What the environment must say for a process to open these."""
    return {"DATABASE_URL": f"{SERVER}/{records}"} if ON_SERVER else {}


def begin(records: Path) -> None:
    """Nothing but an empty database where there is a server; a file makes itself."""
    if ON_SERVER:
        _on_server(records, "")


def copy(source: Path, target: Path) -> None:
    if ON_SERVER:
        _on_server(target, f' template "{source}"')
        return
    target.with_name(target.name + "-journal").unlink(missing_ok=True)
    shutil.copy(source, target)


def rows(records: Path, query: str) -> list[Row]:
    """Identifiers in hexadecimal and answers as JSON text, as a SQLite file has them."""
    if ON_SERVER:
        with psycopg.connect(f"{SERVER}/{records}", row_factory=dict_row) as server:
            return [_as_in_a_file(row) for row in server.execute(query).fetchall()]
    with closing(sqlite3.connect(records, timeout=30)) as file:
        file.row_factory = sqlite3.Row
        return file.execute(query).fetchall()


def _as_in_a_file(row: Row) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value.hex if isinstance(value, UUID) else value


def _on_server(name: Path, made_from: str) -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f'drop database if exists "{name}" with (force)')
        server.execute(f'create database "{name}"{made_from}')
