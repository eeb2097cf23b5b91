"""What a clinician tells of other treatments and substances. Nothing is preselected."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms

from reports.clinic.forms import CHOOSE
from surveys.history import (
    DOSE_LENGTH,
    NAME_LENGTH,
    SUBSTANCE,
    TREATMENT,
    USES,
    HistoryStatement,
    kinds,
    problems,
)

DATES = "A day, a month or a year: 2026-03-14, 2026-03 or 2026."


def titles(group: str) -> list[tuple[str, str]]:
    return [(kind.code, kind.title) for kind in kinds().values() if kind.group == group]


class PartialDateField(forms.CharField):
    """Kept as it was written; `problems` looks at it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, max_length=20, **more)


class _EntryForm(forms.Form):
    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "kind" in data:
            for field, text in problems(self.told(), self.today).items():
                if field not in self.errors:
                    self.add_error(field, text)
        return data

    def told(self) -> HistoryStatement:
        return HistoryStatement(**{name: self.cleaned_data.get(name, "") for name in self.fields})


class TreatmentForm(_EntryForm):
    kind = forms.ChoiceField(
        choices=[("", "choose"), *titles(TREATMENT)], label="Treatment", error_messages=CHOOSE
    )
    name = forms.CharField(
        required=False, max_length=NAME_LENGTH, label="Which one, such as sertraline"
    )
    dose = forms.CharField(required=False, max_length=DOSE_LENGTH, label="Dose, such as 50 mg")
    since = PartialDateField(label="Since", help_text=DATES)
    until = PartialDateField(label="Until", help_text="Empty while it goes on.")


class SubstanceForm(_EntryForm):
    kind = forms.ChoiceField(
        choices=[("", "choose"), *titles(SUBSTANCE)], label="Substance", error_messages=CHOOSE
    )
    use = forms.ChoiceField(
        choices=list(USES.items()), widget=forms.RadioSelect, label="Use", error_messages=CHOOSE
    )
    name = forms.CharField(required=False, max_length=NAME_LENGTH, label="Which one, if another")
    dose = forms.CharField(required=False, max_length=DOSE_LENGTH, label="How much, how often")
    since = PartialDateField(label="Since", help_text=f"{DATES} Of none: asked on.")
    until = PartialDateField(label="Until", help_text="Of past use only.")


class NoneKnownForm(forms.Form):
    """One question that covered several: asked today, and there was none."""

    kind = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, label="Asked today, and there is none",
        error_messages={"required": "Tick what you asked about."},
    )  # fmt: skip

    def __init__(self, *args: Any, codes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(code, kinds()[code].title) for code in codes]

    def told(self) -> list[HistoryStatement]:
        chosen = (kinds()[code] for code in self.cleaned_data["kind"])
        return [HistoryStatement(k.code, use="" if k.asked else "none") for k in chosen]


def form_for(group: str) -> type[TreatmentForm] | type[SubstanceForm]:
    return SubstanceForm if group == SUBSTANCE else TreatmentForm


def shown(told: HistoryStatement) -> dict[str, str]:
    """A recorded entry as its form shows it."""
    return asdict(told)
