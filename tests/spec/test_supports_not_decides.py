"""Chapter: it informs a clinician and does not decide.

Four conditions set such software apart from a medical device in the United States (section
520(o)(1)(E) of the Food, Drug and Cosmetic Act, as listed by three law firms; counsel must
confirm). Each stands on the methods page with how it is met; here, how that is held.
"""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

import surveys
from reports.cohort import shipped_declaration
from reports.evidence import shipped_rules
from reports.evidence.rules import OPTIONS
from reports.facts import CourseFacts
from reports.methods import build_methods
from reports.page import build_page
from reports.render import render_html, render_pdf
from surveys.instrument import shipped_instruments
from tests.reports import courses, pieces
from tests.reports.test_render import in_html, in_pdf, squeezed

COURSES = pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)
PATIENTS_ROOM = Path(surveys.__file__).parent


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


def due_of(facts):
    """What stands under "Decision due"; None where the page has no such field."""
    figures = page_of(facts).figures
    return next(((one.value, one.note) for one in figures if one.label == "Decision due"), None)


def methods():
    return build_methods(shipped_instruments().values(), shipped_rules(), shipped_declaration())


def test_the_four_conditions_stand_on_the_methods_page():
    asked = [asks.split(",")[0].rstrip(".") for asks, _ in methods().conditions]
    assert asked == [
        "It reads no image",
        "It shows medical information",
        "It supports a professional and neither replaces nor directs one",
        "The professional can review the basis alone",
    ]


class TestItReadsNoImageAndNoSignal:
    def test_a_page_is_made_of_answers_sessions_and_what_staff_enter_and_of_nothing_else(self):
        """A new kind of input has to be added here, and thought about."""
        who_and_when = {
            "patient", "initials", "clinic", "indication", "protocol_title", "protocol_version",
            "phase", "induction_sessions", "primary", "as_of", "known_at", "zone", "report_number",
            "previous",
        }  # fmt: skip
        inputs = {"forms", "sessions", "occurrences", "alerts", "decisions", "history", "wander"}
        assert {field.name for field in fields(CourseFacts)} == who_and_when | inputs


class TestItShowsMedicalInformation:
    @COURSES
    def test_with_its_date_and_what_is_missing(self, make):
        facts = make()
        page = page_of(facts)
        assert page.as_of_text.startswith("data as of ")
        assert re.search(r"\d+ received, \d+ unreachable, \d+ skipped, \d+ not answered",
                         page.freshness.collected)  # fmt: skip
        assert dict(page.standing)["Latest"].count(" on ") == 1

    def test_what_was_never_asked_is_said_and_not_left_blank(self):
        page = page_of(courses.totals_only())
        assert "Whether there is harm: no harms check has been answered." in everything(page)
        assert "self-harm, is answered on no form here: it is not known." in everything(page)

    def test_a_harm_below_its_limit_or_never_asked_is_not_called_absent(self):
        page = page_of(courses.steady_responder())
        assert (
            "Above 0, below the rule’s limit: dissociation “mild” on 21 Aug (limit: severe). "
            "Check of 21 Aug, 17 days ago. 4 of 9 harms not asked."
        ) in everything(page)

    @pytest.mark.parametrize(
        ("make", "interval"),
        [
            (courses.steady_responder, "21 days"),
            (courses.pain, "28 days planned"),
            (courses.stopped_answering, "37 days, none booked"),
            (courses.sparse, "37 days, none booked"),
            (courses.totals_only, "25 days, none booked"),
        ],
    )
    def test_an_interval_that_no_session_closed_is_said_to_go_on(self, make, interval):
        figures = {figure.label: figure.value for figure in page_of(make()).figures}
        assert figures["Interval"] == interval

    def test_without_three_forms_before_it_nothing_is_said_to_stay_below_a_reference(self):
        crossed = [row.crossed for row in page_of(courses.ptsd()).intervals]
        assert crossed == ["no form", "no reference yet", "no reference yet", "no reference yet"]

    def test_an_agreed_review_is_a_decision_due(self):
        decisions = courses.wane_and_rebound().decisions
        assert due_of(replace(courses.steady_responder(), decisions=decisions)) == (
            "Mon 2 Nov", "agreed on 4 Sep",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("make", "due"),
        [
            (courses.worsening, ("before session 9 on 23 Jul", "rules S1†, I3, W1†, X3†")),
            (courses.steady_non_responder, ("before the next session", "I3")),
            (courses.sparse, ("reach the patient first", "D0†")),
            (courses.steady_responder, None),
        ],
    )
    def test_a_rule_that_speaks_now_makes_a_decision_due_and_no_rule_leaves_the_field_out(
        self, make, due
    ):
        found = due_of(make())
        if due is None:
            assert found is None
        else:
            assert found[0] == due[0]
            assert found[1].endswith(due[1])

    @pytest.mark.parametrize(
        ("make", "lead", "then"),
        [
            (courses.pain, "Self-harm was not asked on any form.", "No open alert."),
            (courses.ptsd, "Self-harm was not asked on any form.", "No open alert."),
            (courses.sparse, "Reach the patient first.", "No open alert. Item 9 was 0 on 22 Aug."),
            (courses.stopped_answering, "Reach the patient first.", "No open alert."),
            # asked, though the answers are not known: the form itself was PHQ-9
            (courses.totals_only, "No open alert.", "Item 9 of PHQ-9, self-harm, is answered on"),
            (courses.steady_responder, "No open alert.", "Item 9 was 0"),
        ],
    )
    def test_no_open_alert_never_leads_over_silence(self, make, lead, then):
        page = page_of(make())
        assert (page.alert.lead, page.alert.open) == (lead, False)
        assert page.alert.text.startswith(then)

    @pytest.mark.parametrize(("at", "waited"), [(75.2, "2 h"), (75.6, "12 h"), (78.1, "3 days")])
    def test_an_alert_nobody_took_on_says_for_how_long(self, at, waited):
        facts = replace(courses.worsening(), as_of=pieces.day(at))
        assert page_of(facts).alert.text.endswith(f"Not acknowledged for {waited}.")

    @pytest.mark.parametrize(
        ("scores", "due"),
        [
            ([(5, 20), (40, 9), (47, 9)], "reach the patient first"),
            ([(40, 9), (47, 9), (54, 9), (61, 9), (68, 9)], "none while unreadable"),
        ],
        ids=["silent", "no baseline"],
    )
    def test_without_a_word_to_read_the_patient_is_reached_before_a_decision(self, scores, due):
        given = [20, 23, 26, 29, 32, 35]
        assert due_of(pieces.course(scores, given, 69)) == (due, "D0†")

    def test_an_open_alert_leads_even_where_self_harm_was_not_asked(self):
        alerts = courses.worsening().alerts
        alert = page_of(replace(courses.pain(), alerts=alerts)).alert
        assert (alert.lead, alert.open) == ("Open alert.", True)
        assert alert.text.endswith(" Self-harm was not asked on any form.")

    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (courses.pain, ("No form missing.", "Never asked: 9 of 9 harms.")),
            (courses.totals_only, ("No form missing.", "Never asked: 9 of 9 harms.")),
            (courses.steady_responder, ("No form missing.", "Never asked: 4 of 9 harms.")),
        ],
    )
    def test_no_form_missing_is_not_everything_asked(self, make, said):
        assert page_of(make()).blocks[1].lines == said

    def test_what_was_sent_may_not_be_known(self):
        facts = replace(courses.steady_responder(), occurrences=None)
        assert page_of(facts).blocks[1].lines[0] == "What was sent is not known."

    def test_an_empty_cell_is_not_calm_where_another_questionnaire_worsened(self):
        page = page_of(courses.two_that_disagree())
        taper, stop = page.options[1].column, page.options[2].column
        worse = "GAD-7 worsened reliably, see above."
        expected = [
            (taper.speaks_against, "speaks against a longer interval now"),
            (stop.speaks_for, "speaks for stopping now"),
        ]
        for cell, which in expected:
            said = f"No rule read on PHQ-9 {which}; {worse}"
            assert cell.answer == said
            traced = next(one for one in page.traced if one.text == said)
            assert {"gad7 v1", "phq9 v1"} <= set(traced.instruments)
            for text in (in_html(render_html(page, standalone=True)), in_pdf(render_pdf(page))):
                assert squeezed(said) in text

    def test_silence_is_no_answer(self):
        page = page_of(courses.stopped_answering())
        assert {o.column.speaks_for.answer for o in page.options} == {"Not interpretable (D0)."}
        assert "Item 9 was 0 on 11 Jul. Since then it is not known." in everything(page)
        assert dict(page.standing)["Level"].endswith("on 11 Jul; since then not known")
        assert "since then" not in dict(page_of(courses.worsening()).standing)["Level"]


class TestItSupportsAndNeitherReplacesNorDirects:
    @COURSES
    def test_three_options_side_by_side_always_all_always_in_one_order(self, make):
        html = render_html(page_of(make()), standalone=True)
        shown = re.findall(r'<article class="option" aria-labelledby="option-(\w+)">', html)
        assert tuple(shown) == OPTIONS
        parts = [re.findall(r"<h4>(.*?)</h4>", one) for one in html.split('class="option"')[1:]]
        assert [part[:3] for part in parts] == [["For", "Against", "Not met"]] * 3
        assert {word for part in parts for word in part[3:]} <= {
            "Not known",
            "Cannot be read on this scale",
        }

    def test_equal_in_width_on_screen_and_paper(self):
        style = (Path(PATIENTS_ROOM).parent / "reports/static/afterglow.css").read_text()
        assert ".options { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr))" in style
        paper = (Path(PATIENTS_ROOM).parent / "reports/templates/report.typ").read_text()
        assert paper.count("grid(columns: (1fr, 1fr, 1fr)") == 2

    @COURSES
    def test_nothing_is_recommended_ranked_or_foretold(self, make):
        """No verdict, no score of an option, no chance of this patient's."""
        words = everything(page_of(make())).lower()
        for verdict in ("recommend", "we advise", "you should", "best option", "preferred",
                        "first choice", "risk score", "probability", "likelihood"):  # fmt: skip
            assert verdict not in words

    def test_no_rule_gives_an_order(self):
        orders = re.compile(r"\b(should|must|stop now|do not continue|start|switch to)\b", re.I)
        said = [(t.claim, n) for r in shipped_rules() for n, t in enumerate(r.statements)]
        assert [claim for claim, _ in said if orders.search(claim)] == []

    def test_an_option_may_have_nothing_for_it_and_stands_there_all_the_same(self):
        columns = [o.column for o in page_of(courses.worsening()).options]
        assert columns[0].speaks_for.answer == "No rule speaks for continuing now."

    def test_what_patients_read_knows_nothing_of_the_evidence(self):
        """Nor can their room reach it: an import linter keeps `surveys` from `reports`."""
        rooms = ("patient/templates", "languages", "mail")
        pages = [p for room in rooms for p in (PATIENTS_ROOM / room).rglob("*") if p.is_file()]
        texts = [p.read_text() for p in pages if p.suffix in (".html", ".toml", ".txt", ".jinja")]
        assert len(texts) > 15
        words = re.compile(r"\b(taper|evidence|relapse|remission|rule [A-Z]\d)\b", re.I)
        assert [text[:60] for text in texts if words.search(text)] == []


class TestTheBasisCanBeReviewedAlone:
    @COURSES
    def test_each_statement_names_its_inputs_its_source_and_what_speaks_against_it(self, make):
        for option in page_of(make()).options:
            for cell in (option.column.speaks_for, option.column.speaks_against):
                for said in cell.statements:
                    assert all((said.mark, said.inputs, said.source, said.but)), said
                    assert re.search(r"\d|:", said.inputs), said

    @COURSES
    def test_each_sentence_leads_to_answers_and_each_rule_to_the_methods_page(self, make):
        page = page_of(make())
        listed = {rule.mark.rstrip("†") for rule in methods().rules}
        assert {mark.rstrip("†") for mark in page.rules} <= listed
        assert {one.rule.split()[0] for one in page.traced if one.rule} <= listed

    def test_each_rule_is_there_with_threshold_status_reason_and_sources(self):
        for entry, rule in zip(methods().rules, shipped_rules(), strict=True):
            assert all((entry.status, entry.reason))
            assert len(entry.thresholds) == len(rule.thresholds)
            assert bool(entry.sources) == bool(rule.statements)

    def test_a_threshold_that_nobody_validated_is_marked_wherever_it_speaks(self):
        for make in courses.ALL.values():
            page = page_of(make())
            said = [s for o in page.options for c in (o.column.speaks_for, o.column.speaks_against)
                    for s in c.statements]  # fmt: skip
            published = {rule.id for rule in shipped_rules() if rule.status == "published"}
            assert {s.rule for s in said if not s.mark.endswith("†")} <= published

    def test_where_sources_disagree_both_stand_there(self):
        """Few respond later (n = 135), and 7 to 42 % from session three to six (n = 14)."""
        stop = page_of(courses.early_non_responder()).options[2].column
        (early,) = [said for said in stop.speaks_for.statements if said.rule == "I2"]
        assert "n = 135" in early.source
        assert "n = 14" in early.but

    def test_esketamine_is_not_read_before_day_28_and_the_page_says_why(self):
        facts = courses.early_non_responder()
        nasal = [replace(one, route="esketamine, intranasal") for one in facts.sessions]
        stop = page_of(replace(facts, sessions=tuple(nasal))).options[2].column
        assert "I2" not in {said.rule for said in stop.speaks_for.statements}
        assert any(
            "Esketamine: not read before a form of day 28." in need.text for need in stop.not_met
        )

    def test_the_limits_are_said_in_plain_words(self):
        assert any("Nothing here was tested in a trial" in limit for limit in methods().limits)


def everything(page) -> str:
    """All words of a page, less the one sentence that says what it does not do."""
    texts = [
        page.sentence,
        page.alert.lead,
        page.alert.text,
        page.chart_note,
        page.interval_note,
        page.interval_findings,
    ]
    texts += [f"{label} {value}" for label, value in page.standing]
    texts += [one.text for one in page.traced]
    return " ".join(texts)
