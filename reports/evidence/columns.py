"""Three equal columns. Order is fixed, nothing is ranked, an empty cell is a full answer."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from reports.evidence.case import Case
from reports.evidence.conditions import CONDITIONS, HARM_TEST, READ_NO_SCORE, Finding
from reports.evidence.placeholders import BESIDE
from reports.evidence.rules import OPTIONS, Rule, Template
from reports.evidence.sufficiency import SUFFICIENCY_TEST, Sufficiency, gate, sufficiency
from reports.trends import Trend

Findings = tuple[tuple[Rule, Finding], ...]

# A rule whose scale has not the numbers it reads.
UNREADABLE = "unreadable"
TOO_EARLY = "Too early to tell."
EMPTY = {
    ("continue", "for"): "speaks for continuing now.",
    ("continue", "against"): "speaks against continuing now.",
    ("taper", "for"): "speaks for a longer interval now.",
    ("taper", "against"): "speaks against a longer interval now.",
    ("stop", "for"): "speaks for stopping now.",
    ("stop", "against"): "speaks against stopping now.",
}


@dataclass(frozen=True)
class Statement:
    """One claim with what it rests on, where it comes from, and what speaks against it."""

    rule: str
    mark: str
    version: int
    claim: str
    inputs: str
    source: str
    but: str


@dataclass(frozen=True)
class Cell:
    """`answer` is the full answer where no statement is made about the scores."""

    statements: tuple[Statement, ...]
    answer: str


@dataclass(frozen=True)
class NotMet:
    rule: str
    mark: str
    text: str


@dataclass(frozen=True)
class Column:
    """`not_known`: rules whose answers are missing; `unread`: whose numbers this scale has not."""

    option: str
    speaks_for: Cell
    speaks_against: Cell
    not_met: tuple[NotMet, ...]
    not_known: tuple[NotMet, ...] = ()
    unread: tuple[NotMet, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All three options, whether the scores can be read, and which rules ended how."""

    columns: tuple[Column, ...]
    sufficiency: Sufficiency
    states: tuple[tuple[str, str], ...]
    findings: Findings
    instrument: str
    # of rules read on the patient's other questionnaires too
    beside: Findings = ()

    def state(self, rule: str) -> str:
        return dict(self.states).get(rule, "quiet")

    def finding(self, rule: str) -> Finding:
        return next((f for r, f in self.findings if r.id == rule), Finding("quiet"))

    @property
    def beside_marks(self) -> tuple[str, ...]:
        """Marks of the rules read on another questionnaire too."""
        return tuple(dict.fromkeys(rule.mark_on(self.instrument) for rule, _ in self.beside))

    @property
    def speaking(self) -> tuple[str, ...]:
        """Marks of the rules that make at least one statement, in rule order."""
        said = {s.rule for c in self.columns for s in _said(c)}
        return tuple(r.mark_on(self.instrument) for r, _ in self.findings if r.id in said)


def _said(column: Column) -> tuple[Statement, ...]:
    return column.speaks_for.statements + column.speaks_against.statements


def weigh(case: Case, rules: Sequence[Rule], others: Sequence[Trend] = ()) -> Evidence:
    """Every rule read against one course, and those that say so against its other questionnaires.
    Where D0 fires only safety rules make statements; where it is too early those wait that it
    names."""
    case = _with_harms(case, rules)
    enough = sufficiency(case, gate(rules))
    findings = tuple((rule, _finding(case, rule, enough)) for rule in rules)
    firing = {rule.id for rule, found in findings if found.state == "fires"}
    silenced = enough.state == "not_interpretable"
    beside = () if silenced else tuple(_read_beside(case, rules, others))
    every = findings + beside
    return Evidence(
        columns=tuple(_column(option, every, firing, enough, case) for option in OPTIONS),
        sufficiency=enough,
        states=tuple((rule.id, found.state) for rule, found in findings),
        findings=findings,
        instrument=case.trend.measure.id,
        beside=beside,
    )


def _with_harms(case: Case, rules: Sequence[Rule]) -> Case:
    """The course with the harms that its rule about them names, for rules that ask whether a
    benefit is tolerable."""
    for rule in (one for one in rules if one.test == HARM_TEST):
        found = CONDITIONS[HARM_TEST](case, rule)
        if found.state == "fires":
            mark = rule.mark_on(case.trend.measure.id)
            return replace(case, harmed=f"{mark} names possible harm: {found.values['harms']}")
    return case


def _read_beside(
    case: Case, rules: Sequence[Rule], others: Sequence[Trend]
) -> Iterator[tuple[Rule, Finding]]:
    """Each by its own numbers, where its forms are enough to read."""
    for rule in (one for one in rules if one.reads_beside):
        for other in others:
            aside = replace(case, trend=other)
            enough = sufficiency(aside, gate(rules)).state != "not_interpretable"
            if enough and not _lacking(aside, rule):
                found = CONDITIONS[rule.test](aside, rule)
                named = {"scale": other.measure.title, "own": case.trend.measure.title}
                yield rule, Finding(f"{BESIDE}{found.state}", {**found.values, **named})


def _finding(case: Case, rule: Rule, enough: Sufficiency) -> Finding:
    if rule.test == SUFFICIENCY_TEST:
        return Finding(enough.state)
    if rule.instruments and case.trend.measure.id not in rule.instruments and not rule.safety:
        return Finding("quiet")
    lacking = _lacking(case, rule)
    if lacking and enough.state != "not_interpretable":
        return Finding(UNREADABLE, {"lacking": lacking})
    if enough.state == "too_early" and rule.test in enough.waits:
        return Finding("too_early")
    found = CONDITIONS[rule.test](case, rule)
    heard = rule.safety or rule.test in READ_NO_SCORE
    return found if heard or enough.state != "not_interpretable" else Finding("quiet")


def _lacking(case: Case, rule: Rule) -> str:
    """The first number this rule requires that the scale has not; empty where it has all."""
    measure = case.trend.measure
    has = {
        "reliable change": measure.reliable is not None,
        "cut-off": measure.cutoff is not None,
        "remission": measure.remission_below is not None,
    }
    missing = (need for need in rule.requires if not any(has[one] for one in need.split(" or ")))
    return next(missing, "")


def _column(
    option: str,
    findings: Findings,
    firing: AbstractSet[str],
    enough: Sufficiency,
    case: Case,
) -> Column:
    return Column(
        option,
        _cell(option, "for", findings, firing, enough, case),
        _cell(option, "against", findings, firing, enough, case),
        tuple(_needs(option, findings, case, known=True)),
        tuple(_needs(option, findings, case, known=False)),
        tuple(
            NotMet(rule.id, rule.mark_on(case.trend.measure.id), _why_unread(found, case))
            for rule, found in findings
            if found.state == UNREADABLE and option in rule.needed_for
        ),
    )


def _needs(option: str, findings: Findings, case: Case, *, known: bool) -> Iterator[NotMet]:
    """What each rule would need before it speaks, or what of it is not known."""
    for rule, found in findings:
        for need in rule.needs:
            if need.option == option and found.state in need.when and need.known is known:
                text = need.text.format_map({**rule.thresholds, **found.values})
                yield NotMet(rule.id, rule.mark_on(case.trend.measure.id), text)


def _why_unread(found: Finding, case: Case) -> str:
    return f"No {found.values['lacking']} is established for {case.trend.measure.title}."


def _cell(
    option: str,
    side: str,
    findings: Findings,
    firing: AbstractSet[str],
    enough: Sufficiency,
    case: Case,
) -> Cell:
    statements = tuple(
        _statement(rule, found, template, case)
        for rule, found in findings
        for template in rule.statements
        if template.option == option and template.side == side and found.state in template.when
        if not firing & set(template.unless)
    )
    if enough.state == "not_interpretable":
        return Cell(statements, "Not interpretable (D0).")
    if statements:
        return Cell(statements, "")
    if enough.state == "too_early" or not case.induction_over:
        return Cell((), TOO_EARLY)
    return Cell((), _nobody_speaks(option, side, findings, case))


def _nobody_speaks(option: str, side: str, findings: Findings, case: Case) -> str:
    """The full answer of an empty cell; a rule that cannot be read is no rule that is quiet."""
    unread = any(
        (template.option, template.side) == (option, side)
        for rule, found in findings
        if found.state == UNREADABLE
        for template in rule.statements
    )
    which = f"No rule that can be read on {case.trend.measure.title}" if unread else "No rule"
    return f"{which} {EMPTY[option, side]}"


def _mark(rule: Rule, template: Template, case: Case) -> str:
    """With † where the statement's own source is carried over, though the threshold is not."""
    mark = rule.mark_on(case.trend.measure.id)
    return f"{rule.id}†" if template.carried_over else mark


def _statement(rule: Rule, found: Finding, template: Template, case: Case) -> Statement:
    values = {**rule.thresholds, **found.values}
    return Statement(
        rule=rule.id,
        mark=_mark(rule, template, case),
        version=rule.version,
        claim=template.claim.format_map(values),
        inputs=template.inputs.format_map(values),
        source=template.source.format_map(values),
        but=template.but.format_map(values),
    )
