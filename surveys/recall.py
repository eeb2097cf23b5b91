"""How far two forms look back on the same days."""

from datetime import datetime, timedelta
from math import ceil


def overlap_days(
    previous_answered_at: datetime, answered_at: datetime, recall_days: int | None
) -> int:
    """Days that a form and the one before it both look back on, from 0 to `recall_days`.

    A started day counts whole, so that no overlap is called none. 0 where the instrument has no
    recall period. Raises ValueError where the previous form is the later one.
    """
    between = answered_at - previous_answered_at
    if between < timedelta(0):
        raise ValueError("the previous form was answered after this one")
    shared = timedelta(days=recall_days or 0) - between
    return max(0, ceil(shared / timedelta(days=1)))
