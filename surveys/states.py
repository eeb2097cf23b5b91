"""The allowed moves of each state machine. A table's first state is where every row begins."""

from collections.abc import Mapping
from types import MappingProxyType

Table = Mapping[str, tuple[str, ...]]

# An unsent occurrence follows its session: it is planned again when the session moves, and revived
# when a session that was cancelled turns out to have happened. Reviving is for what was never sent,
# so that nobody is asked twice: the verb that does it looks for messages first. What could not be
# delivered falls due again once the address is corrected. A late answer is stored and counts as an
# answer.
OCCURRENCE: Table = MappingProxyType({
    "planned": (
        "due", "answered", "expired", "skipped", "superseded", "cancelled", "unreachable"
    ),
    "due": (
        "sent", "planned", "answered", "expired", "skipped", "superseded", "cancelled",
        "unreachable",
    ),
    "sent": ("answered", "expired", "skipped", "superseded", "cancelled", "unreachable"),
    "answered": (),
    "expired": ("answered",),
    "skipped": ("answered",),
    "superseded": ("planned",),
    "cancelled": ("planned",),
    "unreachable": ("due", "answered"),
})  # fmt: skip

# `in_doubt` is never sent again: only what the provider says, or a person's decision, ends it.
# That the provider has a mail outweighs what we believed of it: hence the ways to `accepted`.
MESSAGE: Table = MappingProxyType({
    "queued": ("sending", "cancelled", "accepted"),
    "sending": ("accepted", "bounced", "in_doubt", "retry", "failed"),
    "retry": ("sending", "cancelled", "failed", "accepted"),
    "in_doubt": ("accepted", "not_accepted"),
    "accepted": ("delivered", "bounced", "dropped"),
    "delivered": ("bounced", "dropped"),
    "dropped": ("bounced",),
    "bounced": (),
    "not_accepted": ("accepted",),
    "failed": ("accepted",),
    "cancelled": ("accepted",),
})  # fmt: skip

# With nobody on call an alert escalates at once. No move leads back and none withdraws an alert.
ALERT: Table = MappingProxyType({
    "open": ("notified", "escalated", "acknowledged"),
    "notified": ("escalated", "acknowledged"),
    "escalated": ("acknowledged",),
    "acknowledged": ("closed",),
    "closed": (),
})  # fmt: skip


class IllegalMove(ValueError):
    """A move the table does not allow."""


def check_move(table: Table, old: str, new: str) -> None:
    """Raises IllegalMove unless `table` leads from `old` straight to `new`."""
    for state in (old, new):
        if state not in table:
            raise IllegalMove(f'"{state}" is not a state; the states are {", ".join(table)}')
    if new not in table[old]:
        onward = ", ".join(table[old]) or "nowhere: it is final"
        raise IllegalMove(f'no move from "{old}" to "{new}"; from "{old}" it goes to {onward}')


def diagram(table: Table) -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(table))}"]
    for old, onward in table.items():
        lines += [f"    {old} --> {new}" for new in onward or ("[*]",)]
    return "\n".join(lines) + "\n"
