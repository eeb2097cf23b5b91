"""How each number is made. No patient's data are on this page, only what all of them pooled."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reports.clinic.pages import page
from reports.clinic.roles import open_to
from reports.cohort import shipped_declaration
from reports.methods import build_methods
from reports.pooling import wander_known
from reports.rules_in_use import rules_in_use
from surveys import wallclock
from surveys.in_use import instruments_to_read


@open_to("clinician", "lead")
@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    """The questionnaires with this clinic's own choices, and the rules that its reports use."""
    known = instruments_to_read()
    pooled = [wander_known(name, wallclock.now()) for name in known]
    built = build_methods(
        known.values(), rules_in_use(), shipped_declaration(), filter(None, pooled)
    )
    return page(request, "methods.html", here="methods", methods=built)
