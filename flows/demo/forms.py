"""Answers for a simulated form: real PHQ-9 patterns that match a total, the rest in proportion."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random

FORMS = Path(__file__).parents[1] / "data" / "phq9_forms.csv"
ITEMS = [str(number) for number in range(1, 10)]
HIGHEST_TOTAL = 27

Pattern = dict[str, int]


@cache
def real_forms() -> Mapping[tuple[int, int], tuple[Pattern, ...]]:
    """Every real form, filed under its total and its answer to question 9."""
    filed: dict[tuple[int, int], list[Pattern]] = defaultdict(list)
    with FORMS.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            pattern = {item: int(row[item]) for item in ITEMS}
            filed[sum(pattern.values()), pattern["9"]].append(pattern)
    return {key: tuple(patterns) for key, patterns in filed.items()}


def phq9(total: int, ninth: int, random: Random) -> Pattern:
    """A real person's nine answers with this total, or the nearest that exists with this ninth."""
    totals = sorted({found for found, nine in real_forms() if nine == ninth})
    nearest = min(totals, key=lambda found: (abs(found - total), found))
    return dict(random.choice(real_forms()[nearest, ninth]))


def difficulty(total: int) -> int:
    """The unscored question 10 of the PHQ-9, 0 to 3, in proportion to the total."""
    return min(3, round(total / 9))


def in_proportion(total: int, highest: int, random: Random) -> int:
    """An answer from 0 to `highest` for a question of any other form: as severe, and noisy."""
    expected = highest * total / HIGHEST_TOTAL
    return min(highest, max(0, round(random.gauss(expected, 0.6))))
