"""Whether twice as much takes less than three times as long, by the thread's own clock: that stands still while others work."""

import gc
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import log2
from statistics import median
from time import thread_time
from typing import TypeVar

T = TypeVar("T")

#: Characters or bytes. The first step finds what would take minutes; the last one doubles.
SIZES = (4_096, 32_768, 65_536)
#: Seconds that do not count. What is quadratic takes more at these sizes, be a step of it a nanosecond.
FLOOR = 0.002
REPEATS = 5


def require_linear(act: Callable[[T], object], made: Callable[[int], T], sizes: Sequence[int] = SIZES) -> None:
    """Give `act` what `made` makes of each size. A time that looks too long is measured again, by the median of several."""
    before = _seconds(act, made(sizes[0]))
    for smaller, larger in pairwise(sizes):
        most = 3 ** log2(larger / smaller)
        took = _seconds(act, made(larger))
        if took > most * before + FLOOR:
            before, took = _median(act, made(smaller)), _median(act, made(larger))
            assert took <= most * before + FLOOR, f"{smaller} take {before * 1e3:.1f} ms, {larger} take {took * 1e3:.1f} ms"
        before = took


def _median(act: Callable[[T], object], given: T) -> float:
    return median(_seconds(act, given) for _ in range(REPEATS))


def _seconds(act: Callable[[T], object], given: T) -> float:
    """Without the collector of garbage, as `timeit` has it: what it takes depends on all that the other tests have left."""
    gc.disable()
    try:
        began = thread_time()
        act(given)
        return thread_time() - began
    finally:
        gc.enable()
