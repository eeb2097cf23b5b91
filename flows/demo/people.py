"""What each fictional patient does with a letter, and what they put into a form."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from flows.demo import forms
from flows.demo.browser import Form
from flows.demo.cast import Cast, Person
from flows.demo.files import session_times
from flows.demo.sink import Received

SOONEST, LATEST = timedelta(minutes=35), timedelta(hours=5)
NOISE_POINTS = 1.0  # of one form against the person's own course; real forms vary more
# Shares of "none", "mild", "moderate", "severe" after a session; invented
SIDE_EFFECTS = (0.62, 0.27, 0.09, 0.02)
HALF_HOUR = timedelta(minutes=30)
ANSWERED_AT_LETTER = {"same day": 1, "first reminder": 2, "second reminder": 3}


@dataclass
class Patient:
    """One person of the cast with their own dice and their own memory."""

    person: Person
    cast: Cast
    opening: date
    dice: Random
    letters: int = 0  # about the survey that is open now
    ignoring: bool = False
    told: bool = field(default=False)  # has given the planned answer to question 9

    def answers_at(self, letter: Received, now: datetime) -> datetime | None:
        """When this letter is answered; None when it is left lying."""
        if "reminder" in str(letter.letter["Subject"]).lower():
            self.letters += 1
        else:
            self.letters, self.ignoring = 1, self.dice.random() < self.person.ignores
        wait = SOONEST + self.dice.random() * (LATEST - SOONEST)
        if self.ignoring or self.letters != ANSWERED_AT_LETTER.get(self.person.habit):
            return None
        return on_the_half_hour(now + wait)

    def fills_in(self, form: Form, now: datetime) -> dict[str, str]:
        """A choice for every question of the page, but for what this person leaves out."""
        total = self.total(now)
        asked: defaultdict[str, list[str]] = defaultdict(list)
        chosen: dict[str, str] = {}
        for name in form.choices:
            instrument, item = name.split(".", 1)
            asked[instrument].append(item)
        if asked["phq9"]:
            chosen |= self.phq9(total, self.weeks(now))
        chosen |= {f"gad7.{item}": self.worried(total) for item in asked["gad7"]}
        chosen |= {
            name: self.after_session(name, options)
            for name, options in form.choices.items()
            if name.startswith("after_session.")
        }
        # nobody in the cast was harmed in the long run
        chosen |= {name: "0" for name in form.choices if name.startswith("longer_term_harms.")}
        return {name: value for name, value in chosen.items() if name in form.choices}

    def phq9(self, total: int, weeks: float) -> dict[str, str]:
        pattern = forms.phq9(total, self.ninth(weeks), self.dice)
        answers = {f"phq9.{item}": str(value) for item, value in pattern.items()}
        answers["phq9.10"] = str(forms.difficulty(total))
        if self.person.declines:
            answers[f"phq9.{self.person.declines}"] = "declined"
        answers.pop(f"phq9.{self.person.open}", None)
        return answers

    def ninth(self, weeks: float) -> int:
        """0, but for the one form on which the cast says otherwise."""
        if self.told or not self.person.positive or weeks < self.person.positive[0]:
            return 0
        self.told = True
        return int(self.person.positive[1])

    def worried(self, total: int) -> str:
        return str(forms.in_proportion(total, 3, self.dice))

    def after_session(self, name: str, options: list[str]) -> str:
        numbers = [value for value in options if value.isdigit()]
        if name.endswith(".mood_change"):
            return self.dice.choice(["2", "3", "3", "4"])
        if len(numbers) == 2:
            return "0"
        return self.dice.choices(numbers, SIDE_EFFECTS)[0]

    def total(self, now: datetime) -> int:
        expected = self.person.severity(self.weeks(now), self.weeks_since_session(now))
        return min(27, max(0, round(self.dice.gauss(expected, NOISE_POINTS))))

    def weeks(self, now: datetime) -> float:
        first = self.cast.first_day(self.person, self.opening)
        start = datetime.combine(first, time(), ZoneInfo(self.person.zone))
        return max(0.0, (now - start) / timedelta(weeks=1))

    def weeks_since_session(self, now: datetime) -> float:
        times = session_times(self.cast, self.person, self.opening)
        came = [
            at for number, at in enumerate(times) if at <= now and number not in self.person.missed
        ]
        return (now - came[-1]) / timedelta(weeks=1) if came else 0.0


def on_the_half_hour(at: datetime) -> datetime:
    """The last full or half hour before it."""
    return at - (at - at.replace(minute=0, second=0, microsecond=0)) % HALF_HOUR
