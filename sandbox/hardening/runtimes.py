"""How strongly a box is isolated from its host. The engine knows runtimes by name, and refuses one that it does not know.

`runsc` (gVisor) answers a box's kernel calls with a kernel of its own, outside of the host's. The operator makes it known to
the engine, with the flags below. It needs memory and threads beside the box: within the box's limits alone, it dies at its
start.
"""

RUNC = "runc"
RUNSC = "runsc"

#: The runtimes that have a kernel of their own.
OWN_KERNEL = frozenset({RUNSC})

#: The first gives it no network, as in every box; without the second, a box cannot connect to its sockets.
RUNSC_FLAGS = ("--network=none", "--host-uds=open")

#: Bytes that such a kernel takes beside the processes that run on it. Without them it dies, and the box with it.
KERNEL_MEMORY = 128 * 2**20

#: Host threads that such a kernel takes: some for itself, and one or more for each process of the box.
KERNEL_PROCESSES = 128
