"""Chapter: the columns for and against continue, taper and stop, and the rules as files.

Each rule is met below, on and above its threshold. Scores are (day, total); day 0 is a Monday.
"""

import re
import shutil
from dataclasses import replace

import pytest

from reports.evidence import RuleError, load_rules, rules_with, shipped_rules, weigh
from reports.evidence.placeholders import filled_in
from reports.evidence.rules import OPTIONS, SHIPPED
from reports.page import build_page, read_case
from tests.reports import courses, pieces
from tests.spec.weighing import INSTRUMENTS, maintenance, weighed


class TestColumns:
    @pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)
    def test_three_in_fixed_order_and_no_cell_is_empty(self, make):
        columns = weighed(make()).columns
        assert [column.option for column in columns] == ["continue", "taper", "stop"]
        for column in columns:
            for cell in (column.speaks_for, column.speaks_against):
                assert cell.statements or cell.answer

    @pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)
    def test_every_statement_has_claim_inputs_source_and_but(self, make):
        for column in weighed(make()).columns:
            for said in column.speaks_for.statements + column.speaks_against.statements:
                assert all((said.claim, said.inputs, said.source, said.but))
                assert len(said.claim.split()) <= 14

    def test_in_induction_an_empty_cell_says_too_early(self):
        taper = weighed(courses.early_non_responder()).columns[1]
        assert taper.speaks_for.answer == "Too early to tell."

    def test_later_an_empty_cell_says_that_no_rule_speaks(self):
        taper = weighed(courses.wane_and_rebound()).columns[1]
        assert taper.speaks_for.answer == "No rule speaks for a longer interval now."


class TestRuleFiles:
    def test_every_shipped_rule_says_why_and_whose_threshold_it_is(self):
        for rule in shipped_rules():
            assert rule.reason, rule.id
            assert rule.mark == (rule.id if rule.status == "published" else f"{rule.id}†")

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ('option = "stop"', 'option = "wait"', "use for or against and one of continue"),
            ('status = "translated"', 'status = "sure"', "use one of published"),
            ('title = "Less', '# title = "Less', "title is missing"),
            ("[thresholds]", "[thresholds", "not TOML"),
        ],
    )
    def test_a_bad_rule_file_is_named_with_what_to_write(self, tmp_path, old, new, told):
        shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
        path = tmp_path / "I2.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        with pytest.raises(RuleError, match=told) as caught:
            load_rules(tmp_path)
        assert "I2.toml" in str(caught.value)

    def test_a_clinic_may_change_a_threshold(self, tmp_path):
        shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
        path = tmp_path / "T1.toml"
        path.write_text(path.read_text(encoding="utf-8").replace("ceiling = 9", "ceiling = 10"))
        case = read_case(maintenance([10, 10, 10, 10], as_of=104), INSTRUMENTS)
        assert weigh(case, load_rules(tmp_path)).state("T1") == "fires"
        assert weigh(case, shipped_rules()).state("T1") == "not_met"

    def test_a_clinics_own_copy_takes_the_place_of_ours_and_is_named(self, tmp_path):
        text = (SHIPPED / "T1.toml").read_text(encoding="utf-8")
        own = tmp_path / "T1.toml"
        own.write_text(text.replace("ceiling = 9", "ceiling = 10"), encoding="utf-8")
        with pytest.raises(RuleError, match="raise `version`"):
            rules_with(tmp_path)
        own.write_text(re.sub(r"version = \d+", "version = 90", own.read_text(encoding="utf-8")))
        rules = rules_with(tmp_path)
        assert [rule.id for rule in rules] == [rule.id for rule in shipped_rules()]
        case = read_case(maintenance([10, 10, 10, 10], as_of=104), INSTRUMENTS)
        assert weigh(case, rules).state("T1") == "fires"
        page = build_page(case.facts, INSTRUMENTS, rules)
        assert "T1 v90 (the clinic’s)" in page.footer[1]

    @pytest.mark.parametrize(
        ("rule", "line", "told"),
        [
            ("I2", "read_within_days = 14", "add `read_within_days = 14` as in our I2 v"),
            ("I3", "speaks_for_days = 60", "add `speaks_for_days = 60` as in our I3 v"),
            ("K1", 'kinds = ["antidepressant", "ect"]', "add `kinds = "),
            ("X3", "[thresholds.answers]", r"add `\[thresholds.answers\]` as in our X3 v"),
        ],
    )
    def test_a_copy_of_an_earlier_version_is_told_what_to_add(self, tmp_path, rule, line, told):
        """Before a threshold was new, its copy could not have it."""
        text = (SHIPPED / f"{rule}.toml").read_text(encoding="utf-8")
        assert line in text
        older = re.sub(r"version = \d+", "version = 90", text).replace(line, "")
        (tmp_path / f"{rule}.toml").write_text(older, encoding="utf-8")
        with pytest.raises(RuleError, match=told) as caught:
            rules_with(tmp_path)
        assert f"{rule}.toml" in str(caught.value)

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("The response is not held now.", "Not held since {week}.",
             "`claim` of [[statement]] 3 (against taper) names {week}, which nothing fills in"),
            ("Eleven people", "{} people", "cannot be filled in (Format string"),
            ("Eleven people", "{best.low} people", "cannot be filled in ('str' object"),
            ("Eleven people", "{best", "cannot be filled in (expected '}'"),
            ("Needs two forms", "{since}: two forms", "`text` of [[needs]] 1 (stop) names {since}"),
        ],
    )  # fmt: skip
    def test_a_copy_that_names_what_nothing_fills_in_is_refused_with_what_it_may_name(
        self, tmp_path, old, new, told
    ):
        text = (SHIPPED / "L1.toml").read_text(encoding="utf-8")
        assert old in text
        text = re.sub(r"version = \d+", "version = 90", text)
        (tmp_path / "L1.toml").write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(RuleError, match=re.escape(told)) as caught:
            rules_with(tmp_path)
        assert "L1.toml" in str(caught.value)
        assert "it may name: {score_limit}, {above_best}, {score}," in str(caught.value)

    def test_a_copy_may_name_its_own_thresholds_and_whatever_its_test_fills_in(self, tmp_path):
        text = (SHIPPED / "W1.toml").read_text(encoding="utf-8")
        text = re.sub(r"version = \d+", "version = 90", text)
        text = text.replace("[thresholds]", "[thresholds]\nown = 4")
        named = re.sub(r'but = "', 'but = "{own:.1f} {reference} {stable} ', text)
        assert named != text
        (tmp_path / "W1.toml").write_text(named, encoding="utf-8")
        assert {rule.id: rule.version for rule in rules_with(tmp_path)}["W1"] == 90

    def test_every_text_of_ours_names_what_its_test_fills_in(self, tmp_path):
        for path in SHIPPED.glob("*.toml"):
            text = re.sub(r"version = \d+", "version = 90", path.read_text(encoding="utf-8"))
            (tmp_path / path.name).write_text(text, encoding="utf-8")
        assert {rule.version for rule in rules_with(tmp_path)} == {90}

    @pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)
    def test_every_test_fills_in_what_it_is_said_to(self, make):
        weighing = weighed(make())
        for rule, found in weighing.findings + weighing.beside:
            said = filled_in(rule.test, found.state)
            assert set(said) <= set(found.values), (rule.id, found.state)

    def test_a_copy_may_leave_out_what_its_test_reads_only_where_it_is_there(self, tmp_path):
        text = (SHIPPED / "X3.toml").read_text(encoding="utf-8")
        older = re.sub(r"version = \d+", "version = 90", text)
        older = older.replace('recorded_use = ["ketamine_outside"]', "")
        (tmp_path / "X3.toml").write_text(older, encoding="utf-8")
        assert {rule.id: rule.version for rule in rules_with(tmp_path)}["X3"] == 90

    def test_a_rule_of_a_test_nobody_wrote_is_refused(self, tmp_path):
        text = (SHIPPED / "R1.toml").read_text(encoding="utf-8")
        (tmp_path / "R9.toml").write_text(text.replace("review_due", "full_moon"))
        with pytest.raises(RuleError, match="test 'full_moon' is not known; use one of"):
            rules_with(tmp_path)

    def test_without_a_folder_of_its_own_ours_are_gone_by(self, tmp_path):
        assert rules_with(None) == rules_with(tmp_path / "none") == shipped_rules()

    def test_no_rule_prints_a_chance_or_a_score_for_an_option(self):
        for path in SHIPPED.glob("*.toml"):
            words = path.read_text(encoding="utf-8").lower()
            assert "no risk" not in words
            assert "recommend" not in words
        assert OPTIONS == ("continue", "taper", "stop")


class TestOtherScales:
    """A rule says where its number comes from another scale, and where it cannot be read at all."""

    def marks(self, facts):
        columns = weighed(facts).columns
        said = [s for c in columns for s in c.speaks_for.statements + c.speaks_against.statements]
        return {s.rule: s.mark for s in said}

    def test_what_was_published_on_the_phq9_is_marked_as_carried_over_elsewhere(self):
        assert self.marks(courses.steady_responder())["I3"] == "I3"
        assert self.marks(courses.ptsd())["I3"] == "I3†"
        assert self.marks(courses.ptsd())["C1"] == "C1†"
        assert "I3†" in weighed(courses.pain()).speaking

    def test_a_rule_that_a_scale_has_no_number_for_says_so(self):
        """PEG: no reliable change and no cut-off are established."""
        needs = {
            c.option: [f"{n.mark} {n.text}" for n in c.unread]
            for c in weighed(courses.pain()).columns
        }
        lacks = "No {} is established for PEG."
        assert needs["continue"] == ["C1† " + lacks.format("reliable change")]
        assert needs["taper"] == ["T1† " + lacks.format("cut-off or remission")]
        assert needs["stop"] == [
            "L1† " + lacks.format("cut-off"), "X2† " + lacks.format("reliable change"),
        ]  # fmt: skip

    def test_a_rule_that_cannot_be_read_is_not_called_quiet(self):
        """X2 and L1 cannot be read on PEG, so nothing says that no rule speaks."""
        stop = weighed(courses.pain()).columns[2]
        said = "No rule that can be read on PEG speaks for stopping now."
        assert (stop.option, stop.speaks_for.answer) == ("stop", said)

    def test_where_nothing_can_be_read_that_is_said_instead(self):
        silent = replace(courses.pain(), as_of=pieces.day(140))
        assert weighed(silent).state("D0") == "not_interpretable"
        assert weighed(silent).state("X2") == "quiet"

    def test_a_rule_may_not_require_a_number_no_scale_has(self, tmp_path):
        text = (SHIPPED / "X2.toml").read_text().replace('reliable change"]', 'luck"]')
        (tmp_path / "X2.toml").write_text(text)
        with pytest.raises(RuleError, match="requires 'luck'; a scale may have reliable change"):
            load_rules(tmp_path)
