"""What can go wrong before a job has started. Once it has started there is a Result, never an exception.

SandboxError
├── EngineUnavailable    the container engine does not answer, or cannot make a box
├── SpecUnavailable      the engine works, but can make no box of this spec
│   ├── ImageMissing         the engine does not have the image
│   ├── ImageUnusable        the engine has the image, but no box can be made of it
│   └── RuntimeUnavailable   the engine does not know the runtime, or no box starts in it; no other runtime replaces it
├── BoxRegistryUnavailable  the box registry does not answer: no box is made that a later gateway could not find
├── BoxElsewhere         the box is on another engine: gateways on that engine's host confirm its end
├── PoolExhausted        no box became free in time
└── PoolClosed           the pool drains
"""


class SandboxError(Exception):
    cure = "See the message."


class EngineUnavailable(SandboxError):
    """`answered` tells an engine that refused from one that did not answer."""

    cure = "Start the Docker daemon and check it with `callgate doctor`."

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


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
    cure = "Start a gateway on that engine's host again: it removes what was left there."


class PoolExhausted(SandboxError):
    cure = "Call again after a moment, or let the operator raise the pool's size."

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PoolClosed(SandboxError):
    cure = "Call again: another gateway, or this one restarted, will answer."
