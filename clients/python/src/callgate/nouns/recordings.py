"""`client.recordings`: this caller's recordings of runs, as files."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial

from callgate import checks, recordings
from callgate.blocking import BlockingNoun, blocking
from callgate.errors import RequestRefused
from callgate.nouns.tools import AsyncTools
from callgate.recorded.entries import entries_of, run_of
from callgate.recorded.files import described, dump, tools_named
from callgate.recorded.loading import load
from callgate.retry import EXPORT, IMPORT, READ
from callgate.session import Noun
from callgate.types import Tool
from callgate.v1.recording_service_pb2 import DeleteRecordingRequest, ExportRecordingRequest, RecordingEntry


class AsyncRecordings(Noun):
    """This caller's recordings of runs, as files. A client records or replays by its parameter `recording`."""

    async def export_file(self, name: str, *, tools: Sequence[str] = ()) -> bytes:
        """A recording, as the content of a file, with the tools that it calls: it can be replayed without a gateway.

        `tools`: patterns of names, as fnmatch's, of further tools that the file is to have: those that an agent lists, and that
        this run has not called. Raises RecordingNotFound.
        """
        patterns = checks.texts("patterns of tools", tools)
        request = ExportRecordingRequest(name=recordings.checked_name(name))

        async def exchange(seconds: float | None) -> list[RecordingEntry]:
            async with self._session.stream(self._session.recordings.ExportRecording, request, seconds) as stream:
                return [answer.entry async for answer in stream]

        entries = recordings.ordered(await self._session.repeat(exchange, EXPORT))
        found = [one async for one in self._called(tools_named(entries))]
        found += [one for pattern in patterns async for one in AsyncTools(self._session).list(name=pattern)]
        return dump(run_of(entries, {one.reference: described(one) for one in found}))

    async def _called(self, references: Sequence[str]) -> AsyncIterator[Tool]:
        """Those that the catalog still has, for this caller."""
        for reference in references:
            with suppress(RequestRefused):
                yield await self._session.tool(reference)

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
