"""Strict reading of the TOML files that hold clinical data.

A mistyped threshold must stop the start, not fall back to a default. Every key is therefore asked
for by name and type, and a key nobody asked for is a mistake. All mistakes of a file are collected
and reported together.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


class DeclarationError(ValueError):
    """The mistakes of one file, each with its place in the file and what to write instead."""

    def __init__(self, path: Path, problems: Iterable[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{path}: {problem}" for problem in self.problems))


class Declaration:
    """One TOML table. A wrong value is noted and replaced by an empty one so reading can go on."""

    def __init__(self, table: Mapping[str, Any], where: str, problems: list[str]) -> None:
        self._table = dict(table)
        self._where = where
        self.problems = problems

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def note(self, problem: str) -> None:
        self.problems.append(f"{self._where}{problem}")

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._take(key, str, "a text in quotes", default) or "")

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        names = tuple(allowed)
        value = self.text(key, default)
        if value and value not in names:
            self.note(f'`{key}` is "{value}"; write one of: {", ".join(names)}')
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        return int(self._take(key, int, "a whole number", default) or 0)

    def number(self, key: str) -> float:
        value: float = self._take(key, (int, float), "a number", None) or 0
        return value

    def flag(self, key: str, default: bool) -> bool:
        return bool(self._take(key, bool, "true or false", default))

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        return self._list(key, str, 'a list such as ["a", "b"]', default)

    def whole_numbers(self, key: str, default: list[int] | None = None) -> tuple[int, ...]:
        return self._list(key, int, "a list such as [1, 2]", default)

    def rows(self, key: str) -> tuple[tuple[int, ...], ...]:
        rows = self._list(key, list, "a list of lists such as [[3, 3]]", [])
        return tuple(tuple(row) for row in rows)

    def text_rows(self, key: str) -> tuple[tuple[str, ...], ...]:
        rows = self._list(key, list, 'a list of lists such as [["a", "b"]]', [])
        return tuple(tuple(str(cell) for cell in row) for row in rows)

    def pair(self, key: str) -> tuple[int, int]:
        values = self.whole_numbers(key)
        if len(values) != 2 or values[0] >= values[1]:
            self.note(f"`{key}` needs two whole numbers, the lower one first, as [0, 27]")
            return (0, 1)
        return (values[0], values[1])

    def table(self, key: str, default: Mapping[str, Any] | None = None) -> "Declaration":
        value = self._take(key, dict, f"a section [{key}]", default) or {}
        return Declaration(value, f"{self._where}[{key}] ", self.problems)

    def tables(self, key: str) -> list["Declaration"]:
        values = self._list(key, dict, f"sections [[{key}]]", [])
        return [
            Declaration(value, f"{self._where}[[{key}]] number {place}: ", self.problems)
            for place, value in enumerate(values, start=1)
        ]

    def named_tables(self) -> dict[str, "Declaration"]:
        """Take every key of this table as the name of a table inside it."""
        return {name: self.table(name) for name in list(self._table)}

    def whole_by_name(self) -> dict[str, int]:
        """Take every key of this table as a name with a whole number."""
        return {name: self.whole(name) for name in list(self._table)}

    def text_by_name(self) -> dict[str, str]:
        """Take every key of this table as a name with a text."""
        return {name: self.text(name) for name in list(self._table)}

    def holds_table(self, key: str) -> bool:
        return isinstance(self._table.get(key), dict)

    def finish(self) -> None:
        """Note what nobody asked for."""
        for key in self._table:
            self.note(f"`{key}` is not a known key here; remove it or check its spelling")

    def _take(self, key: str, kinds: type | tuple[type, ...], wanted: str, default: Any) -> Any:
        if key not in self._table:
            if default is None:
                self.note(f"`{key}` is missing; write {wanted}")
            return default
        value = self._table.pop(key)
        if not _is_a(value, kinds):
            self.note(f"`{key}` is {value!r}; write {wanted}")
            return default
        return value

    def _list(self, key: str, kind: type, wanted: str, default: Any) -> tuple[Any, ...]:
        values = self._take(key, list, wanted, default) or []
        if not all(_is_a(value, kind) for value in values):
            self.note(f"`{key}` is {values!r}; write {wanted}")
            return ()
        return tuple(values)


def _is_a(value: object, kinds: type | tuple[type, ...]) -> bool:
    # TOML's true would otherwise pass for the number 1
    return isinstance(value, kinds) and (kinds is bool or not isinstance(value, bool))


def read_declaration(path: Path) -> Declaration:
    """Raises DeclarationError where the file cannot be read or is not UTF-8 TOML."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeclarationError(path, [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise DeclarationError(path, ["is not UTF-8 text; save it as UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(path, [f"is not valid TOML: {error}"]) from error
    return Declaration(table, "", [])
