"""How strongly a box is kept apart from its host. The engine knows runtimes by name; one that it does not know is refused.

`runsc` (gVisor) answers a box's calls by a kernel of its own, outside of the host's. The operator makes it known to the engine,
with the flags below. It needs room beside the box: with the limits of the box alone, it dies as it starts.
"""

RUNC = "runc"
RUNSC = "runsc"

OWN_KERNEL = frozenset({RUNSC})

RUNSC_FLAGS = ("--network=none", "--host-uds=open")
"""It gets no network, like any box; and without the second, a box cannot connect to its sockets."""

KERNEL_MEMORY = 128 * 2**20
"""Bytes that such a kernel takes beside what runs on it. It dies, and the box with it, where it gets none."""

KERNEL_PROCESSES = 128
"""Threads of the host's that it takes: some for itself, and one or more for each process of the box."""
