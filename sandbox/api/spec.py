"""What a box is made of, so far as whoever leases it may choose. Equal specs share waiting boxes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoxLimits:
    """What a box may use. Memory in bytes, of which none is swap; cpus in cores; processes count threads; scratch, in bytes, is
    memory that looks like a directory, and counts as memory: 0 for none."""

    memory: int = 64 * 2**20
    cpus: float = 1.0
    processes: int = 32
    open_files: int = 64
    scratch: int = 0


@dataclass(frozen=True, slots=True)
class BoxSpec:
    """An image, the runtime that keeps it apart, and its bounds.

    `image` None is the runner's own image. Any other is a tool author's, which the engine must have already: nothing is pulled.
    There the runner is mounted and is process 1; what it starts is said in the job, so tools of one image share waiting boxes.
    `runtime` is a name that the engine knows (`runc`, `runsc`): one that it does not know is refused; none stands in for it.
    """

    image: str | None = None
    runtime: str = "runc"
    limits: BoxLimits = BoxLimits()

    @property
    def runner_mounted(self) -> bool:
        """Whether the runner comes from outside of the image."""
        return self.image is not None


RUNNER = BoxSpec()
"""What a call of an OpenAPI operation runs in."""
