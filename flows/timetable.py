"""When each flow runs: one table, in one place.

What runs all day keeps UTC: a clinic's own zone repeats an hour in autumn, and a cron in that
zone would sleep through it. What has a time of day keeps the clinic's zone and stays between
04:00 and 22:00, where no hour is skipped or repeated.
"""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Appointment:
    """A flow and its cron line; the sixth field, where present, is the second."""

    flow: str
    cron: str
    timezone: str


def timetable(clinic_timezone: str) -> tuple[Appointment, ...]:
    return (
        # twice a minute, so that an alert is with the clinician within one
        Appointment("alert", "* * * * * 0,30", "UTC"),
        Appointment("send", "*/5 * * * *", "UTC"),
        Appointment("upkeep", "2-59/5 * * * *", "UTC"),
        Appointment("remind", "10 8-20 * * *", clinic_timezone),
        # Monday at seven; the later times find nothing to do, unless seven o'clock was missed
        Appointment("weekly", "0 7-19/3 * * *", clinic_timezone),
    )


TIMETABLE = timetable(settings.CLINIC_TIMEZONE)
