"""Decision rules as data: one TOML file per rule, checked when it is read."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from reports.evidence.placeholders import BESIDE, misnamed

OPTIONS = ("continue", "taper", "stop")
SIDES = ("for", "against")
# What a rule may require of a scale: numbers of its own file.
NUMBERS = ("reliable change", "cut-off", "remission")
# Whose number the threshold is: the cited study's own; carried over from another scale or drug;
# or the judgement of whoever wrote the rule. The last two are marked on the page.
STATUSES = ("published", "translated", "opinion")
SHIPPED = Path(__file__).parents[1] / "rules"
# Thresholds that a test reads only where a rule has them.
OPTIONAL = ("recorded_use",)


class RuleError(ValueError):
    """A rule file that cannot be used; the text says which file, where, and what to write."""


@dataclass(frozen=True)
class Template:
    """One statement of a rule, made when its test ends in one of the states `when`.

    It is left out where one of the rules in `unless` fires and says the same already.
    `carried_over`: its source is of another drug or scale than the rule's threshold.
    """

    option: str
    side: str
    when: tuple[str, ...]
    claim: str
    inputs: str
    source: str
    but: str
    unless: tuple[str, ...]
    carried_over: bool = False


@dataclass(frozen=True)
class Need:
    """What a rule would need before it speaks for an option; `known` is False where what it reads
    was not answered or not recorded: that it was not met would then be a guess."""

    option: str
    when: tuple[str, ...]
    text: str
    known: bool = True


@dataclass(frozen=True)
class Rule:
    """`safety` rules are read even where the scores are not interpretable (D0).

    `published_on`: the questionnaires a published threshold is for; empty: it is of no scale.
    `requires`: numbers without which a scale cannot be read by it; one of those joined by "or".
    """

    id: str
    version: int
    order: int
    title: str
    status: str
    test: str
    reason: str
    safety: bool
    instruments: tuple[str, ...]
    published_on: tuple[str, ...]
    requires: tuple[str, ...]
    thresholds: Mapping[str, Any]
    statements: tuple[Template, ...]
    needs: tuple[Need, ...]
    clinics_own: bool = False

    @property
    def needed_for(self) -> frozenset[str]:
        """Options for which it says what it would need of the page's own questionnaire."""
        own = (one for one in self.needs if not all(when.startswith(BESIDE) for when in one.when))
        return frozenset(need.option for need in own)

    @property
    def reads_beside(self) -> bool:
        """Whether it says something of the patient's other questionnaires too."""
        return any(when.startswith(BESIDE) for one in self.statements for when in one.when)

    @property
    def name(self) -> str:
        """Id and version as a report names them, and whose the wording is where not ours."""
        return f"{self.id} v{self.version}{' (the clinic’s)' if self.clinics_own else ''}"

    @property
    def mark(self) -> str:
        """The id as printed; † where the threshold is opinion or was carried over."""
        return self.id if self.status == "published" else f"{self.id}†"

    def mark_on(self, instrument: str) -> str:
        """The id as printed on a page about this scale: † where it was not published for it."""
        at_home = not self.published_on or instrument in self.published_on
        return self.mark if at_home else f"{self.id}†"


@cache
def shipped_rules() -> tuple[Rule, ...]:
    return load_rules(SHIPPED)


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """Every rule of a folder, in the order of the page. Raises RuleError for the first bad one."""
    return _in_order(_read_all(folder).values(), folder)


def _read_all(folder: Path) -> dict[Path, Rule]:
    return {path: _read(path) for path in sorted(folder.glob("*.toml"))}


def _in_order(read: Iterable[Rule], folder: Path) -> tuple[Rule, ...]:
    rules = tuple(sorted(read, key=lambda rule: (rule.order, rule.id)))
    twice = {rule.id for rule in rules if sum(other.id == rule.id for other in rules) > 1}
    if twice:
        raise RuleError(f"{folder}: rule {min(twice)} is there twice; keep one file per rule")
    return rules


def rules_with(folder: Path | None) -> tuple[Rule, ...]:
    """Ours, each replaced by the clinic's copy where its folder has one; its further rules added.

    Raises RuleError for a copy whose version is ours: two texts under one number could not be told
    apart on a report; for one that lacks a threshold its test reads, as a copy of an earlier
    version of ours may: a number of ours put in unasked would stand on no page of theirs; and for
    one that names a value nobody fills in.
    """
    if folder is None or not folder.is_dir():
        return shipped_rules()
    read = _read_all(folder)
    for path, rule in read.items():
        _check_thresholds(path, rule)
        _check_placeholders(path, rule)
    own = {rule.id: replace(rule, clinics_own=True) for rule in _in_order(read.values(), folder)}
    for rule in shipped_rules():
        if rule.id in own and own[rule.id].version == rule.version:
            raise RuleError(
                f"{folder}: rule {rule.id} has our version {rule.version}; "
                f"raise `version` in your copy, so that a report can name it"
            )
    rules = {rule.id: rule for rule in shipped_rules()} | own
    return tuple(sorted(rules.values(), key=lambda rule: (rule.order, rule.id)))


def _read(path: Path) -> Rule:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        rule = _rule(table)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{path}: not TOML ({error})") from error
    except KeyError as error:
        raise RuleError(f"{path}: {error.args[0]} is missing; every rule states it") from error
    _check(path, rule)
    return rule


def _rule(table: Mapping[str, Any]) -> Rule:
    return Rule(
        id=table["id"],
        version=table["version"],
        order=table["order"],
        title=table["title"],
        status=table["status"],
        test=table["test"],
        reason=table["reason"],
        safety=table.get("safety", False),
        instruments=tuple(table.get("instruments", ())),
        published_on=tuple(table.get("published_on", ())),
        requires=tuple(table.get("requires", ())),
        thresholds=table["thresholds"],
        statements=tuple(_template(row) for row in table.get("statement", ())),
        needs=tuple(
            Need(
                row["option"],
                tuple(row.get("when", ("not_met",))),
                row["text"],
                row.get("known", True),
            )
            for row in table.get("needs", ())
        ),
    )


def _template(row: Mapping[str, Any]) -> Template:
    return Template(
        option=row["option"],
        side=row["side"],
        when=tuple(row.get("when", ("fires",))),
        claim=row["claim"],
        inputs=row["inputs"],
        source=row["source"],
        but=row["but"],
        unless=tuple(row.get("unless", ())),
        carried_over=row.get("carried_over", False),
    )


def _check_thresholds(path: Path, rule: Rule) -> None:
    """That the rule has every threshold ours of the same test has."""
    ours = next((one for one in shipped_rules() if one.test == rule.test), None)
    if ours is None:
        known = ", ".join(sorted(one.test for one in shipped_rules()))
        raise RuleError(f"{path}: test {rule.test!r} is not known; use one of {known}")
    missing = [name for name in ours.thresholds if name not in (*rule.thresholds, *OPTIONAL)]
    if missing:
        name, value = missing[0], ours.thresholds[missing[0]]
        add = f"[thresholds.{name}]" if isinstance(value, Mapping) else f"{name} = {value}"
        raise RuleError(
            f"{path}: {name} is missing from [thresholds], and the test {rule.test!r} reads it; "
            f"add `{add}` as in our {ours.id} v{ours.version}, or a number of your own"
        )


def _check_placeholders(path: Path, rule: Rule) -> None:
    """That every name between braces is filled in at report time."""
    for where, text, states in _texts(rule):
        for why in misnamed(text, rule.test, states, rule.thresholds):
            raise RuleError(f"{path}: {where} {why}")


def _texts(rule: Rule) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Where each text stands, the text, and the states it is printed in."""
    for number, said in enumerate(rule.statements, 1):
        for key in ("claim", "inputs", "source", "but"):
            where = f"`{key}` of [[statement]] {number} ({said.side} {said.option})"
            yield where, getattr(said, key), said.when
    for number, need in enumerate(rule.needs, 1):
        yield f"`text` of [[needs]] {number} ({need.option})", need.text, need.when


def _check(path: Path, rule: Rule) -> None:
    if rule.status not in STATUSES:
        raise RuleError(f"{path}: status {rule.status!r}; use one of {', '.join(STATUSES)}")
    unknown = {one for need in rule.requires for one in need.split(" or ")} - set(NUMBERS)
    if unknown:
        known = ", ".join(NUMBERS)
        raise RuleError(f"{path}: requires {min(unknown)!r}; a scale may have {known}")
    for template in rule.statements:
        if template.option not in OPTIONS or template.side not in SIDES:
            raise RuleError(
                f"{path}: a statement speaks {template.side} {template.option}; "
                f"use {' or '.join(SIDES)} and one of {', '.join(OPTIONS)}"
            )
