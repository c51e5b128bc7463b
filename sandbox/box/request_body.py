"""The body of a request that is sent as it is read, beside the reading of the answer."""

import asyncio

import structlog

from sandbox.api.fault_code import FaultCode
from sandbox.api.streams import BodySource, StreamRefused
from sandbox.box import frames
from sandbox.box.frames import FrameKind
from sandbox.box.runner_connection import RunnerConnection

log = structlog.get_logger()


class RequestBody:
    """Without a source, nothing is sent. Where the source fails, the box is ended: the upstream must not take a part for the
    whole."""

    def __init__(self, connection: RunnerConnection, source: BodySource | None) -> None:
        self._connection = connection
        self._source = source
        self._sending: asyncio.Task[None] | None = None
        self.refusal: StreamRefused | None = None

    def begin(self) -> None:
        if self._source is not None and self._sending is None:
            self._sending = asyncio.create_task(self._send(self._source))
            self._sending.add_done_callback(self._ended)

    async def end(self) -> None:
        """Send nothing more."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait({self._sending})

    def _ended(self, sending: asyncio.Task[None]) -> None:
        """A defect ends the box as well: it would wait for the rest until its time is over."""
        if not sending.cancelled() and (defect := sending.exception()) is not None:
            log.error("request_body_failed", exc_info=defect)
            self.refusal = StreamRefused(FaultCode.INTERNAL, "a defect of the gateway in the request's body; see its log")
            self._connection.close()

    async def _send(self, source: BodySource) -> None:
        try:
            await self._send_all(source)
        except StreamRefused as refusal:
            self.refusal = refusal
            self._connection.close()
        except ConnectionError:
            return  # the box has hung up, which the reader of its answer notices

    async def _send_all(self, source: BodySource) -> None:
        left = source.size
        async for piece in source.pieces():
            left -= len(piece)
            if left < 0:
                break
            await self._connection.send(frames.encode(FrameKind.BODY, piece))
        if left:
            raise StreamRefused(FaultCode.INTERNAL, "the request's body has another length than it was to have")
