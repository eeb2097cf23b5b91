"""What is still to happen, in order of simulated time."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Act = Callable[[datetime], None]


class Agenda:
    """Hands out acts in order of their instant; those of one instant in the order they came."""

    def __init__(self) -> None:
        self.heap: list[tuple[datetime, int, Act]] = []
        self.numbers = count()

    def add(self, at: datetime, act: Act) -> None:
        heapq.heappush(self.heap, (at, next(self.numbers), act))

    def next(self, before: datetime) -> tuple[datetime, Act] | None:
        """The next act before an instant, or None when there is none left."""
        if not self.heap or self.heap[0][0] >= before:
            return None
        at, _, act = heapq.heappop(self.heap)
        return at, act
