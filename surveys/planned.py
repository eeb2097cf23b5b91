"""What a plan is made of: sessions as they stand, forms that fall due, forms already asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from surveys.clock import Window

STATUSES = ("planned", "done", "cancelled", "missed")

# The phase of a course whose induction was neither finished in its time nor is going on.
LEFT = "left during induction"

# The rule of a form that somebody filled in at the clinic although none was due.
UNPLANNED = "unplanned"

# Two intervals between sessions are of one length when they differ by so many days at most: a visit
# moves by a weekend (our judgement).
SAME_LENGTH_WITHIN = timedelta(days=3)

# Rule, anchor and number: the name a form keeps whatever happens to its time.
Key = tuple[str, str, int]


@dataclass(frozen=True)
class SessionFact:
    """One session as it stands now. Only "done" anchors a survey; "planned" may close a window."""

    key: str
    at: datetime
    status: str


@dataclass(frozen=True)
class Planned:
    """One survey falling due in [due_at, closes_at). `anchor` is a session's key, or empty.

    (rule, anchor, ordinal) names it for good: the nth form of that rule for that anchor.
    `carries`: less important forms that would have come so soon that they travel in this one.
    `held_from`: when it would have fallen due, had no earlier form been too close.
    """

    rule: str
    anchor: str
    ordinal: int
    survey: str
    due_at: datetime
    closes_at: datetime
    instruments: tuple[str, ...]
    carries: tuple[Key, ...] = ()
    held_from: datetime | None = None

    @property
    def key(self) -> Key:
        return self.rule, self.anchor, self.ordinal

    @property
    def window(self) -> Window:
        return Window(self.due_at, self.closes_at)


@dataclass(frozen=True)
class Asked:
    """A form that has gone out, under whatever protocol, with the forms it carried.

    `spacing_days`: the most that others keep from it, where it was one form more.
    """

    keys: frozenset[Key]
    due_at: datetime
    instruments: tuple[str, ...]
    spacing_days: int | None = None


@dataclass(frozen=True)
class LeftOut:
    """A form, or the questionnaires `form.instruments` of it, that the rules give and none gets.

    `because`: "spacing" (`of` asks the same too close to it and matters more), "asked" (too soon
    after `of`, which went out, and its window closes before) or "cap" (too many questions in seven
    days).
    """

    form: Planned
    because: str
    of: "Planned | Asked | None" = None


@dataclass(frozen=True)
class Explained:
    """A plan with what was left out of it, both as they fall due."""

    forms: tuple[Planned, ...]
    left_out: tuple[LeftOut, ...]
