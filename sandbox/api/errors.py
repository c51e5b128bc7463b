"""What can go wrong before a job has started. Afterwards there is a Result, never an exception.

SandboxError
├── EngineUnavailable    the container engine does not answer, or cannot make a box
├── SpecUnavailable      the engine works, but can make no box of this spec
│   ├── ImageMissing         it does not have the image
│   ├── ImageUnusable        it has it, but no box comes of it
│   └── RuntimeUnavailable   it does not know the runtime, or no box comes up in it; another is never taken instead
├── RegisterUnavailable  the register of boxes does not answer: no box may be made that nobody could find
├── BoxElsewhere         the box is of another engine: its own gateways confirm its end
├── PoolExhausted        no box became free in time
└── PoolClosed           the pool drains
"""


class SandboxError(Exception):
    cure = "See the message."


class EngineUnavailable(SandboxError):
    """`answered` tells an engine that refused from one that is not there."""

    cure = "Start the Docker daemon and check it with `callgate doctor`."

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class SpecUnavailable(SandboxError):
    """Whoever wants another spec is served."""


class RuntimeUnavailable(SpecUnavailable):
    cure = "Let the operator install the runtime and make it known to the engine; `callgate doctor --sandbox` tries it."


class ImageUnusable(SpecUnavailable):
    cure = "Let the tool's author correct the image: the message has the reason."


class ImageMissing(SpecUnavailable):
    cure = "Let the operator load the tool's image into the engine: Callgate pulls none."


class RegisterUnavailable(SandboxError):
    cure = "Start Redis and check it with `callgate doctor`."


class BoxElsewhere(SandboxError):
    cure = "Start a gateway on that engine's host again: it removes what was left there."


class PoolExhausted(SandboxError):
    cure = "Call again after a moment, or let the operator raise the pool's size."

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PoolClosed(SandboxError):
    cure = "Call again: another gateway, or this one restarted, will answer."
