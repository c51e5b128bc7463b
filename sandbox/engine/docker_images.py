"""Images of container tools, by Docker's own SDK: listed, looked into, pulled and built. No other module imports it.

Why aiodocker carries the hot path (`docker_engine`), and this does not: the SDK blocks. Each of its requests takes a thread
and a connection of its own, which a call of ten milliseconds feels, and a person who pulls an image does not. Here the SDK has
what aiodocker leaves to its users: it packs a directory to be built, without what `.dockerignore` names, shows registries the
logins of `docker login`, and reads images as streams.
"""

import io
import socket
import tarfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from sandbox.api.errors import EngineUnavailable
from sandbox.engine.docker_answers import briefly, trouble_in_answer, trouble_of_connection
from sandbox.engine.image_errors import BuildFailed, NoSuchImage
from sandbox.engine.image_facts import EngineProgress, ImageFacts, ImageFile, ListedImage, facts_of, listed
from sandbox.engine.registry_answers import registry_error

#: Seconds for the engine to say that it is there, and then for each answer, or each part of one that comes in parts.
QUICK, SLOW = 10, 600

#: Lines of a build's output that are kept, for the case that it fails.
KEPT_LINES = 20

_BUILDKIT = "Build it by `docker build`, which has BuildKit: this command has the builder that every engine has."

OnProgress = Callable[[EngineProgress], None]


def _silent(_: EngineProgress) -> None:
    pass


class DockerImages:
    """The images of the engine on a socket. Every method raises EngineUnavailable; it blocks, and is for one thread."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def platform(self) -> str:
        """What the engine's host runs: `os/architecture`."""
        with self._asked("say its platform") as client:
            told = client.version()
        return f"{told['Os']}/{told['Arch']}"

    def list(self) -> tuple[ListedImage, ...]:
        """Those that have a name, or that no other image is made upon. The newest first."""
        with self._asked("list images") as client:
            return tuple(sorted(map(listed, client.images()), key=lambda image: image.created, reverse=True))

    def facts(self, image: str) -> ImageFacts:
        """Raises NoSuchImage."""
        with self._asked("inspect an image") as client:
            return facts_of(_inspected(client, image))

    def files(self, image: str) -> Iterator[ImageFile]:
        """Each file, directory and link. Reads all of the image, by a container that never starts. Raises NoSuchImage."""
        with self._asked("read an image") as client:
            id = _inspected(client, image)["Id"]
            container = client.create_container(id, command=["-"], network_disabled=True)["Id"]
            try:
                with tarfile.open(fileobj=_Stream(client.export(container)), mode="r|") as archive:
                    yield from map(_file, archive)
            finally:
                client.remove_container(container, v=True, force=True)

    def pull(self, image: str, on_progress: OnProgress = _silent) -> ImageFacts:
        """By the logins of the user who runs this. Without a tag or a digest it is `latest`.

        Raises NoSuchImage, RegistryUnreachable, RegistryRefused.
        """
        layers = _Layers()
        with self._asked("pull an image") as client:
            try:
                for line in client.pull(image, tag=None if _is_exact(image) else "latest", stream=True, decode=True):
                    _refuse(line, image)
                    on_progress(layers.after(line))
            except APIError as error:
                raise registry_error(image, error.explanation or str(error)) or error from error
            return facts_of(_inspected(client, image))

    def build(self, directory: Path, name: str, on_progress: OnProgress = _silent) -> ImageFacts:
        """From the directory's Dockerfile. What its steps leave behind is removed. Raises BuildFailed."""
        said: deque[str] = deque(maxlen=KEPT_LINES)
        with self._asked("build an image") as client:
            for line in _build(client, directory, name):
                if "error" in line:
                    cure = _BUILDKIT if "BuildKit" in line["error"] else None
                    raise BuildFailed(f"The build of {name} failed: {briefly(line['error'])}", tuple(said), cure=cure)
                text = str(line.get("stream") or "").strip()
                said += text.splitlines()
                on_progress(EngineProgress(text))
            return facts_of(_inspected(client, name))

    @contextmanager
    def _asked(self, purpose: str) -> Iterator[Any]:
        """A client for one question."""
        client = None
        try:
            _knock(self._socket)
            client = docker.APIClient(f"unix://{self._socket}", version="auto", timeout=QUICK)
            client.timeout = SLOW
            yield client
        except ImageNotFound as error:
            raise NoSuchImage(f"The engine on {self._socket} has no such image.") from error
        except APIError as error:
            told = error.explanation or str(error)
            status = error.response.status_code if error.response is not None else 0
            raise self._unavailable(purpose, told, trouble_in_answer(status, told)) from error
        except (DockerException, OSError, tarfile.TarError) as error:
            raise self._unavailable(purpose, str(error), trouble_of_connection(error)) from error
        finally:
            if client is not None:
                client.close()

    def _unavailable(self, purpose: str, told: str, trouble: Any) -> EngineUnavailable:
        return EngineUnavailable(f"The Docker engine on {self._socket} could not {purpose}: {briefly(told)}", trouble)


def _knock(path: Path) -> None:
    """Raises OSError with the kernel's own reason. Where none listens, the SDK would leave its socket open."""
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        probe.settimeout(QUICK)
        probe.connect(str(path))


def _inspected(client: Any, image: str) -> Mapping[str, Any]:
    try:
        told: Mapping[str, Any] = client.inspect_image(image)
    except ImageNotFound as error:
        raise NoSuchImage(f"The engine has no image {image}.") from error
    return told


def _build(client: Any, directory: Path, name: str) -> Iterator[Mapping[str, Any]]:
    """What the engine says, line by line. The SDK asks it when the first line is taken."""
    try:
        yield from client.build(path=str(directory), tag=name, rm=True, forcerm=True, decode=True)
    except APIError as error:
        if not error.is_client_error():
            raise
        raise BuildFailed(f"The engine does not build {name}: {briefly(error.explanation or str(error))}") from error
    except OSError as error:
        if type(error).__module__ != "builtins":  # the transport's own: they are OSErrors, too
            raise
        cure = "Let the user who runs this read each file of the directory, or name what is not needed in .dockerignore."
        raise BuildFailed(f"{directory} cannot be read: {error}", cure=cure) from error


def _is_exact(image: str) -> bool:
    """Whether the name has a tag or a digest. A colon before a slash is a port."""
    return "@" in image or ":" in image.rpartition("/")[2]


def _refuse(line: Mapping[str, Any], image: str) -> None:
    """Once a pull has begun, what goes wrong is a line of it."""
    if told := line.get("error"):
        raise registry_error(image, told) or EngineUnavailable(
            f"The Docker engine could not pull {image}: {briefly(told)}", trouble_in_answer(0, told)
        )


class _Layers:
    """Adds up what each layer of a pull says of itself."""

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}

    def after(self, line: Mapping[str, Any]) -> EngineProgress:
        counted = line.get("progressDetail") or {}
        if line.get("id") and counted.get("total") and line.get("status") == "Downloading":
            self._layers[line["id"]] = (int(counted.get("current", 0)), int(counted["total"]))
        done, total = (sum(column) for column in zip(*self._layers.values(), strict=True)) if self._layers else (0, 0)
        return EngineProgress(str(line.get("status", "")), done, total)


class _Stream(io.RawIOBase):
    """An answer that comes in parts, as a file that is read from its beginning to its end."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        super().__init__()
        self._parts = parts
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            if not (part := next(self._parts, b"")):
                return 0
            self._left = part
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _file(entry: tarfile.TarInfo) -> ImageFile:
    """A hard link is the file that it leads to, by its path from the root."""
    target = f"/{entry.linkname}" if entry.islnk() else entry.linkname if entry.issym() else ""
    return ImageFile(f"/{entry.name.strip('/')}", entry.mode & 0o7777, entry.isdir(), target)
