"""What the clinic recorded beside the sessions, in words: other treatments and substances."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports import wording
from reports.facts import CourseFacts, HistoryFact
from surveys.history import PAST, SUBSTANCE, TREATMENT, HistoryStatement, kinds

TITLE = "Other treatments and substances"
NOT_RECORDED = "not recorded"
NOTHING = "Not recorded."
GROUPS = {TREATMENT: "Other treatments", SUBSTANCE: "Substances"}


@dataclass(frozen=True)
class BesideRow:
    """One line of the list; `records` are the numbers of the entries it says."""

    label: str
    text: str
    records: tuple[str, ...] = ()


def beside_rows(facts: CourseFacts) -> tuple[BesideRow, ...]:
    """Both groups, what is not recorded said as such; one line where nothing at all was."""
    if not facts.history_then:
        return (BesideRow(TITLE, NOTHING),)
    return tuple(_row(group, facts.history_then) for group in GROUPS)


def _row(group: str, entries: Iterable[HistoryFact]) -> BesideRow:
    mine = [one for one in entries if kinds()[one.told.kind].group == group]
    shown = [one for one in mine if not one.told.none or _unopposed(one, mine)]
    texts = [*_texts(shown), *_absent(group, mine)]
    text = "; ".join(texts)
    records = tuple(one.record_id for one in shown)
    return BesideRow(GROUPS[group], text[:1].upper() + text[1:] + ".", records)


def _unopposed(none: HistoryFact, entries: Sequence[HistoryFact]) -> bool:
    """That there was none is said where nothing else is known of it, and once: the newest."""
    same = [
        one for one in entries if one.told.kind == none.told.kind or kinds()[none.told.kind].asked
    ]
    return all(one.told.none for one in same) and none is max(same, key=_asked)


def _asked(one: HistoryFact) -> tuple[str, int]:
    return one.told.since, int(one.record_id)


def _texts(shown: Sequence[HistoryFact]) -> Iterator[str]:
    for one in sorted(shown, key=_began):
        if not one.told.none:
            yield said(one.told)
    asked: dict[str, list[str]] = {}
    for one in sorted(shown, key=_in_order):
        if one.told.none:
            asked.setdefault(one.told.since, []).append(one.told.kind)
    for since, codes in asked.items():
        yield none_known(codes, since)


def none_known(codes: Sequence[str], since: str) -> str:
    """None, and when that was asked."""
    of = [kinds()[code].title.lower() for code in codes if not kinds()[code].asked]
    what = f"none known of {wording.listed(of)}" if of else "none"
    return f"{what}, asked {wording.partial_date(since)}"


def _absent(group: str, mine: Sequence[HistoryFact]) -> Iterator[str]:
    """What nobody recorded: the whole group of treatments, or each substance by name."""
    if group == TREATMENT:
        if not mine:
            yield NOT_RECORDED
        return
    told = {one.told.kind for one in mine}
    left = [k.title.lower() for k in kinds().values()
            if k.group == group and k.code not in told and not k.other]  # fmt: skip
    if left:
        yield f"{NOT_RECORDED}: {', '.join(left)}"


def said(told: HistoryStatement) -> str:
    """One entry for itself: "Sertraline 50 mg (antidepressant): since Feb 2026"."""
    if told.none:
        return f"{kinds()[told.kind].title}: {none_known([], told.since)}"
    return f"{named(told)}: {period(told)}"


def named(told: HistoryStatement) -> str:
    """Sertraline 50 mg (antidepressant); just the kind where no name was given."""
    kind = kinds()[told.kind]
    shown = short_name(told)
    return f"{shown} ({kind.title.lower()})" if told.name and not kind.other else shown


def short_name(told: HistoryStatement) -> str:
    """Sertraline 50 mg."""
    return f"{told.name or kinds()[told.kind].title} {told.dose}".strip()


def period(told: HistoryStatement) -> str:
    """Current, since 2019; 10 Feb 2026 to Mar 2026; start not recorded."""
    if told.use == PAST and not told.until:
        since = wording.partial_date(told.since) if told.since else ""
        return f"past, from {since}, end not recorded" if since else "past, dates not recorded"
    return f"{told.use}, {dates(told)}" if told.use else dates(told)


def dates(told: HistoryStatement) -> str:
    """Since 2019; 10 Feb 2026 to Mar 2026; Mar 2026; until 2020; start not recorded."""
    since, until = (wording.partial_date(text) if text else "" for text in (told.since, told.until))
    if since and since == until:
        return since
    if since and until:
        return f"{since} to {until}"
    if until:
        return f"until {until}"
    return f"since {since}" if since else "start not recorded"


def _began(one: HistoryFact) -> tuple[str, int]:
    return one.told.since, int(one.record_id)


def _in_order(one: HistoryFact) -> int:
    return list(kinds()).index(one.told.kind)
