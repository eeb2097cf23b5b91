"""How often somebody posted lately, in a file that all web processes share.

A file of its own and no table: what a machine posts may change no record. It holds no fact worth
a slow write or a copy; deleted, it is made anew.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from limits.storage import Storage

# Counting may not hold anybody up: whoever cannot write by then is not counted.
PATIENCE_SECONDS = 0.5
PREPARED = """
PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, count INTEGER, ends REAL) WITHOUT ROWID;
"""


class Counts(Storage):
    """What the library `limits` counts in. Every method may raise sqlite3.Error.

    `clock` gives seconds since 1970. A window that ends further off than it is long was written
    before the clock was set back, and is over.
    """

    STORAGE_SCHEME = None

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.path, self.clock = path, clock

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(self.path, timeout=PATIENCE_SECONDS, isolation_level=None)
            ) as file:
                file.executescript(PREPARED)
                yield file
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            with suppress(OSError):  # torn by a power cut: the next post starts anew if it can
                self.path.unlink(missing_ok=True)
            raise

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self._opened() as file:
            file.execute("BEGIN IMMEDIATE")
            # read before the file was ours, it would call a window begun meanwhile set back
            now = self.clock()
            file.execute(
                "DELETE FROM counts WHERE ends <= ? OR (key = ? AND ends > ?)",
                (now, key, now + expiry),
            )
            (count,) = file.execute(
                "INSERT INTO counts VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET count = count + excluded.count RETURNING count",
                (key, amount, now + expiry),
            ).fetchone()
            file.execute("COMMIT")
        return int(count)

    def get(self, key: str) -> int:
        return int(self._row(key)[0])

    def get_expiry(self, key: str) -> float:
        return float(self._row(key)[1])

    def _row(self, key: str) -> tuple[int, float]:
        now = self.clock()
        with self._opened() as file:
            found = file.execute(
                "SELECT count, ends FROM counts WHERE key = ? AND ends > ?", (key, now)
            ).fetchone()
        return found or (0, now)

    def check(self) -> bool:
        with self._opened() as file:
            return file.execute("PRAGMA quick_check").fetchone() == ("ok",)

    def reset(self) -> int:
        with self._opened() as file:
            return file.execute("DELETE FROM counts").rowcount

    def clear(self, key: str) -> None:
        with self._opened() as file:
            file.execute("DELETE FROM counts WHERE key = ?", (key,))
