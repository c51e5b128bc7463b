"""What can go wrong before a job has started. Afterwards there is a Result, never an exception.

SandboxError
├── EngineUnavailable    the container engine does not answer, or cannot make a box
├── ImageMissing         the engine does not have the image of a tool's box
├── PoolExhausted        no box became free in time
└── PoolClosed           the pool drains
"""


class SandboxError(Exception):
    cure = "See the message."


class EngineUnavailable(SandboxError):
    cure = "Start the Docker daemon and check it with `callgate doctor`."


class ImageMissing(SandboxError):
    cure = "Let the operator load the tool's image into the engine: Callgate pulls none."


class PoolExhausted(SandboxError):
    cure = "Call again after a moment, or let the operator raise the pool's size."

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PoolClosed(SandboxError):
    cure = "Call again: another gateway, or this one restarted, will answer."
