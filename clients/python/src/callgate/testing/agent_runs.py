"""The run of an agent in a test: recorded once against a gateway, and replayed without one, as often as its tests run.

    from callgate.testing import replay

    with replay("recordings/order.json") as run, run.client() as client:
        agent(client)

A call that the recording does not have raises ReplayMissed, and is not made. Where the agent has done anything else, in another
order, with other arguments or with another outcome, leaving the context raises RunDiffers, which says where. An error of the
agent's own says the same in a note.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callgate import checks
from callgate.aio import AsyncClient
from callgate.client import Client
from callgate.errors import CallgateError, RecordingNotFound
from callgate.keys import new_key
from callgate.recorded.calls import RecordedRun
from callgate.recorded.comparison import Comparison, compare
from callgate.recorded.files import dump
from callgate.recorded.loading import load
from callgate.recorded.report import report
from callgate.recorded.run_names import unnamed
from callgate.recordings import Mode, Recording
from callgate.testing.gateway import FakeGateway
from callgate.visible import visible

CURE = "Record it against a gateway: `pytest --callgate-record`, or `callgate run record FILE -- PROGRAM`."
NOTHING = "Let the agent make its client by Client.from_environment(), or by the run's `client()`."
#: Characters that a recording's name has of its file's.
LONGEST = 100
#: What another gateway's client would take from the environment.
_ELSEWHERE = ("CALLGATE_ROOT_CERTIFICATES", "CALLGATE_TOKEN_FILE")


class RunDiffers(AssertionError):
    """The run is another one than its recording. `comparison` says where."""

    def __init__(self, file: Path, comparison: Comparison) -> None:
        super().__init__(f"{file}\n{report(comparison)}")
        self.comparison = comparison


@dataclass(frozen=True, slots=True)
class RunUnderTest:
    """`file` has its recording. `gateway`: what names the gateway that its calls go to."""

    file: Path
    gateway: Mapping[str, str] = field(repr=False)
    recording: Recording
    run_id: str = field(default_factory=lambda: f"run-{new_key()}")

    @property
    def environment(self) -> dict[str, str]:
        """What makes `Client.from_environment` a client of this run, in another process, too."""
        return {
            **dict.fromkeys(_ELSEWHERE, ""),
            **self.gateway,
            "CALLGATE_RUN_MODE": self.recording.mode,
            "CALLGATE_RECORDING": self.recording.name,
            "CALLGATE_TAKE": self.recording.take,
            "CALLGATE_RUN_ID": self.run_id,
        }

    def client(self, **options: Any) -> Client:
        """A client of this run, which its caller closes. `options` are those of `Client.from_environment`."""
        return Client.from_environment(self.environment, **options)

    def async_client(self, **options: Any) -> AsyncClient:
        """As `client`, for asyncio."""
        return AsyncClient.from_environment(self.environment, **options)

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Judge the run when the context is left. Raises RunDiffers."""
        try:
            yield
        except Exception as error:
            self._explain(error)
            raise
        self._judge()

    def _judge(self) -> None:
        found = self._compared()
        if found.differs:
            raise RunDiffers(self.file, found)

    def _explain(self, error: Exception) -> None:
        try:
            found = self._compared()
        except CallgateError as trouble:  # the agent's own error is the one to be seen
            error.add_note(f"The run cannot be compared with {self.file}: {trouble}")
            return
        if found.differs:
            error.add_note(f"{self.file}\n{report(found)}")

    def _compared(self) -> Comparison:
        with Client.from_environment(self.gateway) as client:
            return compare(load(self.file.read_bytes(), str(self.file)), _taken(client, self.recording.take))


@dataclass(frozen=True, slots=True)
class RunToRecord(RunUnderTest):
    """The file is written where the test has passed. `tools`: patterns of those that it has beside what was called."""

    tools: tuple[str, ...] = ()

    def _judge(self) -> None:
        with Client.from_environment(self.gateway) as client:
            try:
                content = client.recordings.export_file(self.recording.name, tools=self.tools)
            except RecordingNotFound:
                told = f"{self.file} is not written: the test has made no call that the gateway could record"
                raise checks.invalid(told, NOTHING) from None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(dump(unnamed(load(content), self.run_id)))

    def _explain(self, error: Exception) -> None:
        kept = "is left as it was" if self.file.exists() else "is not written"
        error.add_note(f"{self.file} {kept}: a run whose test fails is not kept.")


@contextmanager
def replay(file: str | os.PathLike[str]) -> Iterator[RunUnderTest]:
    """A run that is answered from a recording's file, without a gateway, and judged when the context is left.

    Raises RunDiffers, an AssertionError; RequestInvalid for a file that is not there, or is no recording.
    """
    with replaying(Path(file)) as run, run.judged():
        yield run


@contextmanager
def replaying(file: Path) -> Iterator[RunUnderTest]:
    """As `replay`, for who judges it."""
    content, name = _read(file), visible(file.name)[:LONGEST]
    with FakeGateway() as gateway:
        gateway.load_recording(name, content)
        yield RunUnderTest(file, gateway.environment, Recording(name, Mode.REPLAY_STRICT, "take"))


@contextmanager
def replaying_live(file: Path, environ: Mapping[str, str] = os.environ) -> Iterator[RunUnderTest]:
    """The same against the gateway that the environment names, which knows the tools as they are now."""
    gateway, content = dict(environ), _read(file)
    name, take = (f"{file.stem[:LONGEST]}-{new_key()}" for _ in range(2))
    with Client.from_environment(gateway) as client:
        client.recordings.import_file(name, content)
        try:
            yield RunUnderTest(file, gateway, Recording(name, Mode.REPLAY_STRICT, take))
        finally:
            client.recordings.delete(name)
            client.recordings.delete(take)


@contextmanager
def recording(file: Path, environ: Mapping[str, str] = os.environ, *, tools: Sequence[str] = ()) -> Iterator[RunUnderTest]:
    """A run whose calls are made by the gateway that the environment names. What they were is written into the file."""
    gateway, name = dict(environ), f"{file.stem[:LONGEST]}-{new_key()}"
    with Client.from_environment(gateway) as client:
        yield RunToRecord(file, gateway, Recording(name, Mode.RECORD), tools=tuple(tools))
        client.recordings.delete(name)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise checks.invalid(f"the recording {file} cannot be read: {error.strerror}", CURE) from None


def _taken(client: Client, name: str) -> RecordedRun:
    """One that has asked for nothing was not stored."""
    try:
        return load(client.recordings.export_file(name))
    except RecordingNotFound:
        return RecordedRun(())
