"""Forms filled in, written as a form reads."""

from surveys.scoring import DECLINED


def form(instrument, signs: str) -> dict:
    """ "01.d" → the first question is 0, the second 1, the third open, the fourth declined."""
    meaning = {".": None, "d": DECLINED}
    signs = signs.replace(" ", "")
    assert len(signs) == len(instrument.items)
    return {
        item.code: meaning[sign] if sign in meaning else int(sign)
        for item, sign in zip(instrument.items, signs, strict=True)
    }


def adding_up_to(instrument, total: int) -> dict:
    """A complete form with this total, filled from the first question on."""
    answers = {}
    for item in instrument.items:
        low, high = min(item.worth.values()), max(item.worth.values())
        wanted = max(low, min(high, total))
        answers[item.code] = next(v for v, points in item.worth.items() if points == wanted)
        total -= wanted
    return answers
