"""Chapter: why a form is asked, why another is not, and what an edit changed.

Every sentence comes from the rule in the protocol's file, and from the audit trail. Day 0 is
Monday 2 March 2026 in Denver.
"""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from surveys.actions.enrol import set_status
from surveys.actions.protocol import change_protocol
from surveys.actions.treat import change_session, record_session
from surveys.edits import Trace, edits
from surveys.outlook import Outlook, held_back
from surveys.plan import explained
from surveys.planned import SessionFact
from surveys.protocol import Elapsed, Wall, shipped_protocols
from surveys.trail import told
from surveys.why import left_out, reason
from tests.cast import DAY, HOUR, START, ana, due, okafor, treated
from tests.doors import invited

DENVER = "America/Denver"
BASE = shipped_protocols()["six-then-boosters"]
MARCH_3 = datetime(2026, 3, 3, 17, tzinfo=UTC)
NINE = time(9)


# --- the rule in words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("anchor", "asked", "number", "words"),
    [
        ("enrolment", Elapsed(0), 1, "at enrolment on 3 March"),
        ("each-session", Elapsed(24), 1, "24 hours after the session of 3 March"),
        ("each-session", Elapsed(1), 1, "1 hour after the session of 3 March"),
        ("each-session", Wall(NINE, (7,), None, None), 1, "7 days after the session of 3 March"),
        ("first-session", Wall(NINE, (1,), None, None), 1,
         "1 day after the first session, 3 March"),
        (
            "last-induction-session", Wall(NINE, (14,), None, None), 1,
            "14 days after the last session of the induction, 3 March",
        ),
        (
            "maintenance-session", Wall(NINE, (14, 21), None, None), 2,
            "21 days after the session of 3 March, in maintenance",
        ),
        (
            "first-session", Wall(NINE, (7,), 7, 8), 3,
            "every week after the first session, 3 March: number 3, after 21 days",
        ),
        (
            "last-induction-session", Wall(NINE, (28,), 28, None), 2,
            "every 4 weeks after the last session of the induction, 3 March: number 2,"
            " after 56 days",
        ),
        (
            "enrolment", Wall(NINE, (10,), 10, None), 1,
            "every 10 days after enrolment on 3 March: number 1, after 10 days",
        ),
        (
            "enrolment", Wall(NINE, (3, 17), 14, None), 1, "3 days after enrolment on 3 March",
        ),
    ],
)  # fmt: skip
def test_the_rule_in_words(anchor, asked, number, words):
    rule = replace(BASE.rules[0], id="r", anchor=anchor, due=asked)
    assert reason(replace(BASE, rules=(rule,)), "r", number, MARCH_3, DENVER) == words


def test_a_time_in_the_night_is_said_to_be_moved_out_of_it():
    rule = replace(BASE.rules[0], id="r", anchor="each-session", due=Elapsed(12))
    words = reason(replace(BASE, rules=(rule,)), "r", 1, MARCH_3, DENVER)
    assert words == "12 hours after the session of 3 March; not between 21:00 and 08:00"


def test_where_the_anchor_is_unknown_the_rule_speaks_in_its_own_words():
    rule = BASE.rule("weekly")
    assert reason(BASE, "weekly", 1, None, DENVER) == rule.why


def test_a_rule_the_protocol_does_not_have_has_no_reason():
    assert reason(BASE, "hourly", 1, MARCH_3, DENVER) == ""


# --- what is not asked ----------------------------------------------------------------------------


def not_asked(protocol, days, until=60, already=()):
    sessions = [SessionFact(str(day), START + day * DAY, "done") for day in days]
    found = explained(protocol, START, sessions, DENVER, START + until * DAY, already)
    return [(one.form.rule, left_out(one, protocol, DENVER, str)) for one in found.left_out]


def test_nothing_is_left_out_unsaid():
    """Every form the rules give is in the plan, travels in another, or is left out with a word."""
    for protocol in shipped_protocols().values():
        sessions = [SessionFact(str(n), START + n * 3 * DAY, "done") for n in range(12)]
        found = explained(protocol, START, sessions, DENVER, START + 90 * DAY)
        free = replace(
            protocol, most_questions_per_week=10_000, together_within_hours=0, min_spacing_days=0,
            rules=tuple(replace(rule, min_spacing_days=0) for rule in protocol.rules),
        )  # fmt: skip
        every = explained(free, START, sessions, DENVER, START + 90 * DAY).forms
        here = {form.key for form in found.forms} | {one.form.key for one in found.left_out}
        here |= {key for form in found.forms for key in form.carries}
        assert {form.key for form in every} <= here, protocol.id


def test_a_form_too_close_to_a_more_important_one_names_it():
    """Boosters: day 21 after the session of 4 March is five days before the monthly form."""
    words = not_asked(shipped_protocols()["boosters-on-demand"], (2,))
    assert words == [
        (
            "mid-interval",
            "not asked, because Monthly check-in of 30 March asks phq9 and comes first",
        )
    ]


def test_a_questionnaire_above_the_cap_names_the_cap():
    tight = replace(BASE, most_questions_per_week=20)
    words = [words for _, words in not_asked(tight, (0, 2, 4, 7, 9, 11))]
    assert "not asked, because of the cap of 20 questions in any seven days" in words


# --- what one patient's page says -----------------------------------------------------------------

SESSION = START + DAY


@pytest.fixture
def course(db):
    return ana()


def lines(course, **until):
    course.refresh_from_db()
    return {
        (line.survey, f"{line.due_at:%d %b}"): line for line in Outlook(course, **until).coming()
    }


@pytest.mark.django_db
def test_each_form_to_come_stands_with_its_reason_and_what_it_asks(course):
    treated(course, SESSION)
    weekly = lines(course)["weekly", "10 Mar"]
    assert weekly.why == "every week after the first session, 3 March: number 1, after 7 days"
    assert weekly.asks == ("PHQ-9",)
    assert weekly.state == "planned"


@pytest.mark.django_db
def test_a_form_held_back_says_from_when(course, mailbox):
    treated(course, START + 18 * DAY)
    weekly = due(course, "weekly", now=START + 25 * DAY)
    invited(weekly, mailbox, now=START + 25 * DAY)
    change_protocol(
        course, "boosters-on-demand", reason="as agreed", by="desk", now=START + 26 * DAY
    )
    monthly = lines(course)["monthly", "02 Apr"]
    assert monthly.notes == ("held back from 30 March, which was too soon after an earlier form",)


@pytest.mark.django_db
def test_forms_that_travel_in_one_mail_name_each_other(course):
    treated(course, SESSION)
    treated(course, SESSION + 6 * DAY)
    joined = [line for line in lines(course).values() if line.notes]
    assert [line.notes[0].split(",")[0] for line in joined][:1] == [
        "mailed together with After-session check"
    ]


@pytest.mark.django_db
def test_a_form_that_went_out_counts_from_the_session_as_it_stood_then(course, mailbox):
    session = treated(course, SESSION)
    row = due(course, "after-session", now=SESSION + DAY)
    invited(row, mailbox, now=SESSION + DAY)
    change_session(
        session, at=SESSION - 2 * HOUR, status="done", by="desk", now=SESSION + DAY + HOUR
    )
    change_session(
        course.sessions.get(superseded_at=None), at=SESSION + 5 * HOUR - DAY, status="done",
        by="desk", now=SESSION + DAY + 2 * HOUR,
    )  # fmt: skip
    sent = next(line for line in Outlook(course).gone_by() if line.survey == "after-session")
    assert sent.why == "24 hours after the session of 3 March"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"status": "on_hold"}, "Held back: the patient is on hold."),
        ({"email": ""}, "Held back: there is no e-mail address."),
        ({"email_consent_on": None}, "Held back: the patient has not agreed to e-mail."),
        ({"mail_stop": "bounced"}, "Held back: mail to this address bounced."),
        ({"mail_stop": "stopped"}, "Held back: the patient asked to stop mails."),
        ({"mail_stop": "not_me"}, "Held back: somebody else reads this address."),
        ({"status": "discharged"}, "Nothing is sent: the patient is discharged."),
        ({"status": "deceased"}, "Nothing is sent: the patient has died."),
    ],
)
@pytest.mark.django_db
def test_why_nothing_is_mailed(course, change, words):
    for name, value in change.items():
        setattr(course.patient, name, value)
    assert held_back(course.patient) == words


# --- what an edit changed -------------------------------------------------------------------------

AT = "2026-03-{:02}T15:00:00+00:00".format


@pytest.mark.parametrize(
    ("steps", "fates"),
    [
        ([{"added": [[1, AT(3)]]}], [(1, None, 3, "")]),
        ([{"moved": [[1, AT(3), AT(4)]]}], [(1, 3, 4, "")]),
        ([{"withdrawn": [[1, AT(3), "discharged"]]}], [(1, 3, None, "discharged")]),
        ([{"moved": [[1, AT(3), AT(4)]]}, {"moved": [[1, AT(4), AT(6)]]}], [(1, 3, 6, "")]),
        ([{"moved": [[1, AT(3), AT(4)]]}, {"moved": [[1, AT(4), AT(3)]]}], []),
        ([{"withdrawn": [[1, AT(3), "x"]]}, {"added": [[1, AT(5)]]}], [(1, 3, 5, "")]),
        ([{"added": [[1, AT(3)]]}, {"withdrawn": [[1, AT(3), "x"]]}], []),
    ],
)
def test_the_steps_of_one_edit_come_to_one_fate_for_each_form(steps, fates):
    (edit,) = edits([Trace(START, "desk", "planned", step) for step in steps]) or (None,)
    found = edit.changes if edit else ()
    assert [
        (c.row, c.before and c.before.day, c.after and c.after.day, c.reason) for c in found
    ] == fates


def test_two_people_at_one_instant_are_two_edits():
    step = {"added": [[1, AT(3)]]}
    trail = [Trace(START, by, "planned", step) for by in ("desk", "lead")]
    assert [edit.by for edit in edits(trail)] == ["desk", "lead"]


@pytest.mark.django_db
def test_an_edit_names_who_did_what_and_when(course):
    doctor = okafor()
    record_session(course, at=SESSION, by=f"staff:{doctor.pk}", now=SESSION + HOUR)
    edit = told(course.patient)[0]
    assert (edit.at, edit.by) == (SESSION + HOUR, "N. Okafor")
    assert edit.did == ("recorded that the session of 3 March, 09:00 took place",)
    assert "After-session check: added, 4 March, 09:00" in edit.changes
    assert "Weekly check-in: added, 10 March, 09:00" in edit.changes


@pytest.mark.parametrize(
    ("at", "status", "did"),
    [
        (SESSION + DAY, "done", "moved the session of 3 March, 09:00 to 4 March, 09:00"),
        (SESSION, "cancelled", "cancelled the session of 3 March, 09:00"),
        (SESSION, "missed", "recorded that the patient did not come on 3 March, 09:00"),
        (SESSION, "done", "corrected the session of 3 March, 09:00"),
    ],
)
@pytest.mark.django_db
def test_what_was_done_to_a_session(course, at, status, did):
    session = treated(course, SESSION)
    change_session(session, at=at, status=status, by="desk", now=SESSION + 2 * HOUR)
    assert told(course.patient)[0].did == (did,)


@pytest.mark.django_db
def test_a_past_edit_is_told_as_it_was_whatever_came_later(course):
    session = treated(course, SESSION)
    moved = change_session(
        session, at=SESSION + DAY, status="done", by="desk", now=SESSION + 2 * HOUR
    )
    then = told(course.patient)[0]
    change_session(moved, at=SESSION + 3 * DAY, status="done", by="lead", now=SESSION + 3 * HOUR)
    assert told(course.patient)[1] == then
    assert "Weekly check-in: moved from 10 March, 09:00 to 11 March, 09:00" in then.changes


@pytest.mark.django_db
def test_a_hold_says_that_nothing_is_sent_and_drops_nothing(course):
    set_status(course.patient, "on_hold", by="desk", now=SESSION)
    edit = told(course.patient)[0]
    assert edit.did == ("put the patient on hold: nothing is sent for now",)
    assert edit.changes == ()


@pytest.mark.django_db
def test_a_discharge_names_every_form_it_ends(course):
    set_status(course.patient, "discharged", by="desk", now=START + HOUR)
    edit = told(course.patient)[0]
    assert edit.changes == ("First check-in of 2 March, 09:00: dropped, discharged",)


@pytest.mark.django_db
def test_another_protocol_stands_with_its_reason_and_both_plans(course):
    treated(course, SESSION)
    change_protocol(course, "taper-ladder", reason="It holds.", by="desk", now=SESSION + 2 * HOUR)
    edit = told(course.patient)[0]
    assert edit.why == "It holds."
    assert edit.did[0].endswith("“Taper: longer and longer intervals”")
    assert "Weekly check-in of 10 March, 09:00: dropped, protocol changed" in edit.changes
    assert "Two-weekly check-in: added, 17 March, 09:00" in edit.changes
