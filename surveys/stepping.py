"""Two questions in place of nine for a stable patient, where the clinic's lead allows it. Pure.

The short form does not ask about thoughts of death or self-harm. So it is never asked by default,
never outside a steady course, never as the only form for long, and a positive one brings the full
form at once.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from surveys.declaration import Declaration, DeclarationError, read_declaration
from surveys.planned import Asked, Planned, SessionFact

SHIPPED = Path(__file__).parent / "stepping.toml"


@dataclass(frozen=True)
class Stepping:
    """`full_form_every`: of so many forms in a row one at least is full. Days as numbers of 24
    hours; `same_interval_days`: by how much two intervals may differ and count as the same."""

    id: str
    version: int
    full: str
    short: str
    safety_item: str
    full_forms_in_remission: int
    full_form_every: int
    full_form_at_least_every_days: int
    same_interval_days: int


@dataclass(frozen=True)
class Answered:
    """One full or short form. `safety`: question 9 as answered, None where it was not."""

    at: datetime
    short: bool
    total: int | None
    safety: int | None = None


@dataclass(frozen=True)
class Standing:
    """What is known of one course. `remission_below` and `positive_from` are points of the full
    and of the short form; forms oldest first."""

    forms: tuple[Answered, ...]
    alert_open: bool
    remission_below: float
    positive_from: int


def load_stepping(path: Path) -> Stepping:
    """Raises DeclarationError naming every mistake in the file."""
    top = read_declaration(path)
    top.text("licence")
    stepping = Stepping(
        id=top.text("id"),
        version=top.whole("version"),
        full=top.text("full"),
        short=top.text("short"),
        safety_item=top.text("safety_item"),
        full_forms_in_remission=_number(top, "full_forms_in_remission"),
        full_form_every=_number(top, "full_form_every"),
        full_form_at_least_every_days=_number(top, "full_form_at_least_every_days"),
        same_interval_days=_number(top, "same_interval_days"),
    )
    top.finish()
    if top.problems:
        raise DeclarationError(path, top.problems)
    return stepping


def _number(top: Declaration, key: str) -> int:
    table = top.table(key)
    table.text("source")
    value = table.whole("value")
    table.finish()
    return value


@cache
def shipped_stepping() -> Stepping:
    return load_stepping(SHIPPED)


def is_stable(stepping: Stepping, standing: Standing) -> bool:
    """The last full forms in remission, question 9 "not at all" in each, no short form since that
    is positive or has a gap, and no alert open.

    No form in this can be flagged as worse: from 0 to the remission limit is less than the
    important change of the PHQ-9.
    """
    full = [form for form in standing.forms if not form.short]
    last = full[-stepping.full_forms_in_remission :]
    if standing.alert_open or len(last) < stepping.full_forms_in_remission:
        return False
    since = [form for form in standing.forms if form.short and form.at > last[-1].at]
    in_remission = all(
        form.total is not None and form.total < standing.remission_below and form.safety == 0
        for form in last
    )
    return in_remission and not any(is_positive(form, standing.positive_from) for form in since)


def is_positive(form: Answered, positive_from: int) -> bool:
    """Whether a short form calls for the full one; with an answer missing it does."""
    return form.total is None or form.total >= positive_from


def interval_changes(stepping: Stepping, sessions: Iterable[SessionFact]) -> list[datetime]:
    """The sessions that came after a longer or shorter interval than the one before."""
    done = sorted(session.at for session in sessions if session.status == "done")
    gaps = [(later, later - earlier) for earlier, later in pairwise(done)]
    allowed = timedelta(days=stepping.same_interval_days)
    return [at for (_, before), (at, after) in pairwise(gaps) if abs(after - before) > allowed]


def stepped_down(
    stepping: Stepping,
    standing: Standing,
    forms: Sequence[Planned],
    already: Collection[Asked],
    changes: Sequence[datetime],
    steady: Callable[[datetime], bool],
    whole: Collection[str] = (),
) -> list[Planned]:
    """The forms in their order, the short one in place of the full wherever that is allowed.

    `steady`: whether the induction is over then. Full stays: every nth form; the first after a
    change of interval; all, once the last full answer lies too long back; and a form that asks
    other questionnaires too, or that a rule in `whole` gives. A full form that was asked and not
    answered does not count.
    """
    if not is_stable(stepping, standing):
        return list(forms)
    asked = {key for one in already for key in one.keys}
    full_at = max(form.at for form in standing.forms if not form.short)
    too_old = full_at + timedelta(days=stepping.full_form_at_least_every_days)
    shorts = sum(stepping.short in one.instruments and one.due_at > full_at for one in already)
    shortened: dict[Planned, Planned] = {}
    for form in sorted(forms, key=lambda one: one.due_at):
        ahead = form.key not in asked and form.due_at > full_at
        if not ahead or stepping.full not in form.instruments:
            continue
        alone = form.instruments == (stepping.full,) and form.rule not in whole
        changed = any(full_at < at <= form.due_at for at in changes)
        may = alone and steady(form.due_at) and form.due_at < too_old and not changed
        if may and shorts < stepping.full_form_every - 1:
            shortened[form] = replace(form, instruments=(stepping.short,))
            shorts += 1
        else:
            shorts, full_at = 0, form.due_at
    return [shortened.get(form, form) for form in forms]


def stands_for(stepping: Stepping, instruments: Iterable[str]) -> frozenset[str]:
    """The questionnaires, and with the short form the full one: what keeps others at a distance."""
    names = frozenset(instruments)
    return names | {stepping.full} if stepping.short in names else names
