"""What staff type in. Nothing that decides about a patient is preselected."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from reports.evidence.rules import OPTIONS
from reports.wording import weekday
from surveys import clock
from surveys.actions.enrol import PatientRow
from surveys.in_use import indications_in_use, protocols_in_use
from surveys.language import languages
from surveys.mail.address import TO_DO, why_not_taken
from surveys.models import Course, Patient, Session, Staff

REQUIRED = {"required": "Fill this in."}
NUMBER_TAKEN = (
    "A patient has this number already. It is {who}. Nothing was changed; open them instead."
)
CHOOSE = {"required": "Choose one."}


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This address and password do not go together. Check both.",
        "inactive": "This account is closed. Ask the clinical lead.",
    }

    def clean_username(self) -> str:
        """One spelling per account, so that guessing cannot start over with a capital letter."""
        return self.cleaned_data["username"].strip().lower()


class SessionForm(forms.Form):
    """A session as the clinic's wall clock in the patient's zone shows it."""

    day = forms.DateField(widget=DateInput, label="Date", error_messages=REQUIRED)
    time = forms.TimeField(
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), label="Start",
        error_messages=REQUIRED,
    )  # fmt: skip
    status = forms.ChoiceField(
        choices=[
            ("done", "Took place"), ("planned", "Planned"), ("cancelled", "Cancelled"),
            ("missed", "Patient did not come"),
        ],
        widget=forms.RadioSelect, label="What happened", error_messages=CHOOSE,
    )  # fmt: skip
    route = forms.CharField(required=False, max_length=40, label="Route, such as IV")
    dose_mg_per_kg = forms.DecimalField(
        required=False, min_value=0, max_value=10, max_digits=5, decimal_places=3,
        label="Dose, mg/kg",
    )  # fmt: skip
    duration_minutes = forms.IntegerField(
        required=False, min_value=1, max_value=600, label="Duration, minutes"
    )

    def __init__(
        self, *args: Any, zone: str, now: datetime, taken: Collection[datetime] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now, self.taken = ZoneInfo(zone), now, taken

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "day" in data and "time" in data:
            data["at"] = clock.wall(data["day"], data["time"], self.zone)
            self._check_tense(data["at"], data.get("status"))
            if data["at"] in self.taken:
                self.add_error("time", "Another session has this very time. Change that one.")
        return data

    def _check_tense(self, at: datetime, status: str | None) -> None:
        if at > self.now and status in ("done", "missed"):
            self.add_error("day", "This is in the future. Choose “Planned”, or check the date.")
        if at <= self.now and status == "planned":
            self.add_error("day", "This is in the past. Say what happened, or check the date.")

    def facts(self) -> dict[str, Any]:
        """What `record_session` takes."""
        names = ("at", "status", "route", "dose_mg_per_kg", "duration_minutes")
        return {name: self.cleaned_data[name] for name in names}

    @staticmethod
    def of(session: Session) -> dict[str, Any]:
        """A recorded session as the form shows it; the status is for the person to say."""
        local = session.at.astimezone(ZoneInfo(session.course.patient.timezone))
        return {
            "day": local.date(), "time": local.time(), "route": session.route,
            "dose_mg_per_kg": session.dose_mg_per_kg,
            "duration_minutes": session.duration_minutes,
        }  # fmt: skip


class DecisionForm(forms.Form):
    """What the clinician decided. The interval belongs to a taper and to nothing else."""

    option = forms.ChoiceField(
        choices=[(word, word.capitalize()) for word in (*OPTIONS, "other")],
        widget=forms.RadioSelect, label="Decision", error_messages=CHOOSE,
    )  # fmt: skip
    interval_days = forms.IntegerField(
        required=False, min_value=1, max_value=365, label="If taper, interval in days"
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, label="Reason",
        error_messages={"required": "Write the reason: it is stored beside the evidence."},
    )  # fmt: skip
    review_on = forms.DateField(widget=DateInput, label="Review on", error_messages=REQUIRED)

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_review_on(self) -> Any:
        if self.cleaned_data["review_on"] <= self.today:
            raise forms.ValidationError("Choose a day after today.")
        return self.cleaned_data["review_on"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        tapers, interval = data.get("option") == "taper", data.get("interval_days")
        if tapers and not interval and "interval_days" not in self.errors:
            self.add_error("interval_days", "Say how many days lie between sessions from now on.")
        if interval and data.get("option") and not tapers:
            self.add_error("interval_days", "An interval belongs to Taper only. Clear it.")
        return data


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, label="What was done",
        error_messages={"required": "Write what was done: it closes the alert."},
    )  # fmt: skip


class UntilForm(forms.Form):
    until = forms.DateField(
        required=False, widget=DateInput, label="Look ahead to",
        error_messages={"invalid": "Write the day as 2026-05-04."},
    )  # fmt: skip


class ProtocolForm(forms.Form):
    """Another protocol than the one followed, and why."""

    protocol = forms.ChoiceField(
        widget=forms.RadioSelect, label="Follow from now on", error_messages=CHOOSE
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, label="Reason",
        error_messages={"required": "Write the reason: it is kept with the change."},
    )  # fmt: skip

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["protocol"].choices = [
            (name, one.title)
            for name, one in protocols_in_use().items()
            if (name, one.version) != (course.protocol, course.protocol_version)
        ]


class FilledInForm(forms.Form):
    """The day on which a form on paper was filled in, on the patient's calendar."""

    on = forms.DateField(widget=DateInput, label="Filled in on", error_messages=REQUIRED)

    def __init__(self, *args: Any, first: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first, self.last = first, last

    def clean_on(self) -> date:
        on = self.cleaned_data["on"]
        if on > self.last:
            raise forms.ValidationError("This is in the future. Look at the form again.")
        if on < self.first:
            raise forms.ValidationError("This is before the enrolment. Import older forms instead.")
        return on


class StatusForm(forms.Form):
    status = forms.ChoiceField(
        choices=[
            ("active", "Active: forms are sent"), ("on_hold", "On hold: nothing is sent for now"),
            ("discharged", "Discharged: nothing more is sent"),
            ("deceased", "Deceased: nothing more is sent"),
        ],
        widget=forms.RadioSelect, label="New status", error_messages=CHOOSE,
    )  # fmt: skip


class MailAgainForm(forms.Form):
    agreed = forms.BooleanField(
        label="The address is right and the patient agrees to get mail again",
        error_messages={"required": "Tick this once you have asked."},
    )


class DoubtForm(forms.Form):
    """What to do about a mail that may or may not have left. Nothing is preselected."""

    mail = forms.UUIDField(widget=forms.HiddenInput)
    choice = forms.ChoiceField(
        choices=[("resend", "Send it again, with a new link"), ("leave", "Leave it as it is")],
        widget=forms.RadioSelect, label="What to do", error_messages=CHOOSE,
    )  # fmt: skip


def every_server_takes(address: str) -> None:
    if why := why_not_taken(address):
        raise forms.ValidationError(f"It {why}. {TO_DO}")


def number_taken(patient: Patient) -> str:
    """Who has it, for those who enrol, and who so may see everybody's contact."""
    since, zone = patient.courses.earliest("enrolled_at").enrolled_at, patient.timezone
    name = f"{patient.given_name} {patient.family_name}".strip()
    day = f"{weekday(since, zone)} {since.astimezone(ZoneInfo(zone)).year}"
    return NUMBER_TAKEN.format(who=f"{name} ({patient.code}), enrolled on {day}")


class ContactForm(forms.Form):
    """Who is asked, where, and who looks after them."""

    code = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", label="Clinic number",
        error_messages=REQUIRED | {"invalid": "Use letters, digits, dots, dashes."},
    )  # fmt: skip
    given_name = forms.CharField(max_length=80, label="Given name", error_messages=REQUIRED)
    family_name = forms.CharField(max_length=80, label="Family name", error_messages=REQUIRED)
    birth_date = forms.DateField(required=False, widget=DateInput, label="Date of birth")
    email = forms.EmailField(required=False, label="E-mail", validators=[every_server_takes])
    email_consent_on = forms.DateField(
        required=False, widget=DateInput, label="Agreed to e-mail on",
        help_text="No date: nothing is sent.",
    )  # fmt: skip
    language = forms.ChoiceField(
        choices=[(tag, one.name) for tag, one in languages().items()], label="Language"
    )
    timezone = forms.CharField(label="Time zone", error_messages=REQUIRED)
    clinician = forms.ModelChoiceField(
        Staff.objects.filter(role__in=["clinician", "lead"], is_active=True).order_by("name"),
        empty_label="choose", label="Clinician", error_messages=CHOOSE,
    )  # fmt: skip
    indication = forms.CharField(max_length=60, label="Indication", error_messages=REQUIRED)
    protocol = forms.ChoiceField(label="Protocol", error_messages=CHOOSE)

    def __init__(self, *args: Any, patient: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient = patient
        titles = [(key, each.title) for key, each in protocols_in_use().items()]
        conditions = ", ".join(one.title for one in indications_in_use().values())
        self.fields["indication"].help_text = f"These add questionnaires: {conditions}."
        self.fields["protocol"].choices = [("", "choose"), *titles]
        if patient and patient.language not in languages():
            self.fields["language"].choices.append((patient.language, patient.language))
        if patient:  # the number and the course stay: another course is another enrolment
            for name in ("code", "indication", "protocol"):
                del self.fields[name]

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        taken = Patient.objects.filter(code__iexact=code).first()
        if taken:
            raise forms.ValidationError(number_taken(taken))
        return code

    def clean_timezone(self) -> str:
        zone = self.cleaned_data["timezone"].strip()
        if zone not in available_timezones():
            raise forms.ValidationError("Write a zone such as America/Denver.")
        return zone

    def row(self) -> PatientRow:
        """What `enrol` takes."""
        if self.patient is None:
            return PatientRow(**self.cleaned_data)
        course = self.patient.courses.get(ended_at=None)
        return PatientRow(
            **self.cleaned_data, code=self.patient.code, indication=course.indication,
            protocol=course.protocol, status=self.patient.status,
        )  # fmt: skip

    @staticmethod
    def of(patient: Patient) -> dict[str, Any]:
        names = ("given_name", "family_name", "birth_date", "email", "email_consent_on",
                 "language", "timezone", "clinician")  # fmt: skip
        return {name: getattr(patient, name) for name in names}
