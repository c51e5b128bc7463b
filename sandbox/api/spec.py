"""What a box is made of, as far as the caller of a lease may choose. Equal specs share waiting boxes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoxLimits:
    """What a box may use."""

    #: Bytes, none of them swap.
    memory: int = 64 * 2**20
    #: Cores.
    cpus: float = 1.0
    #: Processes and their threads.
    processes: int = 32
    open_files: int = 64
    #: Bytes of a writable directory in memory, which count as memory. 0: the box has none.
    scratch: int = 0


@dataclass(frozen=True, slots=True)
class BoxSpec:
    """An image, the runtime that isolates it, and its bounds.

    `image` None is the runner's own image. Any other is a tool author's, which the engine must have already: nothing is pulled.
    There the runner is mounted and is process 1; the job says what it starts, so tools of one image share waiting boxes.
    `runtime` is a name that the engine knows (`runc`, `runsc`). A name that it does not know is refused; no other runtime
    replaces it.
    """

    image: str | None = None
    runtime: str = "runc"
    limits: BoxLimits = BoxLimits()

    @property
    def runner_mounted(self) -> bool:
        """Whether the runner is mounted from outside of the image."""
        return self.image is not None


#: The box of a call of an OpenAPI operation.
RUNNER = BoxSpec()
