"""Bodies that are larger than the gateway's memory allows: they pass through it in pieces."""

from collections.abc import AsyncIterator
from typing import Protocol

from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Head


class StreamRefused(Exception):
    """A body can go no further. The message is for people, with its cure."""

    def __init__(self, fault: FaultCode, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class Spill(Protocol):
    """Takes the whole body of an answer that is longer than its job's bound."""

    @property
    def most(self) -> int:
        """Bytes: a longer body is too large in any case."""
        ...

    async def write(self, head: Head, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece of this answer's body. Its memory is the giver's, who fills it again after this has returned.
        Where it is cancelled, the piece is taken all the same.

        Raises StreamRefused.
        """
        ...


class BodySource(Protocol):
    """A request's body that is read while it is sent, once for each job."""

    @property
    def size(self) -> int:
        """Bytes, of all its pieces."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """Raises StreamRefused where it cannot be read to its end: nothing more is sent then."""
        ...
