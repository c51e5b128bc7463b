"""`client.recordings`: this caller's recordings of runs, as files."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from callgate import recordings
from callgate.blocking import BlockingNoun, blocking
from callgate.errors import RequestRefused
from callgate.nouns.tools import AsyncTools
from callgate.recorded.calls import RecordedRun
from callgate.recorded.entries import entries_of, run_of
from callgate.recorded.files import described, dump, load, tools_named
from callgate.retry import EXPORT, IMPORT, READ
from callgate.session import Noun
from callgate.v1.recording_service_pb2 import DeleteRecordingRequest, ExportRecordingRequest, RecordingEntry


class AsyncRecordings(Noun):
    """This caller's recordings of runs, as files. A client records or replays by its parameter `recording`."""

    async def export_file(self, name: str) -> bytes:
        """A recording, as the content of a file, with the tools that it calls: it can be replayed without a gateway. Raises
        RecordingNotFound."""
        return dump(await self._run(name))

    async def _run(self, name: str) -> RecordedRun:
        request = ExportRecordingRequest(name=recordings.checked_name(name))

        async def exchange(seconds: float | None) -> list[RecordingEntry]:
            async with self._session.stream(self._session.recordings.ExportRecording, request, seconds) as stream:
                return [answer.entry async for answer in stream]

        entries = recordings.ordered(await self._session.repeat(exchange, EXPORT))
        return run_of(entries, {reference: one async for reference, one in self._described(tools_named(entries))})

    async def _described(self, references: Sequence[str]) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """Those that the catalog still has, for this caller."""
        tools = AsyncTools(self._session)
        for reference in references:
            with suppress(RequestRefused):
                yield reference, described(await tools.get(reference))

    async def import_file(self, name: str, content: bytes) -> int:
        """Store the content of an exported file as a recording. An older one of that name is replaced. Raises RequestInvalid
        for what is no such file.

        Returns the number of calls in it.
        """
        requests = partial(recordings.import_requests, recordings.checked_name(name), list(entries_of(load(content))))
        return int((await self._session.send(self._session.recordings.ImportRecording, requests, IMPORT)).entries)

    async def delete(self, name: str) -> None:
        """Erase a recording, so that another one can be made. It is no error if there is none."""
        request = partial(DeleteRecordingRequest, name=recordings.checked_name(name))
        await self._session.send(self._session.recordings.DeleteRecording, request, READ)


class Recordings(BlockingNoun[AsyncRecordings]):
    """This caller's recordings of runs, as files. A client records or replays by its parameter `recording`."""

    export_file = blocking(AsyncRecordings.export_file)
    import_file = blocking(AsyncRecordings.import_file)
    delete = blocking(AsyncRecordings.delete)
