"""The template environment of the site: the patient's door's, with what a report's page adds."""

from typing import Any

from jinja2 import Environment

from reports.render import table_rows
from surveys.patient import pages


def environment(**options: Any) -> Environment:
    site = pages.environment(**options)
    site.filters["rows"] = table_rows
    return site
