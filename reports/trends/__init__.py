"""Scores over time: baseline, change, outcome, level, flags and intervals. Pure."""

from reports.trends.course import Trend, course_trends
from reports.trends.level import LevelPoint, filter_levels
from reports.trends.measure import Measure, measure_of
from reports.trends.series import Baseline, Change, Flag, Interval, Point

__all__ = [
    "Baseline",
    "Change",
    "Flag",
    "Interval",
    "LevelPoint",
    "Measure",
    "Point",
    "Trend",
    "course_trends",
    "filter_levels",
    "measure_of",
]
