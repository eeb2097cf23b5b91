"""What a rule's texts may name between braces: its thresholds, and the values its test fills in.

A copy of a clinic names what it likes; a name that nobody fills in is refused when it is read, and
not met on the day of a report.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# How a test ended on another questionnaire than the page's own: this, then the state.
BESIDE = "beside_"
SCALES = ("scale", "own")

STANDING = ("score", "date", "baseline", "points", "change", "percent", "direction")
FLAG = ("risen", "against", "reference", "stable", "threshold")
SELF_HARM = ("answer", "recent", "newest", "handled", "compared")
STEADY = (
    *STANDING, "interval", "held", "needed", "forms", "reach", "last", "ceiling", "low", "rescue",
    "unknown", "next", "at", "kept", "closer",
)  # fmt: skip
LOST = (*STANDING, "best", "score_limit", "above_best", "last", "overlap", "bought")
IMPROVED = (*STANDING, "reliable", "half", "harm")
WORSE = (*STANDING, "reliable", "last", "before", "flagged")
EARLY = (*STANDING, "target", "drug")
STEP = ("interval", "before", "dose", "bought")
ENDED = ("done", "planned", "ended")
CLASSIFIED = (*ENDED, *STANDING, "when")
TREATED = (*STANDING, "names", "entries", "first")

# By the test, then by the state it ends in.
FILLED_IN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "benefit_not_lasting": {"fires": ("what", "claim")},
    "early_non_improvement": {"fires": (*STANDING, "sessions")},
    "end_of_induction": {
        "unfinished": ("done", "planned"),
        "left": ("done", "planned", "last"),
        **dict.fromkeys(("waiting", "no_form"), ENDED),
        **dict.fromkeys(("response", "partial", "worse", "none"), CLASSIFIED),
    },
    "far_from_best": {"fires": ("best", "reliable", "last", "overlap")},
    "harm_reported": {
        "not_asked": (),
        "not_met": ("newest", "age", "below", "calm", "unasked", "since"),
        "fires": ("harms", "inputs", "unasked", "since"),
    },
    "no_benefit_now": {"fires": (*STANDING, "beyond", "done", "last", "target", "better")},
    "no_improvement_by_session": {
        "fires": (*EARLY, "recall", "when", "since"),
        "esketamine_none": (*EARLY, "since", "day"),
        **dict.fromkeys(("esketamine", "waiting", "no_form", "not_met"), EARLY),
    },
    "reliable_improvement": dict.fromkeys(("not_met", "held", "response", "fires"), IMPROVED),
    "response_lost": dict.fromkeys(("fires", "not_met"), LOST),
    "review_due": {"fires": ("what", "since")},
    "self_harm_answered": {"fires": SELF_HARM},
    "steady_at_interval": dict.fromkeys(("not_met", "fires", "top"), STEADY),
    "step_not_held": {"not_met": STEP, **dict.fromkeys(("fires", "single"), (*STEP, *FLAG))},
    "treated_beside": dict.fromkeys(("antidepressant", "ect", "both", "start_unknown"), TREATED),
    "worse_than_baseline": dict.fromkeys(("fires", "first", "not_met", "single"), WORSE),
    "worsening_confirmed": dict.fromkeys(("fires", "single"), (*FLAG, "shared")),
}


def filled_in(test: str, state: str) -> tuple[str, ...]:
    """What the test fills in where it ends so; empty for a test or a state that there is not."""
    names = FILLED_IN.get(test, {}).get(state.removeprefix(BESIDE), ())
    return (*names, *SCALES) if state.startswith(BESIDE) else names


def misnamed(
    text: str, test: str, states: Iterable[str], thresholds: Mapping[str, Any]
) -> Iterator[str]:
    """For each state in which `text` cannot be filled in: what stands in the way, and the names
    there are."""
    for state in states:
        names = (*thresholds, *filled_in(test, state))
        try:
            text.format_map({**dict.fromkeys(names, ""), **thresholds})
        except KeyError as error:
            why = f"names {{{error.args[0]}}}, which nothing fills in"
        except (ValueError, IndexError, AttributeError, TypeError) as error:
            why = f"cannot be filled in ({error})"
        else:
            continue
        known = ", ".join(f"{{{name}}}" for name in dict.fromkeys(names)) or "no name at all"
        yield f"{why} where the test {test!r} ends in {state!r}; there it may name: {known}"
