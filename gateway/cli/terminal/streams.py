"""The standard streams, where they are closed, full, or no longer read by another program."""

import os
import sys
from typing import IO

#: Of each stream: its name in `sys`, how it is opened here, and how it is used. What is opened to be read cannot be written: a
#: result that has no place to go to must not be lost without a word.
_STREAMS = (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"))


def open_closed_streams() -> None:
    """For a program that was started without them, as by a daemon: Python has None in their places.

    The next file or connection would get the number of a closed one, too.
    """
    for name, flags, mode in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode))


def let_go_of(stream: IO[str]) -> None:
    """What could not be written stays in the stream: Python would try once more as it ends, and end with a code of its own."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)
