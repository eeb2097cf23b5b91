"""Where words in the plot find room: clear of the dots, of their rings and of each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """What something covers, in the picture's units; `top` is the smaller y."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Spot:
    """Where a line of words could stand; `anchor` is what stands at x: its start, middle or end.

    `lifted`: so far above what it names that a line has to lead there.
    """

    x: float
    y: float
    anchor: str
    lifted: bool = False

    def box(self, wide: float, font: float) -> Box:
        left = self.x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return Box(left, self.y - font * 0.78, left + wide, self.y + font * 0.22)


class Room:
    """The plot with what lies in it already."""

    def __init__(self, plot: Box, taken: Iterable[Box]) -> None:
        self._plot, self._taken = plot, list(taken)

    def best(self, wanted: Sequence[Box], also: Sequence[Box] = ()) -> int:
        """Which of these is the first that lies in the plot and is clear, of `also` too; where none
        is, the one that covers least. It is taken from then on."""
        reach = Box(
            min(box.left for box in wanted), min(box.top for box in wanted),
            max(box.right for box in wanted), max(box.bottom for box in wanted),
        )  # fmt: skip
        near = [one for one in (*self._taken, *also) if one.covers(reach)]
        best, least = 0, float("inf")
        for number, box in enumerate(wanted):
            covered = sum(box.covers(one) for one in near) + 100 * (not self._plot.holds(box))
            if covered < least:
                best, least = number, covered
            if not covered:
                break
        self._taken.append(wanted[best])
        return best
