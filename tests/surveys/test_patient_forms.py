"""What comes back from a form, and what a page makes of it. No database, no request."""

import pytest
from django.http import QueryDict

from surveys.catalogue import every_instrument
from surveys.instrument import SHIPPED, load_folder, shipped_instruments
from surveys.patient import forms

PHQ9 = shipped_instruments()["phq9"]
GAD7 = shipped_instruments()["gad7"]
PANIC = shipped_instruments()["phq_panic"]
AUDIT_C = load_folder(SHIPPED)["audit_c"]
AFTER_SESSION = shipped_instruments()["after_session"]
ALL_ANSWERED = "&".join(f"phq9.{item.code}=0" for item in PHQ9.items)


@pytest.mark.parametrize(
    ("field", "meaning"),
    [
        ("phq9.1=0", 0),
        ("phq9.1=3", 3),
        ("phq9.1=declined", "declined"),
        ("", None),
        ("gad7.1=1", None),
    ],
)
def test_a_field_means_what_was_offered_under_it(field, meaning):
    assert forms.read([PHQ9], QueryDict(field)).answers["phq9"]["1"] == meaning


@pytest.mark.parametrize(
    "field",
    [
        "phq9.1=4",
        "phq9.1=-1",
        "phq9.1=",
        "phq9.1=1.0",
        "phq9.1=%200",
        "phq9.1=on",
        "phq9.1=None",
        "phq9.1=1&phq9.1=2",
        "phq9.1=0&phq9.1=0",
    ],
)
def test_what_was_never_offered_is_no_answer(field):
    reading = forms.read([PHQ9], QueryDict(field))
    assert reading.unreadable == ("phq9.1",)
    assert reading.answers["phq9"]["1"] is None
    assert reading.says_nothing


@pytest.mark.parametrize(
    ("posted", "pointed_out", "trouble"),
    [
        ("", False, "nothing"),
        ("", True, "nothing"),
        ("send=answers&pointed_out=yes&form=x", True, "nothing"),
        ("phq9.1=0", False, "open"),
        ("phq9.1=0", True, ""),
        ("phq9.1=declined", True, ""),
        (ALL_ANSWERED, False, ""),
        (ALL_ANSWERED.replace("phq9.9=0", "phq9.9=7"), False, "unreadable"),
        (ALL_ANSWERED.replace("phq9.9=0", "phq9.9=7"), True, "unreadable"),
        (ALL_ANSWERED.replace("phq9.9=0", "phq9.9=declined"), False, ""),
        (ALL_ANSWERED.replace("&phq9.9=0", ""), False, "open"),
    ],
)
def test_when_a_form_is_not_taken_yet(posted, pointed_out, trouble):
    reading = forms.read([PHQ9], QueryDict(posted))
    assert forms.trouble(reading, pointed_out=pointed_out) == trouble


def test_nothing_is_chosen_until_somebody_chooses():
    parts = forms.parts([PHQ9, GAD7])
    assert {question.chosen for part in parts for question in part.questions} == {""}


def test_questions_are_numbered_through_all_questionnaires():
    parts = forms.parts([PHQ9, GAD7])
    numbers = [question.number for part in parts for question in part.questions]
    assert numbers == list(range(1, 18))


def test_what_was_chosen_is_kept_and_what_is_open_is_marked():
    (part,) = forms.parts([PHQ9], forms.read([PHQ9], QueryDict("phq9.1=2&phq9.2=declined")))
    assert [question.chosen for question in part.questions[:3]] == ["2", "declined", ""]
    assert [question.open for question in part.questions[:3]] == [False, False, True]


@pytest.mark.parametrize(
    ("instrument", "notices"),
    [
        (PHQ9, {"9": ("Several days", True)}),
        (GAD7, {}),
        # one notice opens the run of five questions that a clinician is told of
        (AFTER_SESSION, {"redflag_cardiac": ("Yes", False)}),
    ],
)
def test_who_is_told_is_said_before_the_question(instrument, notices):
    (part,) = forms.parts([instrument])
    found = {q.item.code: (q.told_from, q.safety) for q in part.questions if q.told_from}
    assert found == notices


def test_a_group_of_questions_has_its_heading_once():
    (part,) = forms.parts([AFTER_SESSION])
    headings = {q.item.code: q.heading for q in part.questions if q.heading}
    assert list(headings) == ["nausea", "redflag_cardiac", "mood_change"]


def test_questionnaires_under_the_same_terms_share_a_licence_line():
    (terms,) = forms.licences([PHQ9, GAD7])
    assert terms.names == "PHQ-9, GAD-7"
    assert "No permission required to reproduce" in terms.text


@pytest.mark.parametrize(
    ("instrument", "posted", "answers", "open_"),
    [
        # "No" ends the panic module; "Yes" and no answer do not
        (PANIC, "phq_panic.a=0", "0----", []),
        (PANIC, "phq_panic.a=0&phq_panic.b=1&phq_panic.e=9", "0----", []),
        (PANIC, "phq_panic.a=1&phq_panic.b=1", "11---", ["c", "d", "e"]),
        (PANIC, "phq_panic.b=1", "-1---", ["a", "c", "d", "e"]),
        # "Never" leaves nothing to ask about drinks
        (AUDIT_C, "audit_c.1=0&audit_c.2=4&audit_c.3=declined", "0--", []),
        (AUDIT_C, "audit_c.1=1&audit_c.2=4", "14-", ["3"]),
        (AUDIT_C, "audit_c.1=declined", "d--", ["2", "3"]),
    ],
)
def test_what_an_earlier_answer_passes_over_is_not_asked(instrument, posted, answers, open_):
    reading = forms.read([instrument], QueryDict(posted))
    stored = reading.answers[instrument.id].values()
    assert "".join("-" if one is None else str(one)[0] for one in stored) == answers
    assert reading.blank == tuple(f"{instrument.id}.{code}" for code in open_)
    assert reading.unreadable == ()


def test_an_answer_somebody_must_see_is_kept_though_it_was_passed_over():
    screener = load_folder(SHIPPED / "scorers")["c_ssrs_screener"]
    told = screener.alerts[0].item
    reading = forms.read(
        [screener],
        QueryDict("&".join(f"c_ssrs_screener.{i}=0" for i in "12") + "&c_ssrs_screener.4=1"),
    )
    assert told in {"1", "2", "3", "4"}
    assert reading.answers["c_ssrs_screener"]["4"] == 1


def test_gates_are_numbered_through_the_page():
    parts = forms.parts([PANIC, AUDIT_C])
    questions = [question for part in parts for question in part.questions]
    assert [question.gates for question in questions if question.gates] == [{0: 1}, {0: 2}]
    assert [question.behind for question in questions] == [(), *[(1,)] * 4, (), (2,), (2,)]


def test_of_two_questions_that_stand_for_each_other_one_is_enough():
    """QIDS-SR16 asks 6 or 7, decreased or increased appetite, and 8 or 9, weight."""
    qids = every_instrument()["qids_sr16"]
    answered = "&".join(f"qids_sr16.{item.code}=0" for item in qids.items if item.code not in "79")
    assert forms.read([qids], QueryDict(answered)).blank == ()
    nothing_of_weight = answered.replace("&qids_sr16.8=0", "")
    assert forms.read([qids], QueryDict(nothing_of_weight)).blank == ("qids_sr16.8", "qids_sr16.9")
