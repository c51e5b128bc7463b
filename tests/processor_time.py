"""How long work may take, by a clock that stands still while other processes work.

The collector of garbage waits meanwhile, as `timeit` has it: what it takes depends on all that other tests have left.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail where the block takes this process more processor time."""
    gc.disable()
    began = process_time()
    try:
        yield
    finally:
        spent = process_time() - began
        gc.enable()
    assert spent < seconds, f"{spent:.3f} s of the processor's time, and {seconds:g} s may be taken"
