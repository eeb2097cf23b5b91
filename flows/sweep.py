"""One pass over what is due: do one thing for each id, count what came of it."""

import argparse
import logging
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Protocol

from surveys import wallclock
from surveys.actions.clock import is_right

logger = logging.getLogger(__name__)

FAILED = "failed"


class Verb(Protocol):
    def __call__(self, one: int, /, *, by: str, now: datetime) -> str: ...


def act_on_each(ids: Iterable[int], verb: Verb, *, by: str, now: datetime | None) -> Counter[str]:
    """Call `verb` once per id and count its answers. One that fails does not hold up the rest.

    Without `now` the clock is read again for each: a long pass must not claim with an old lease.
    Every verb claims before it acts, so two passes at once, or one more after a kill, do no harm.
    """
    return Counter(outcome(one, verb, by, now or wallclock.now()) for one in ids)


def clock_is_right(now: datetime | None, *, by: str) -> bool:
    """False while the machine's clock must not be trusted. An instant somebody named is."""
    return now is not None or wallclock.is_told() or is_right(wallclock.reading(), by=by)


HELD = "held: the clock jumped"


def watching_the_clock(verb: Verb, given: datetime | None) -> Verb:
    """The same verb, which holds each mail once the clock has jumped in the middle of a pass."""

    def careful(one: int, /, *, by: str, now: datetime) -> str:
        return verb(one, by=by, now=now) if clock_is_right(given, by=by) else HELD

    return careful


def outcome(one: int, verb: Verb, by: str, now: datetime) -> str:
    try:
        return verb(one, by=by, now=now)
    except Exception as surprise:
        # the exception's message may quote a patient; its type and our id cannot
        logger.error("%s stumbled over id %s: %s", by, one, type(surprise).__name__)
        return FAILED


def say(flow: str, counts: Counter[str]) -> int:
    """Print what a pass did. The exit code: 0, or 3 when something failed."""
    print(sentence(flow, counts))
    return 3 if counts[FAILED] else 0


def sentence(flow: str, counts: Counter[str]) -> str:
    if not counts:
        return f"{flow}: nothing to do"
    return f"{flow}: " + ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))


def instant(text: str) -> datetime:
    """An ISO 8601 instant with an offset, for `--now`."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no instant: 2026-03-02T14:00Z is") from None
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset: {text}Z would be UTC")
    return value.astimezone(UTC)


def day(text: str) -> date:
    """An ISO 8601 day, for `--until` and `--as-of`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: 2026-03-02 is") from None


def add_now(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--now",
        type=instant,
        metavar="INSTANT",
        help="as if it were this instant, such as 2026-03-02T14:00Z",
    )
