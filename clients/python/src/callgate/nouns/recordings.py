"""`client.recordings`: this caller's recordings of runs, as files."""

from functools import partial

from callgate import recordings
from callgate.blocking import BlockingNoun, blocking
from callgate.retry import EXPORT, IMPORT, READ
from callgate.session import Noun
from callgate.v1.recording_service_pb2 import DeleteRecordingRequest, ExportRecordingRequest, RecordingEntry


class AsyncRecordings(Noun):
    """This caller's recordings of runs, as files. A client records or replays by its parameter `recording`."""

    async def export_file(self, name: str) -> bytes:
        """A recording, as the content of a file. Raises RecordingNotFound."""
        request = ExportRecordingRequest(name=recordings.checked_name(name))

        async def exchange(seconds: float | None) -> list[RecordingEntry]:
            async with self._session.stream(self._session.recordings.ExportRecording, request, seconds) as stream:
                return [answer.entry async for answer in stream]

        return recordings.dump(recordings.ordered(await self._session.repeat(exchange, EXPORT)))

    async def import_file(self, name: str, content: bytes) -> int:
        """Store the content of an exported file as a recording. An older one of that name is replaced.

        Returns the number of calls in it.
        """
        requests = partial(recordings.import_requests, recordings.checked_name(name), recordings.load(content))
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
