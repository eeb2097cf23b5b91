"""What becomes of a message from all that was ever heard of it. Pure.

Each answer depends on the set of kinds alone, so copies, order and batches cannot change it.
"""

from collections.abc import Collection, Mapping

# As the provider tells them. Opens and clicks are not among them: they say nothing true of a
# reader, and knowing them is nobody's business.
KINDS = (
    "processed", "deferred", "delivered", "dropped", "blocked", "bounced", "complained",
    "unsubscribed",
)  # fmt: skip

# The first that was heard decides. A complaint or an unsubscribing comes from a reader: it arrived.
STATES = (
    ("bounced", {"bounced", "blocked"}),
    ("dropped", {"dropped"}),
    ("delivered", {"delivered", "complained", "unsubscribed"}),
    ("accepted", {"processed", "deferred"}),
)
STOPS = {
    "dropped": "dropped",
    "blocked": "blocked",
    "bounced": "bounced",
    "complained": "complained",
    "unsubscribed": "stopped",
}
# These speak of the person, not of the address: a new address does not undo them.
OF_THE_PERSON = frozenset({"complained", "stopped"})


def same_address(one: str, other: str) -> bool:
    """Capitals make no other mailbox."""
    return one.casefold() == other.casefold()


def state_after(kinds: Collection[str]) -> str | None:
    """The message state that all this amounts to; None when nothing was heard."""
    return next((state for state, signs in STATES if signs & set(kinds)), None)


def stops_after(kinds: Collection[str]) -> set[str]:
    """Every reason among these to mail the patient no more."""
    return {STOPS[kind] for kind in kinds if kind in STOPS}


def why_unreachable(kinds: Collection[str]) -> str:
    """The one word under which an undelivered form is counted; empty when nothing says so."""
    return next((kind for kind in ("bounced", "blocked", "dropped") if kind in kinds), "")


def steps(table: Mapping[str, tuple[str, ...]], old: str, new: str) -> tuple[str, ...]:
    """The moves from `old` to `new`, by way of `accepted` where needed; none when it is settled."""
    if new in table[old]:
        return (new,)
    if "accepted" in table[old] and new in table["accepted"]:
        return ("accepted", new)
    return ()
