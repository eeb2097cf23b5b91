"""The ledger a second time, in memory, from the rules in words. Imports nothing of ours.

One zone without clock changes, two forms: one at enrolment, open for 28 days or until the first
session; one 24 hours after each session done, open for five days or until the next session.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
OURS = timedelta(hours=-7)  # Phoenix, the whole year
UNSENT = ("planned", "due")
OPEN = ("planned", "due", "sent")
ENDED = ("answered", "expired", "skipped", "unreachable")
WAITING = ("queued", "retry")
ARRIVED = ("accepted", "delivered", "in_doubt")
FATES = {
    "accepted": "accepted", "later": "retry", "in_doubt": "in_doubt",
    "address_refused": "bounced", "refused": "failed",
}  # fmt: skip
# what is heard of a mail, the strongest word last, and the strongest reason to stop last
TOLD = {"processed": "accepted", "delivered": "delivered", "complained": "delivered",
        "dropped": "dropped", "bounced": "bounced"}  # fmt: skip
RANK = ["accepted", "delivered", "dropped", "bounced"]
STOPS = ["", "dropped", "bounced", "complained", "stopped", "not_me"]
TURNED_AWAY = STOPS[3:]  # by whoever reads the address


def waking(at: datetime) -> datetime:
    """Between 21:00 and 08:00 becomes the next 08:00."""
    there = at + OURS
    if 8 <= there.hour < 21:
        return at
    morning = there.replace(hour=8, minute=0, second=0, microsecond=0)
    return (morning + (24 * HOUR if there.hour >= 21 else 0 * HOUR)) - OURS


@dataclass
class Mail:
    kind: str
    ordinal: int
    address: str
    state: str = "queued"
    state_at: datetime | None = None
    handed_at: datetime | None = None
    retry_at: datetime | None = None
    attempts: int = 0
    link_until: datetime | None = None
    heard: set[tuple[str, datetime]] = field(default_factory=set)


@dataclass
class Form:
    due: datetime
    closes: datetime
    state: str = "planned"
    mails: list[Mail] = field(default_factory=list)

    @property
    def left(self) -> bool:
        return any(mail.state not in (*WAITING, "cancelled") for mail in self.mails)

    @property
    def invitations(self) -> list[Mail]:
        return [mail for mail in self.mails if mail.kind == "invitation"]

    def revoke(self) -> None:
        for mail in self.mails:
            mail.link_until = None

    def withdraw_waiting(self) -> None:
        for mail in self.mails:
            if mail.state in WAITING:
                mail.state = "cancelled"


@dataclass
class Person:
    """`sessions`: number -> (when, how it stands). `forms`: "baseline" or a session's number."""

    enrolled: datetime
    address: str
    status: str = "active"
    stop: str = ""
    alerts: int = 0
    taken: int = 0
    sessions: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)

    # -- the plan

    def asked(self) -> Iterator[tuple[str, datetime, datetime]]:
        ahead = sorted(at for at, word in self.sessions.values() if word in ("done", "planned"))
        start = waking(self.enrolled)
        yield "baseline", start, min([start + 28 * 24 * HOUR, *ahead[:1]])
        for number, (at, word) in self.sessions.items():
            if word == "done":
                due = waking(at + 24 * HOUR)
                later = [other for other in ahead if other > at]
                yield str(number), due, min([due + 120 * HOUR, *later[:1]])

    def plan(self, now: datetime) -> None:
        if self.status == "discharged":
            return
        wanted = {name: (due, closes) for name, due, closes in self.asked() if due < closes}
        for name, (due, closes) in wanted.items():
            old = self.forms.get(name)
            if old and (old.left or old.state not in (*UNSENT, "superseded", "cancelled")):
                continue
            form = self.forms.setdefault(name, Form(due, closes))
            form.due, form.closes = due, closes
            if form.state != "due" or due > now:
                form.state = "planned"
            if closes <= now:
                form.state = "skipped"
        for name, form in self.forms.items():
            if name not in wanted and form.state in UNSENT and not form.left:
                form.state = "superseded"

    # -- mail

    def refusal(self) -> str:
        if self.status == "discharged":
            return "cancelled"
        if self.status == "on_hold":
            return "skipped"
        return "unreachable" if self.stop else ""

    def send(
        self, form: Form, kind: str, ordinal: int, hour: datetime, fate: str, now: datetime
    ) -> None:
        """Four hours after the last mail; twenty where it is later than 4 hours 15 minutes."""
        if form.state not in ("due", "sent") or not form.due <= now < form.closes:
            return
        if refusal := self.refusal():
            form.state = refusal if form.state == "due" else form.state
            form.withdraw_waiting()
            return
        everything = [mail for one in self.forms.values() for mail in one.mails]
        apart = (20 if now - hour > 4.25 * HOUR else 4) * HOUR
        recent = (m for m in everything if m.state in ARRIVED and m.state_at > now - apart)
        if waking(now) != now or any(recent):
            return
        mail = next((m for m in form.mails if m.kind == kind and m.state in WAITING), None)
        if mail is None:
            mail = Mail(kind, ordinal, self.address)
            form.mails.append(mail)
        mail.address = self.address
        if mail.retry_at is None or mail.retry_at <= now:
            self.hand_over(form, mail, fate, now)

    def hand_over(self, form: Form, mail: Mail, fate: str, now: datetime) -> None:
        mail.state, mail.state_at, mail.handed_at = FATES[fate], now, now
        mail.attempts += 1
        mail.link_until = form.closes + 2 * HOUR
        self.taken += fate in ("accepted", "in_doubt")
        if fate == "later":
            mail.retry_at = now + min(60, 2 ** (mail.attempts - 1)) * timedelta(minutes=1)
        if fate == "address_refused":
            self.stop_for("bounced")
            form.state = "unreachable"
        elif mail.kind == "invitation" and form.state == "due":
            form.state = {"accepted": "sent", "refused": "skipped"}.get(fate, form.state)

    def stop_for(self, reason: str) -> None:
        self.stop = max(self.stop, reason, key=STOPS.index)

    def hear(self, form: Form, mail: Mail, word: str, now: datetime) -> None:
        """What a provider says of a mail that was handed over at least once; a copy of what it
        said before, of the same instant, is no news."""
        if (word, now) in mail.heard:
            return
        mail.heard.add((word, now))
        if mail.address == self.address or word == "complained":
            self.stop_for(word if word in STOPS else "")
        state = TOLD[word]
        if mail.state not in RANK or RANK.index(state) > RANK.index(mail.state):
            mail.state, mail.state_at = state, now
            waits = any(m.state in WAITING and m.address != mail.address for m in form.invitations)
            if mail.kind == "invitation" and form.state in UNSENT and not waits:
                form.state = "sent"
            if state in ("dropped", "bounced") and form.state in ("due", "sent"):
                self.not_reached(form, mail, now)

    def not_reached(self, form: Form, mail: Mail, now: datetime) -> None:
        """What comes back from an address corrected meanwhile brings the form back, once."""
        old = mail.address != self.address
        new = [m for m in form.invitations if m.address == self.address and m.state != "cancelled"]
        if not (old and new):
            form.state = "unreachable"
            if old:
                self.invite_anew(form, now)

    def invite_anew(self, form: Form, now: datetime) -> bool:
        """A form still open that could not be delivered, once the address is corrected to one
        where no invitation to it has arrived."""
        back = form.state == "unreachable" and form.due <= now < form.closes and not self.refusal()
        there = (m.state for m in form.invitations if m.address.lower() == self.address.lower())
        if back := back and not any(state in ARRIVED for state in there):
            form.state = "due"
            if form.left:
                form.mails.append(Mail("invitation", 0, self.address))
        return back

    # -- what happens to a person

    def invite(self, fate: str, now: datetime) -> None:
        for form in self.forms.values():
            if form.state == "planned" and form.due <= now < form.closes:
                form.state = "due"
        self.leave_out(now)
        waiting = [form for form in self.forms.values() if self._to_invite(form, now)]
        if waiting:
            form = min(waiting, key=lambda form: form.closes)
            self.send(form, "invitation", 0, form.due, fate, now)

    def leave_out(self, now: datetime) -> None:
        """What fell due more than three days ago gives way to a newer form that is open."""
        for form in self.forms.values():
            to_go = any(mail.state in WAITING for mail in form.invitations) or not form.left
            waits = form.state == "due" and form.due <= now < form.closes and to_go
            if waits and self._gives_way(form, form.due, now):
                form.state = "skipped"
                form.withdraw_waiting()

    def _gives_way(self, form: Form, hour: datetime, now: datetime) -> bool:
        """And to one that asks the same: each check asks what the check before it asked."""
        newer = [one for one in self.forms.values() if form.due < one.due <= now]
        is_open = [one for one in newer if one.state in ("due", "sent") and now < one.closes]
        same = [one for one in newer if one in is_open or one.state == "answered"]
        is_check = form is not self.forms.get("baseline")
        return bool((is_check and same) or (is_open and now - hour > 72 * HOUR))

    def _to_invite(self, form: Form, now: datetime) -> bool:
        mails = form.invitations
        open_now = form.state == "due" and form.due <= now < form.closes
        again = (m.state == "queued" or (m.state == "retry" and m.retry_at <= now) for m in mails)
        return open_now and (any(again) or all(m.state == "cancelled" for m in mails))

    def remind(self, fate: str, now: datetime) -> None:
        for form in sorted(self.forms.values(), key=lambda form: form.due):
            first = [m for m in form.mails if m.kind == "invitation" and m.state in ARRIVED]
            anew = any(m.state in WAITING for m in form.invitations)
            if form.state not in ("due", "sent") or now >= form.closes or not first or anew:
                continue
            hours = [max(m.handed_at for m in first) + after * HOUR for after in (24, 72)]
            stage = sum(now >= hour for hour in hours)
            done = [mail for mail in form.mails if mail.kind == "reminder"]
            waiting = [mail for mail in done if mail.state in WAITING]
            if not waiting and stage <= max((mail.ordinal for mail in done), default=0):
                continue
            if not self._gives_way(form, hours[stage - 1], now):
                self.send(form, "reminder", stage, hours[stage - 1], fate, now)
                continue
            for mail in waiting:
                mail.state = "cancelled"
            if stage > max((mail.ordinal for mail in done), default=0):
                form.mails.append(Mail("reminder", stage, self.address, "cancelled"))

    def answer(self, name: str, ninth: int) -> None:
        form = self.forms[name]
        if form.state == "answered":
            return
        form.state = "answered"
        form.revoke()
        form.withdraw_waiting()
        self.alerts += name == "baseline" and ninth >= 1

    def revoke_all(self) -> None:
        for form in self.forms.values():
            form.revoke()

    def move_to(self, address: str, now: datetime) -> None:
        self.address = address
        self.stop = self.stop if self.stop in ("complained", "stopped") else ""
        self.revoke_all()
        back = [form for form in self.forms.values() if self.invite_anew(form, now)]
        if back:
            self.plan(now)

    def turn_away(self, word: str) -> None:
        self.stop_for(word)
        self.revoke_all()

    def set_status(self, status: str, now: datetime) -> None:
        self.status = status
        if status == "discharged":
            self.revoke_all()
            for form in self.forms.values():
                form.state = "cancelled" if form.state in OPEN else form.state
        if status == "active":
            self.plan(now)

    def sweep(self, now: datetime) -> None:
        """Windows that have closed end in a counted state; mail that waits in vain is withdrawn."""
        for form in self.forms.values():
            if form.state in OPEN and form.closes <= now:
                doubt = any(m.kind == "invitation" and m.state == "in_doubt" for m in form.mails)
                unsent = "expired" if doubt else "unreachable" if self.stop else "skipped"
                sent = "unreachable" if self.stop in TURNED_AWAY else "expired"
                form.state = sent if form.state == "sent" else unsent
            if form.state in ENDED or form.closes <= now:
                form.withdraw_waiting()

    def links(self, now: datetime) -> int:
        ends = [m.link_until for form in self.forms.values() for m in form.mails if m.link_until]
        return sum(end > now for end in ends)
