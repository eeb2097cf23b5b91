"""The records. Clinical rows are append-only: a correction is a new row, never an edit."""

from surveys.models.alerts import Alert
from surveys.models.chain import ChainHead, Event
from surveys.models.courses import Course, CourseVersion, ProtocolChange, Session, StepDown
from surveys.models.history import HistoryEntry
from surveys.models.messages import ClockWatch, MailEvent, MailLine, Message, Token
from surveys.models.occurrences import Occurrence, OccurrenceVersion
from surveys.models.people import Patient, Staff
from surveys.models.responses import Draft, Handover, Response, Score

__all__ = [
    "Alert",
    "ChainHead",
    "ClockWatch",
    "Course",
    "CourseVersion",
    "Draft",
    "Event",
    "Handover",
    "HistoryEntry",
    "MailEvent",
    "MailLine",
    "Message",
    "Occurrence",
    "OccurrenceVersion",
    "Patient",
    "ProtocolChange",
    "Response",
    "Score",
    "Session",
    "Staff",
    "StepDown",
    "Token",
]
