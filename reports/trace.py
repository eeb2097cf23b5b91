"""Where each sentence of a page comes from: the responses read for it, the questionnaire's version
they were answered on, and the rule's version. A superset, never less than what was read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reports.evidence import Rule
from reports.facts import CourseFacts, FormFact
from reports.other_scales import SEE_ABOVE

# The tests of rules, and the parts of a page, that read other treatments and substances too.
READ_ENTRIES = ("harm_reported", "treated_beside")
# Rules that are no safety rules and read more than the questionnaire of the page.
READ_ALL = ("steady_at_interval", "worse_than_baseline")
CHANGES = ("Since ", "Restated ")


@dataclass(frozen=True)
class Traced:
    """`rule` is empty where no rule speaks; `responses` are ids of stored answers, `records` of
    entries about other treatments and substances."""

    where: str
    text: str
    rule: str
    instruments: tuple[str, ...]
    responses: tuple[str, ...]
    records: tuple[str, ...] = ()

    @property
    def said_rule(self) -> str:
        return self.rule or "none"

    @property
    def said_instruments(self) -> str:
        return ", ".join(self.instruments) or "none"

    @property
    def said_shortly(self) -> str:
        parts = [ranges(self.responses)] if self.responses or not self.records else []
        return "; ".join(parts + ([f"entries {ranges(self.records)}"] if self.records else []))


@dataclass(frozen=True)
class _Read:
    """Forms that were read together, named once for every sentence that rests on them."""

    instruments: tuple[str, ...]
    responses: tuple[str, ...]

    @classmethod
    def of(cls, forms: Sequence[FormFact]) -> "_Read":
        return cls(
            tuple(sorted({f"{form.instrument} v{form.version}" for form in forms})),
            tuple(form.response_id for form in forms),
        )


def trace(page: Mapping[str, Any], facts: CourseFacts, rules: Sequence[Rule]) -> tuple[Traced, ...]:
    """One entry for each sentence, in the order of the page; `page` holds its parts by name."""
    answered = [form for form in facts.forms if form.answered_at <= facts.as_of]
    primary = [form for form in answered if form.instrument == facts.primary]
    by_id = {rule.id: rule for rule in rules}
    every, own = _Read.of(answered), _Read.of(primary)
    entries = tuple(one.record_id for one in facts.history_then)
    rows = {row.label: row.records or entries for row in page["beside"]}
    return tuple(
        Traced(where, text, "", (), (), rows[where])
        if where in rows
        else _traced(where, text, by_id.get(rule), every, own, entries)
        for where, text, rule in sentences(page)
        if text
    )


def told_once(traced: Sequence[Traced]) -> dict[str, Any]:
    """As JSON: `traced`, the sentences, each with the number of the set of answers it rests on;
    `read`, the sets by that number. Forty sentences rest on the same two or three."""
    sets = dict.fromkeys(one.responses for one in traced)
    numbers = {ids: str(number) for number, ids in enumerate(sets, 1)}
    return {
        "traced": [
            {
                "where": one.where,
                "text": one.text,
                "rule": one.rule,
                "instruments": list(one.instruments),
                "responses": numbers[one.responses],
                "records": list(one.records),
            }
            for one in traced
        ],
        "read": {number: list(ids) for ids, number in numbers.items()},
    }


def sentences(page: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every sentence that speaks of this patient: its part of the page, itself, its rule's id."""
    yield "Freshness", page["freshness"].collected, ""
    yield "Freshness", page["freshness"].stale, "D0"
    for figure in page["figures"]:
        yield figure.label, f"{figure.value} {figure.note}".strip(), ""
    yield "Alert", f"{page['alert'].lead} {page['alert'].text}".strip(), ""
    yield "Sentence", page["sentence"], ""
    for label, value in page["standing"]:
        yield label, value, ""
    for row in page["beside"]:
        yield row.label, row.text, ""
    for row in page["intervals"]:
        rebound, effect = f"rebound per week {row.rebound}", f"effect {row.effect}"
        yield f"Interval {row.title}", f"{row.length}: {row.ends}; {rebound}; {effect}", ""
    yield "Intervals", page["interval_findings"], ""
    yield "Evidence, two questionnaires", page["disagreement"], ""
    for option in page["options"]:
        yield from _of_option(option.column)
    for block in page["blocks"]:
        for line in block.lines:
            yield block.title, line, ""
    yield "Versions, and what the level rests on", page["footer"][1], ""


def _of_option(column: Any) -> Iterator[tuple[str, str, str]]:
    for side, cell in (("for", column.speaks_for), ("against", column.speaks_against)):
        # what another questionnaire shows is in the sentence, and its answers belong to it
        yield f"{column.option}, {side}", cell.answer, "" if SEE_ABOVE in cell.answer else "D0"
        for said in cell.statements:
            yield f"{column.option}, {side}", f"{said.claim} {said.inputs}", said.rule
    for need in column.not_met:
        yield f"{column.option}, not met", need.text, need.rule
    for need in column.not_known:
        yield f"{column.option}, not known", need.text, need.rule
    for need in column.unread:
        yield f"{column.option}, cannot be read", need.text, need.rule


def _traced(
    where: str, text: str, rule: Rule | None, every: _Read, own: _Read, entries: tuple[str, ...]
) -> Traced:
    # most rules read the questionnaire of the page alone
    read = own if rule and not (rule.safety or rule.test in READ_ALL) else every
    reads_entries = rule.test in READ_ENTRIES if rule else where.startswith(CHANGES)
    return Traced(
        where,
        text,
        rule.name if rule else "",
        read.instruments,
        read.responses,
        entries if reads_entries else (),
    )


@lru_cache(maxsize=64)  # the sentences of one page rest on the same few sets of answers
def ranges(ids: Sequence[str]) -> str:
    """12–18, 21: numbers in a row as their ends."""
    found = list(ids)
    if not all(one.isdecimal() for one in found):
        return ", ".join(found) or "none"
    runs: list[list[int]] = []
    for number in sorted({int(one) for one in found}):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in runs) or "none"
