"""How each number is made: formulas, thresholds, error rates and limits, from the files in use.

Values in, values out. May know the other pure parts of `reports`, never the database or a page.
"""

from reports.methods.alarms import FlagChances, flag_chances
from reports.methods.page import MethodsPage, build_methods

__all__ = ["FlagChances", "MethodsPage", "build_methods", "flag_chances"]
