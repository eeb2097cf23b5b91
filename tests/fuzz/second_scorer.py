"""PHQ-9 and GAD-7 scored a second time, from the published rules and from nothing of ours.

Nine (seven) questions of 0 to 3 are summed. PHQ-9, NHS Data Dictionary: one or two missing answers
take the mean of the others, with more missing there is no score. GAD-7 by the same convention.
Half a point rounds up. Bands: Kroenke 2001 (5, 10, 15, 20); Spitzer 2006 (5, 10, 15).
"""

QUESTIONS = {"phq9": 9, "gad7": 7}
CUTS = {"phq9": (5, 10, 15, 20), "gad7": (5, 10, 15)}
NAMES = {
    "phq9": ("minimal", "mild", "moderate", "moderately severe", "severe"),
    "gad7": ("minimal", "mild", "moderate", "severe"),
}
MOST_MISSING = 2


def second_score(instrument: str, answers: dict) -> tuple[int | None, str]:
    """Total and band; None and "" where too much is missing. Answers by question number."""
    numbers = [str(n + 1) for n in range(QUESTIONS[instrument])]
    given = [answers[n] for n in numbers if answers.get(n) in (0, 1, 2, 3)]
    if len(numbers) - len(given) > MOST_MISSING:
        return None, ""
    # twice the mean times the questions, then half up, all in whole numbers
    total = (2 * sum(given) * len(numbers) + len(given)) // (2 * len(given))
    return total, NAMES[instrument][sum(total >= cut for cut in CUTS[instrument])]
