"""Outcomes across patients: every share with its definition, window and denominator.

Values in, values out. May know `reports.trends`, never the database, the clock or a page.
"""

from reports.cohort.collection import Collected, DueForm, collected_by_week
from reports.cohort.declared import Declared, Published, shipped_declaration
from reports.cohort.followed import (
    ChosenRow,
    Decided,
    FollowedRow,
    how_chosen,
    how_followed,
    what_came_after,
)
from reports.cohort.outcomes import Classified, CohortCourse, Share, classify, share
from reports.cohort.page import CohortPage, build_cohort, retention_in_words
from reports.cohort.retention import Followed, Retention, Step, followed_up, retention

__all__ = [
    "ChosenRow",
    "Classified",
    "CohortCourse",
    "CohortPage",
    "Collected",
    "Decided",
    "Declared",
    "DueForm",
    "Followed",
    "FollowedRow",
    "Published",
    "Retention",
    "Share",
    "Step",
    "build_cohort",
    "classify",
    "collected_by_week",
    "followed_up",
    "how_chosen",
    "how_followed",
    "retention",
    "retention_in_words",
    "share",
    "shipped_declaration",
    "what_came_after",
]
