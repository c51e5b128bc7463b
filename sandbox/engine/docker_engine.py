"""The Docker Engine. No other module speaks to it.

Each step of a box's life is one request on a kept connection: the client sends no other request for it, and blocks no thread.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from aiodocker import Docker, DockerError
from aiodocker.containers import DockerContainer
from aiohttp import ClientError, ClientTimeout

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, ImageMissing
from sandbox.engine.docker_answers import briefly, trouble_in_answer, trouble_of_connection
from sandbox.engine.engine_users import first_user_of
from sandbox.engine.protocol import EngineContainer

#: Seconds that the engine has to say that it is there. A running engine takes about one millisecond.
QUICK = 1.5

#: Seconds that the engine has for work. The build of an image takes longest.
SLOW = 30.0

#: The status that the client gives to a request for which it had no connection.
_NO_CONNECTION = 900

#: The engine did not answer. TimeoutError is an OSError; a ValueError is an answer that is not JSON.
_NO_ANSWER = (ClientError, OSError, EOFError, ValueError)

_T = TypeVar("_T")


class DockerEngine:
    """The engine at an address as in DOCKER_HOST, such as `unix:///run/docker.sock`. Used in one event loop only."""

    def __init__(self, address: str = "unix:///run/docker.sock") -> None:
        self._address = address
        self._client: Docker | None = None

    async def ping(self) -> None:
        """Does not ask for the version: to answer that, the engine starts programs, which would delay the making of boxes."""
        await self._call("answer", _ping, within=QUICK)

    async def id(self) -> str:
        return str((await self._call("say its id", lambda client: client.system.info()))["ID"])

    async def first_user(self) -> int:
        return first_user_of(await self._call("say its users", lambda client: client.system.info()))

    async def ensure_image(self, name: str, context: bytes) -> bool:
        if await self._has_image(name):
            return False
        unmade = EngineTrouble.IMAGE_UNMADE
        await self._call(f"build the image {name}", lambda client: _build(client, name, context), otherwise=unmade)
        return True

    async def volumes(self, image: str) -> tuple[str, ...]:
        try:
            found = await self._call("inspect an image", lambda client: client.images.inspect(image))
        except EngineUnavailable as error:
            if _is(error, HTTPStatus.NOT_FOUND):
                raise self._missing(image) from error
            raise
        return tuple(found["Config"].get("Volumes") or ())

    async def create(self, name: str, config: Mapping[str, Any]) -> None:
        try:
            await self._call("create a box", lambda client: client.containers.create(dict(config), name=name))
        except EngineUnavailable as error:
            if _is(error, HTTPStatus.NOT_FOUND) and error.trouble is EngineTrouble.REFUSED:
                raise self._missing(config["Image"]) from error
            raise

    async def start(self, name: str) -> None:
        await self._call("start a box", lambda client: client.containers.container(name).start())

    async def remove(self, name: str) -> None:
        try:
            await self._call("remove a box", lambda client: client.containers.container(name).delete(force=True, v=True))
        except EngineUnavailable as error:
            if not _is(error, HTTPStatus.NOT_FOUND):
                raise

    async def containers(self, labels: Mapping[str, str | None]) -> tuple[EngineContainer, ...]:
        wanted = [key if value is None else f"{key}={value}" for key, value in labels.items()]
        found = await self._call("list boxes", lambda client: client.containers.list(all=True, filters={"label": wanted}))
        return tuple(EngineContainer(_name(entry), entry["Labels"]) for entry in found)

    async def mark(self, name: str, labels: Mapping[str, str]) -> None:
        """A mark is an empty volume."""
        config = {"Name": name, "Labels": dict(labels)}
        await self._call("make a volume", lambda client: client.volumes.create(config))  # type: ignore[no-untyped-call]

    async def marks(self, label: str) -> dict[str, Mapping[str, str]]:
        labelled = {"label": label}
        found = await self._call("list volumes", lambda client: client.volumes.list(filters=labelled))  # type: ignore[no-untyped-call]
        return {volume["Name"]: volume["Labels"] or {} for volume in found["Volumes"] or ()}

    async def unmark(self, name: str) -> None:
        await self._call("remove a volume", lambda client: _remove_volume(client, name))

    async def close(self) -> None:
        """Requests under way fail."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _has_image(self, name: str) -> bool:
        try:
            await self._call("inspect an image", lambda client: client.images.inspect(name))
        except EngineUnavailable as error:
            if not _is(error, HTTPStatus.NOT_FOUND):
                raise
            return False
        return True

    async def _call(
        self,
        purpose: str,
        ask: Callable[[Docker], Awaitable[_T]],
        *,
        within: float = SLOW,
        otherwise: EngineTrouble = EngineTrouble.REFUSED,
    ) -> _T:
        """`otherwise` is the trouble where the engine's answer names none that is known."""
        try:
            client = await self._connected()
            async with asyncio.timeout(within):
                return await ask(client)
        except DockerError as error:
            raise self._refusal(purpose, error, otherwise) from error
        except _NO_ANSWER as error:
            raise self._unavailable(purpose, str(error) or "no answer in time", trouble_of_connection(error)) from error

    async def _connected(self) -> Docker:
        """A new client first asks which API version the engine speaks. An absent engine is given only a short time for that."""
        if self._client is None:
            self._client = Docker(self._address, timeout=ClientTimeout(total=SLOW))
        if self._client.api_version == "auto":
            async with asyncio.timeout(QUICK):
                await self._client.version()
        return self._client

    def _missing(self, image: str) -> ImageMissing:
        return ImageMissing(f"The Docker engine at {self._address} has no image {image}.")

    def _refusal(self, purpose: str, error: DockerError, otherwise: EngineTrouble) -> EngineUnavailable:
        if error.status == _NO_CONNECTION:
            return self._unavailable(purpose, error.message, trouble_of_connection(error))
        trouble = trouble_in_answer(error.status, error.message, otherwise=otherwise)
        if trouble is EngineTrouble.OUTDATED and self._client is not None:
            self._client.api_version = "auto"  # another engine took its place: ask again which version it speaks
        return self._unavailable(purpose, error.message, trouble)

    def _unavailable(self, purpose: str, cause: str, trouble: EngineTrouble) -> EngineUnavailable:
        return EngineUnavailable(f"The Docker engine at {self._address} could not {purpose}: {briefly(cause)}", trouble)


async def _ping(client: Docker) -> None:
    async with client.session.get(f"{client.docker_host}/_ping", raise_for_status=True):
        pass


async def _remove_volume(client: Docker, name: str) -> None:
    async with client.session.delete(f"{client.docker_host}/volumes/{name}") as response:
        if response.status != HTTPStatus.NOT_FOUND:
            response.raise_for_status()


async def _build(client: Docker, name: str, context: bytes) -> None:
    await client.images.build(fileobj=io.BytesIO(context), encoding="identity", tag=name, rm=True, forcerm=True)


def _is(error: EngineUnavailable, status: HTTPStatus) -> bool:
    """Whether the engine answered with this status."""
    return isinstance(error.__cause__, DockerError) and error.__cause__.status == status


def _name(entry: DockerContainer) -> str:
    """A container that is being removed may have no name any more, but still has its id."""
    names: list[str] = entry["Names"] or [entry["Id"]]
    return names[0].lstrip("/")
