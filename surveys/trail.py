"""What was done to one patient's plan, by whom, and what it changed: the audit trail in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from surveys import why
from surveys.confirmation import REASONS
from surveys.edits import Change, Edit, Trace, edits
from surveys.in_use import protocols_in_use
from surveys.models import Event, Occurrence, Patient, ProtocolChange, Session, Staff
from surveys.outlook import title_of

STATUSES = {
    "active": "made the patient active again",
    "on_hold": "put the patient on hold: nothing is sent for now",
    "discharged": "discharged the patient: nothing more is sent",
    "deceased": "recorded that the patient has died: nothing more is sent",
}
MAIL = {
    "enrolled": "enrolled the patient",
    "stopped mails": "asked to stop mails: nothing is mailed",
    "said not me": "said that somebody else reads this address: nothing is mailed",
    "resumed mails": "let mail flow again",
    "changed address": "changed the address",
}
SESSIONS = ("recorded session", "corrected session")
VERBS = (
    "planned", *SESSIONS, *MAIL, "asked again", "changed protocol", "changed status",
    "changed contact",
)  # fmt: skip
BECAME = {
    "done": "recorded that the session of {at} took place",
    "planned": "planned a session for {at}",
    "cancelled": "cancelled the session of {at}",
    "missed": "recorded that the patient did not come on {at}",
}


@dataclass(frozen=True)
class Told:
    """One edit in words. `why`: the reason somebody wrote down; it may be clinical."""

    at: datetime
    by: str
    did: tuple[str, ...]
    why: str
    changes: tuple[str, ...]


def told(patient: Patient, *, clinical: bool = True) -> list[Told]:
    """Every edit of this patient's plan, newest first. `clinical`: whether what rests on answers,
    and the reasons people wrote, are told."""
    rows = Event.objects.filter(subject=f"patient:{patient.pk}", verb__in=VERBS).order_by("seq")
    trail = [Trace(row.at, row.by, row.verb, row.detail) for row in rows if _matters(row)]
    titles = {row.pk: row.title for row in Occurrence.objects.filter(course__patient=patient)}
    return [_told(edit, patient.timezone, titles, clinical) for edit in reversed(edits(trail))]


def _matters(row: Event) -> bool:
    return row.verb != "changed contact" or "timezone" in row.detail["fields"]


def _told(edit: Edit, zone: str, titles: Mapping[int, str], clinical: bool) -> Told:
    did = tuple(_did(step, zone, clinical) for step in edit.did) or ("planned further ahead",)
    reasons = [_protocol_change(s).reason for s in edit.did if s.verb == "changed protocol"]
    why_written = " ".join(reasons) if clinical else ""
    changes = tuple(sentence(change, titles[change.row], zone) for change in edit.changes)
    return Told(edit.at, _name(edit.by), did, why_written, changes)


def sentence(change: Change, title: str, zone: str) -> str:
    """One form's fate, as "Weekly check-in: moved from 10 March, 09:00 to 11 March, 09:00"."""
    before, after = (why.moment(at, zone) if at else "" for at in (change.before, change.after))
    if not before:
        return f"{title}: added, {after}"
    if not after:
        return f"{title} of {before}: dropped, {change.reason}"
    moved = f"moved from {before} to {after}" if before != after else ""
    return f"{title}{'' if moved else f' of {after}'}: " + ", ".join(
        filter(None, (moved, *_reshaped(change)))
    )


def _reshaped(change: Change) -> Iterator[str]:
    if change.asked is None:
        return
    old, new = change.asked
    for word, names in (
        ("asks also", [one for one in new if one not in old]),
        ("no longer asks", [one for one in old if one not in new]),
    ):
        if names:
            yield f"{word} {' and '.join(title_of(one) for one in names)}"


def _did(step: Trace, zone: str, clinical: bool) -> str:
    if step.verb in SESSIONS:
        return _session(step, zone)
    if step.verb == "changed protocol":
        change = _protocol_change(step)
        old, new = (protocols_in_use()[one].title for one in (change.before, change.after))
        return f"changed the protocol from “{old}” to “{new}”"
    if step.verb == "changed status":
        return STATUSES[step.detail["status"]]
    if step.verb == "asked again":
        return REASONS[step.detail["rule"]].did if clinical else "asked once more"
    return MAIL.get(step.verb, "changed the time zone")


def _protocol_change(step: Trace) -> ProtocolChange:
    return ProtocolChange.objects.get(pk=step.detail["change"])


def _session(step: Trace, zone: str) -> str:
    versions = Session.objects.filter(key=step.detail["session"])
    new = versions.get(version=step.detail["version"])
    old = versions.filter(version=new.version - 1).first()
    at = why.moment(new.at, zone)
    if old and old.at != new.at:
        return f"moved the session of {why.moment(old.at, zone)} to {at}"
    if old and old.status == new.status:
        return f"corrected the session of {at}"
    return BECAME[new.status].format(at=at)


def _name(by: str) -> str:
    kind, _, number = by.partition(":")
    if kind == "staff" and number.isdigit():
        return Staff.objects.get(pk=number).name
    return {"patient": "the patient", "link": "whoever read the mail", "flow": "Afterglow"}.get(
        kind, by
    )
