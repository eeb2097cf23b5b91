"""Outcomes across the patients this person treats, chosen by protocol, indication and clinician."""

from collections.abc import Mapping
from datetime import datetime

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reports.charts.retention import retention_svg
from reports.clinic import audit, reach
from reports.clinic.pages import page
from reports.clinic.roles import open_to
from reports.cohort import (
    build_cohort,
    collected_by_week,
    how_chosen,
    how_followed,
    retention_in_words,
    shipped_declaration,
)
from reports.cohort_rows import cohort_courses, decisions_made, due_forms
from reports.rules_in_use import rules_in_use
from reports.trends import measure_of
from surveys import wallclock
from surveys.in_use import instruments_to_read, protocols_in_use
from surveys.models import Course, Patient, Staff

ALL = ("", "all")


class CohortForm(forms.Form):
    """What to choose among: only what there is among the patients this person treats."""

    protocol = forms.ChoiceField(required=False, label="Protocol")
    indication = forms.ChoiceField(required=False, label="Indication")
    clinician = forms.ChoiceField(required=False, label="Clinician")
    measure = forms.ChoiceField(required=False, label="Questionnaire")

    def __init__(
        self,
        chosen: Mapping[str, str],
        courses: QuerySet[Course],
        staff: Staff,
        measures: list[str],
    ) -> None:
        super().__init__(chosen)
        found = courses.order_by().values_list("protocol", flat=True).distinct()
        titles = {name: protocols_in_use()[name].title for name in found}
        self._offer("protocol", sorted(titles.items(), key=lambda one: one[1]))
        indications = sorted(set(courses.order_by().values_list("indication", flat=True)))
        self._offer("indication", [(name, name) for name in indications])
        treating = Staff.objects.filter(patients__courses__in=courses).distinct().order_by("name")
        self._offer("clinician", [(str(one.pk), one.name) for one in treating])
        known = instruments_to_read()
        self._offer("measure", [(name, known[name].short_title) for name in measures], first=False)
        if staff.role != "lead":
            del self.fields["clinician"]

    def _offer(self, name: str, choices: list[tuple[str, str]], *, first: bool = True) -> None:
        self.fields[name].choices = [ALL, *choices] if first else choices


@open_to("clinician", "lead")
@require_safe
def cohort(request: HttpRequest) -> HttpResponse:
    """A form that only reads: its choices stand in the address and can be kept as a bookmark."""
    now = wallclock.now()
    mine = Course.objects.filter(patient__in=reach.treated(request.user))
    everybody = cohort_courses(mine, as_of=now)
    # the questionnaire most courses are followed on comes first and is the one shown unasked
    measures = sorted(everybody, key=lambda name: (-len(everybody[name]), name))
    form = CohortForm(request.GET, mine, request.user, measures)
    chosen = _chosen(mine, form) if form.is_valid() else mine.none()
    patients = Patient.objects.filter(courses__in=chosen).distinct()
    audit.list_viewed(request, patients, "cohort")
    measure = (form.is_valid() and form.cleaned_data["measure"]) or next(iter(measures), "")
    shown = _shown(chosen, measure, now) if form.is_valid() and measure else {}
    status = 200 if form.is_valid() else 422
    return page(request, "cohort.html", here="cohort", status=status, form=form, now=now, **shown)


def _chosen(courses: QuerySet[Course], form: CohortForm) -> QuerySet[Course]:
    given = form.cleaned_data
    for name, column in (
        ("protocol", "protocol"),
        ("indication", "indication"),
        ("clinician", "patient__clinician"),
    ):
        if given.get(name):
            courses = courses.filter(**{column: given[name]})
    return courses


def _shown(courses: QuerySet[Course], measure: str, now: datetime) -> dict[str, object]:
    """The page's words and drawings. `others`: courses followed on another questionnaire."""
    declared = shipped_declaration()
    by_measure = cohort_courses(courses, as_of=now)
    limits = next(rule.thresholds for rule in rules_in_use() if rule.id == "I3")
    due = due_forms(courses, as_of=now, weeks=declared.weeks_shown.value)
    built = build_cohort(
        by_measure.get(measure, []),
        collected_by_week(due, settings.CLINIC_TIMEZONE),
        measure_of(instruments_to_read()[measure]),
        (limits["from_day"], limits["to_day"]),
        declared,
        now,
    )
    others = sum(len(rows) for name, rows in by_measure.items() if name != measure)
    words = retention_in_words(built)
    after_days = declared.after_decision_from_day.value, declared.after_decision_to_day.value
    drawn = (
        {}
        if built.retention_too_few
        else {
            layout: retention_svg(built.retention, words, layout) for layout in ("wide", "narrow")
        }
    )
    decisions = decisions_made(courses, as_of=now)
    return {
        "cohort": built,
        "others": others,
        "drawn": drawn,
        "in_words": words,
        "after_days": after_days,
        "chosen": how_chosen(decisions),
        "decided": how_followed(decisions),
    }
