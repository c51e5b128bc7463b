"""Imported before anything that imports gRPC: what has to be settled before that starts threads.

gRPC's handlers for fork(2) start its threads anew in every child, and in about one of fifty these crash it before it has become
another program. The gateway forks no more (`registry.confinement.child_process`), and needs none of them.

glibc's malloc gives each thread an arena of its own, and seldom gives back what was freed in one: after a flood of requests, a
gateway would keep a part of its memory once for each thread of gRPC's. So would it with what large messages took, once some
were freed: malloc then takes ever larger ones from the heap, unless it was told from which size on it may not.
"""

import ctypes
import os
from contextlib import suppress

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

#: mallopt(3).
M_ARENA_MAX, ARENAS = -8, 2
M_MMAP_THRESHOLD, OF_ITS_OWN = -3, 256 << 10
M_TRIM_THRESHOLD, AT_THE_END = -1, 1 << 20

with suppress(AttributeError):  # another C library has no such function
    for option, value in ((M_ARENA_MAX, ARENAS), (M_MMAP_THRESHOLD, OF_ITS_OWN), (M_TRIM_THRESHOLD, AT_THE_END)):
        ctypes.CDLL(None).mallopt(option, value)
