"""The numbers of one instrument that a trend needs, taken from its own file."""

from dataclasses import dataclass

from surveys.instrument import Instrument
from surveys.instrument_parts import ThresholdFlag

# Response where the instrument's file names no share: half of baseline, as in the trials.
HALF = 0.5


@dataclass(frozen=True)
class Measure:
    """One scale as a ruler. Changes are in points; `error` is one standard error of measurement.

    `important` and `reliable` are the instrument's own numbers (PHQ-9: 5 points, Löwe 2004;
    6 points, reliable change index; `reliable_source` says whose that is, since the clinic may
    choose). None means the instrument's file gives no number. `exact`: the score is a mean, read
    unrounded (PEG, in thirds: rounding would make or lose its important change of 1 point).
    """

    id: str
    title: str
    low: int
    high: int
    higher_is_worse: bool
    error: float | None
    important: float | None
    reliable: float | None
    response_fraction: float
    remission_below: float | None
    recall_days: int | None
    bands: tuple[tuple[int, int, str], ...]
    exact: bool = False
    reliable_source: str = ""
    cutoff: float | None = None
    # of a scale that itself rates change: the score that means none, and a responder's
    unchanged: float | None = None
    responder: float | None = None
    # what its score is called
    score_word: str = "total"

    def worse(self, change: float) -> float:
        """The change in points with worse counted upward, whichever way the scale runs."""
        return change if self.higher_is_worse else -change

    def reaches(self, change: float, threshold: float) -> bool:
        """Whether a change is at least so many points; thirds are compared as thirds."""
        return round(change - threshold, 6) >= 0

    def say(self, score: float | None) -> str:
        """A score as it is printed: whole, or with one decimal where it is a mean."""
        if score is None:
            return "–"
        return f"{score:.1f}" if self.exact else f"{score:g}"

    def against_error(self, change: float) -> str:
        """How a change stands to error where no reliable change is known: one standard error of
        measurement is named, which tells less than a reliable change would."""
        if self.error is None:
            return "how much of it is chance is not established"
        if self.reaches(self.error, abs(change)):
            return f"within the measurement error of one form, {self.error:.1f}"
        return (
            f"whether that is a reliable change is not established (measurement error of one form: "
            f"{self.error:.1f})"
        )

    def band(self, score: float) -> str:
        """The severity word for a score, or nothing where the instrument has no bands."""
        return next((word for low, high, word in self.bands if low <= score <= high), "")


def measure_of(instrument: Instrument) -> Measure:
    """Raises ValueError for an instrument that has no score to follow."""
    if instrument.score_range is None:
        raise ValueError(f"{instrument.id} has no total score, so it has no trend")
    low, high = instrument.score_range
    return Measure(
        id=instrument.id,
        title=instrument.short_title,
        low=low,
        high=high,
        higher_is_worse=instrument.direction == "higher_is_worse",
        error=instrument.measurement_error,
        important=instrument.important_change,
        reliable=instrument.reliable_change,
        response_fraction=instrument.response_fraction or HALF,
        remission_below=instrument.remission_below,
        recall_days=instrument.recall_days,
        bands=tuple((band.lo, band.hi, band.label) for band in instrument.bands),
        exact=instrument.method == "mean",
        reliable_source=instrument.sources.get("reliable_change", ""),
        cutoff=instrument.cutoff,
        unchanged=instrument.unchanged_at,
        responder=_responder(instrument),
        score_word=instrument.score_word,
    )


def _responder(instrument: Instrument) -> float | None:
    """The highest score of the flag named `responder`, where the instrument has one."""
    flags = (flag for flag in instrument.flags if flag.id == "responder")
    return next((flag.at_most for flag in flags if isinstance(flag, ThresholdFlag)), None)
