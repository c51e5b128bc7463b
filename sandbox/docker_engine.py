"""The Docker Engine. The only module that speaks to it.

The SDK blocks, so each call runs in a thread of our own. Only its low-level calls are used: the comfortable ones inspect a
container after each step, and cannot express `NetworkDisabled`.
"""

import asyncio
import io
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from typing import Any, TypeVar

from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from urllib3.exceptions import HTTPError

from sandbox.engine import Container
from sandbox.errors import EngineUnavailable, ImageMissing

QUICK = 1
"""Seconds that the engine has to say its version. A running one takes a few milliseconds."""

SLOW = 30
"""Seconds that it has for work. The build of an image takes longest."""

_FAILURES = (DockerException, HTTPError, OSError)  # requests' own exceptions are OSErrors

_T = TypeVar("_T")


class DockerEngine:
    """The engine behind a socket: `unix:///run/docker.sock`, or what DOCKER_HOST would say."""

    def __init__(self, address: str = "unix:///run/docker.sock", *, workers: int = 8) -> None:
        self._address = address
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="docker")
        self._client: APIClient | None = None

    async def version(self) -> str:
        return await self._call("answer", self._version)

    async def ensure_image(self, name: str, context: bytes) -> bool:
        return await self._call(f"build the image {name}", partial(self._ensure_image, name, context))

    async def create(self, name: str, config: Mapping[str, Any]) -> None:
        try:
            await self._call("create a box", partial(self._create, name, dict(config)))
        except EngineUnavailable as error:
            if isinstance(error.__cause__, ImageNotFound):
                raise ImageMissing(f"The Docker engine at {self._address} has no image {config['Image']}.") from error
            raise

    async def start(self, name: str) -> None:
        await self._call("start a box", lambda: self._connected().start(name))

    async def remove(self, name: str) -> None:
        await self._call("remove a box", partial(self._remove, name))

    async def containers(self, labels: Mapping[str, str | None]) -> tuple[Container, ...]:
        return await self._call("list boxes", partial(self._containers, labels))

    async def close(self) -> None:
        """Let running calls end, and take no further ones."""
        await asyncio.to_thread(self._threads.shutdown)
        if self._client is not None:
            self._client.close()

    async def _call(self, purpose: str, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, partial(self._work, work))
        except _FAILURES as error:
            raise EngineUnavailable(f"The Docker engine at {self._address} could not {purpose}: {_cause(error)}") from error

    def _work(self, work: Callable[[], _T]) -> _T:
        self._knock()
        return work()

    def _knock(self) -> None:
        """See first whether anybody listens: the SDK leaks a socket for each connection that is refused."""
        if self._address.startswith("unix://"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(QUICK)
                probe.connect(self._address.removeprefix("unix://"))

    def _connected(self) -> APIClient:
        if self._client is None:
            with self._hasty() as hasty:
                self._client = APIClient(self._address, version=hasty.api_version, timeout=SLOW)
        return self._client

    def _hasty(self) -> closing[APIClient]:
        """A client with little patience. Making it asks the engine which API it speaks."""
        return closing(APIClient(self._address, timeout=QUICK))

    def _version(self) -> str:
        with self._hasty() as hasty:
            return str(hasty.version()["Version"])

    def _ensure_image(self, name: str, context: bytes) -> bool:
        client = self._connected()
        if client.images(name, quiet=True):
            return False
        archive = io.BytesIO(context)
        built = client.build(
            fileobj=archive, custom_context=True, tag=name, rm=True, forcerm=True, decode=True, use_config_proxy=False
        )
        for line in built:
            if "error" in line:
                raise DockerException(line["error"])
        return True

    def _create(self, name: str, config: dict[str, Any]) -> None:
        self._connected().create_container_from_config(config, name)  # type: ignore[no-untyped-call]

    def _remove(self, name: str) -> None:
        with suppress(NotFound):
            self._connected().remove_container(name, force=True)

    def _containers(self, labels: Mapping[str, str | None]) -> tuple[Container, ...]:
        wanted = [key if value is None else f"{key}={value}" for key, value in labels.items()]
        found = self._connected().containers(all=True, filters={"label": wanted})
        return tuple(Container(_name(entry), entry["Labels"]) for entry in found)


def _name(entry: Mapping[str, Any]) -> str:
    """A container that is being removed has lost its name, but not its id."""
    names: list[str] = entry["Names"] or [entry["Id"]]
    return names[0].lstrip("/")


def _cause(error: BaseException) -> str:
    """The engine's own words where it had any; of a failed connection, the last reason in the chain."""
    if isinstance(error, APIError):
        return str(error.explanation or error)
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__
