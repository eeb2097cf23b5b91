"""The rules this clinic goes by: ours, and its own copies from its folder."""

from functools import cache
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error

from reports.evidence import Rule, RuleError, rules_with
from surveys import settings


def rules_in_use() -> tuple[Rule, ...]:
    """Raises RuleError for a file of the clinic's `rules/` that cannot be used."""
    return _rules(settings.INSTRUMENTS / "rules" if settings.INSTRUMENTS else None)


def rules_can_be_read(**_: Any) -> list[CheckMessage]:
    """Every file of the clinic's `rules/` can be used."""
    try:
        rules_in_use()
    except RuleError as refused:
        hint = "Correct it in `rules/` of the folder named by AFTERGLOW_INSTRUMENTS."
        return [Error(str(refused), id="reports.E002", hint=hint)]
    return []


@cache
def _rules(folder: Path | None) -> tuple[Rule, ...]:
    return rules_with(folder)
