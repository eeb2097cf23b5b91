"""What speaks for and against continue, taper and stop: rules as data, read against one course."""

from reports.evidence.case import Case, Harm, HarmRow
from reports.evidence.columns import Cell, Column, Evidence, NotMet, Statement, weigh
from reports.evidence.rules import Rule, RuleError, load_rules, rules_with, shipped_rules

__all__ = [
    "Case",
    "Cell",
    "Column",
    "Evidence",
    "Harm",
    "HarmRow",
    "NotMet",
    "Rule",
    "RuleError",
    "Statement",
    "load_rules",
    "rules_with",
    "shipped_rules",
    "weigh",
]
