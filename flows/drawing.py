"""Pages made ready on all processors. Whoever draws knows no records: those stay with one process.

A page is a value, and so are its HTML and its PDF; a drawing process opens no database, and one
that is killed takes nothing with it.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from threading import Thread

from reports.page import ReportPage
from reports.render import Printed, print_page

# The prints of pages in their order. None: it could not be drawn, and whoever stores it learns why.
Draw = Callable[[Sequence[ReportPage]], list[Printed | None]]
# A page is twenty thousand small objects, gone with it: sweeping for lost cycles finds none.
SWEPT_AFTER = (50_000, 20, 20)


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def drawing(workers: int) -> Iterator[Draw]:
    """Draws on so many processes beside this one; with one worker, in this one."""
    if workers < 2:
        yield lambda pages: [_drawn(page) for page in pages]
        return
    with drawing_pool(workers) as pool:
        yield lambda pages: _drawn_by(pool, pages)


def drawing_pool(workers: int) -> ProcessPoolExecutor:
    """Fresh processes: a copy of this one would share its connections to the records."""
    fresh = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=fresh, initializer=_begin)


def _drawn_by(pool: ProcessPoolExecutor, pages: Sequence[ReportPage]) -> list[Printed | None]:
    try:
        return list(pool.map(_drawn, pages))
    except BrokenProcessPool:  # somebody killed one of them, most likely for want of memory
        return [None] * len(pages)


def _drawn(page: ReportPage) -> Printed | None:
    try:
        return print_page(page)
    except Exception:
        return None


def _begin() -> None:
    gc.set_threshold(*SWEPT_AFTER)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Nobody tells a drawing process that the one it draws for was killed: it would wait on."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
