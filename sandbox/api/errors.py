"""What can go wrong before a job has started. Once it has started there is a Result, never an exception.

SandboxError
├── EngineUnavailable    the container engine does not answer, or cannot make a box; its `trouble` says why
├── SpecUnavailable      the engine works, but can make no box of this spec
│   ├── ImageMissing         the engine does not have the image
│   ├── ImageUnusable        the engine has the image, but no box can be made of it
│   └── RuntimeUnavailable   the engine does not know the runtime, or no box starts in it; no other runtime replaces it
├── BoxRegistryUnavailable  the box registry does not answer: no box is made that a later gateway could not find
├── BoxElsewhere         the box is on another host: gateways there confirm its end, or a person declares the host lost
├── HostMemoryRefused    the file that remembers the host's mark cannot be read or written
├── HostRefused          this gateway may make no boxes on this host
│   ├── HostCopied           another living host has the same identity
│   └── HostLost             a person has declared this host lost
├── PoolExhausted        no box became free in time, or would
└── PoolClosed           the pool drains
"""

from sandbox.api.engine_trouble import EngineTrouble


class SandboxError(Exception):
    cure = "See the message."


class EngineUnavailable(SandboxError):
    """`trouble` is the cause, and has the cure."""

    def __init__(self, message: str, trouble: EngineTrouble = EngineTrouble.REFUSED) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.cure = trouble.cure


class SpecUnavailable(SandboxError):
    """Callers that want a box of another spec are served."""


class RuntimeUnavailable(SpecUnavailable):
    cure = "Let the operator install the runtime and make it known to the engine; `callgate doctor --sandbox` tests it."


class ImageUnusable(SpecUnavailable):
    cure = "Let the tool's author correct the image: the message has the reason."


class ImageMissing(SpecUnavailable):
    cure = "Let the operator load the tool's image into the engine: Callgate pulls none."


class BoxRegistryUnavailable(SandboxError):
    cure = "Start Redis and check it with `callgate doctor`."

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message)
        self.cure = cure or self.cure


class BoxElsewhere(SandboxError):
    cure = "Start a gateway on that host again: it removes what was left there. Is it gone for good: `callgate host lost`."


class HostMemoryRefused(SandboxError):
    cure = (
        "Let CALLGATE_STATE_DIR be a directory that the gateway can write, on a disk with room (`df`, `df -i`) that is not"
        " mounted read-only (`mount`)."
    )


class HostRefused(SandboxError):
    """The gateway must end: it cannot prove any more that boxes are gone, or must not have any."""


class HostCopied(HostRefused):
    cure = (
        "One of the two is a copy. There, run `docker volume rm callgate-host`, delete `host.json` and the directory `witness` "
        "in CALLGATE_STATE_DIR, and start the gateway again: it gets an identity of its own, and does not answer for what the "
        "other one has let go. Was this machine started anew just now: wait 20 seconds."
    )


class HostLost(HostRefused):
    cure = "Start the gateway again: it removes the boxes of before, and gets a new identity."

    def __init__(self, host: str) -> None:
        super().__init__(f"This host was declared lost as {host}: none of its boxes counts any more.")


class PoolExhausted(SandboxError):
    cure = "Call again after a moment, or let the operator raise the pool's size."

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PoolClosed(SandboxError):
    cure = "Call again: another gateway, or this one restarted, will answer."
