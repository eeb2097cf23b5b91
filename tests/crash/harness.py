"""Starts the victims, kills them, and asks the records afterwards. Imports nothing of ours."""

import json
import os
import random
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash import records
from tests.crash.provider import Provider, open_doors

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # a Monday, 10:00 in Denver
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LINK = re.compile(r"/s/([\w-]{43})\s*$", re.MULTILINE)


class Nursery:
    """Processes on demand: see `tests.crash.victim.nursery`."""

    def __init__(self, home: Path) -> None:
        self.clock = home / "clock"
        self.tell(NOW)
        env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        env |= {"AFTERGLOW_HOME": str(home), "AFTERGLOW_CLOCK_FILE": str(self.clock)}
        self.empty = records.place(home, "afterglow")
        records.begin(self.empty)
        env |= records.url(self.empty)
        migrate = [sys.executable, "-m", "flows.cli", "migrate"]
        subprocess.run(migrate, env=env, check=True, capture_output=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.victim"],
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def tell(self, instant: datetime) -> None:
        self.clock.write_text(instant.isoformat())

    def begin(self, role: str, where: "Place", now: datetime, die_at: int = 0, **facts) -> int:
        """The process id of a child that carries out the order."""
        self.order(role, where, now, die_at, **facts)
        return int(self.says().removeprefix("child "))

    def order(self, role: str, where: "Place", now: datetime, die_at: int = 0, **facts) -> None:
        order = {"role": role, "records": str(where.records), "mail": where.mail, "facts": facts}
        order |= {"now": now.isoformat(), "die_at": die_at}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def says(self) -> str:
        line = self.process.stdout.readline()
        assert line, "the nursery died"
        return line.strip()

    def speaks(self, seconds: float) -> bool:
        """Whether there is something to hear within so many seconds: the child's end, if nothing
        else is awaited."""
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def port(self) -> int:
        """Where the web server that has just begun listens."""
        return int(self.says().removeprefix("port "))

    def over(self) -> list[str]:
        """Waits for the child's end; the boundaries it crossed, empty when it was killed."""
        crossed: list[str] = []
        while (line := self.says()) != "over":
            crossed = json.loads(line) if line.startswith("[") else crossed
        return crossed

    def run(self, role: str, where: "Place", now: datetime, die_at: int = 0, **facts) -> list[str]:
        self.begin(role, where, now, die_at, **facts)
        return self.over()

    def kill(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)
        self.over()

    def settle(self, where: "Place") -> None:
        """What runs every minute anyway, until every lease and every wait has passed."""
        where.provider.faults, where.provider.delay = False, 0.0
        self.run("settle", where, NOW)


class Place:
    """Records of their own, and the provider their mail goes to by one of its doors."""

    def __init__(self, where: Path, provider: Provider, door: str, settings: dict) -> None:
        self.records, self.provider = where, provider
        self.mail = {"MAIL": door, "SENDGRID_KEY": "SG.test", **settings}


class House:
    """A nursery, a provider and records as they were before the first kill."""

    def __init__(self, home: Path, provider: Provider, doors: dict, **people: int) -> None:
        self.home, self.doors, self.provider = home, doors, provider
        self.nursery = Nursery(home)
        self.prepared = records.place(home, "prepared")
        records.copy(self.nursery.empty, self.prepared)
        place = Place(self.prepared, provider, *self._door("smtp"))
        self.nursery.order("set up", place, NOW - HOUR, **people)
        assert self.nursery.says() == "ready"
        self.before = provider.taken.copy()
        links = [LINK.search(text)[1] for text in provider.texts.values()]
        self.links = links[people["alarmed"] :]

    def _door(self, name: str) -> tuple[str, dict]:
        return name, self.doors[name]

    def afresh(self, door: str, dice: random.Random, *, faults: bool) -> Place:
        """A copy of the prepared records; the provider's book is as it was then."""
        fresh = records.place(self.home, "records")
        records.copy(self.prepared, fresh)
        self.provider.dice, self.provider.faults, self.provider.delay = dice, faults, 0.0
        self.provider.taken = self.before.copy()
        return Place(fresh, self.provider, *self._door(door))


# A kill leaves what was written to the kernel, so records in memory show the same faults sooner.
MEMORY = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None


@contextmanager
def house(**people: int) -> Iterator[House]:
    """So many patients with a survey `due`; `invited` to one; `alarmed`, with an open alert."""
    provider = Provider(random.Random(0))
    with TemporaryDirectory(dir=MEMORY) as folder, open_doors(provider) as doors:
        built = House(Path(folder), provider, doors, **people)
        try:
            yield built
        finally:
            built.nursery.process.kill()
            built.nursery.process.wait()
