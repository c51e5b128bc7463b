"""A stack that all situations share, an upstream that answers by recipe, and the tools of a document of it."""

import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import docker
import pytest

from callgate import CredentialSource, ImportReport, Invocation
from sandbox.engine.runner_image import runner_image
from tests.conftest import FreePort
from tests.e2e.conftest import collector, house, new_house, open_house
from tests.e2e.house import SCHEME, House

from .certificates import Authority
from .connect_proxy import ConnectProxy
from .out import Out
from .recipes import Recipes, answer

__all__ = ["collector", "house", "new_house", "open_house"]

_numbers = itertools.count(1)

Json = dict[str, Any]

#: Of an operation that says nothing else.
ANSWERED: Json = {"200": {"description": "An answer.", "content": {"application/json": {}}}}


@dataclass(frozen=True)
class Situation:
    """The tools of one document, in a house, under names of their own."""

    house: House
    toolset: str
    report: ImportReport

    def name(self, operation: str) -> str:
        return f"{operation}_{self.toolset}"

    def call(self, operation: str, arguments: Mapping[str, Any] | None = None, **options: Any) -> Invocation:
        """Call the tool of this operationId."""
        return self.house.client.call(self.name(operation), arguments or {}, **options)


class Situate(Protocol):
    """Imports a document of these paths and answers its situation. Each operation's id gets the toolset's number.

    `secret`: a token that the bearer scheme reads; for other kinds, give `components`, `security` and a manifest. `manifest`:
    its words beside the toolset's name. `faults`: whether the import may have some.
    """

    def __call__(
        self,
        paths: Json,
        *,
        server: str | None = None,
        manifest: Json | None = None,
        components: Json | None = None,
        security: list[Json] | None = None,
        secret: str = "",
        faults: bool = False,
    ) -> Situation: ...


@pytest.fixture
def recipes() -> Iterator[Recipes]:
    with Recipes() as upstream:
        yield upstream


@pytest.fixture
def elsewhere() -> Iterator[Recipes]:
    """Another origin: another port."""
    with Recipes() as upstream:
        upstream.tell("GET", "/there", answer(200, b'{"there": true}'))
        upstream.tell("POST", "/there", answer(200, b'{"there": true}'))
        yield upstream


@pytest.fixture
def situation(house: House, recipes: Recipes) -> Situate:
    def situate(
        paths: Json,
        *,
        server: str | None = None,
        manifest: Json | None = None,
        components: Json | None = None,
        security: list[Json] | None = None,
        secret: str = "",
        faults: bool = False,
    ) -> Situation:
        toolset = f"real{next(_numbers)}"
        document: Json = {"openapi": "3.1.0", "info": {"title": "Real", "version": "1"}, "paths": _numbered(paths, toolset)}
        if secret:
            document["security"] = [{SCHEME: []}]
            document["components"] = {"securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer"}}}
        document |= {name: part for name, part in (("components", components), ("security", security)) if part is not None}
        sources = [CredentialSource(SCHEME, f"secret/data/{toolset}", "token")] if secret else []
        report = house.client.toolsets.import_openapi(
            json.dumps(document).encode(),
            toolset,
            server=server or recipes.url,
            credentials=sources,
            manifest=json.dumps({"toolset": toolset, **(manifest or {})}).encode(),
        )
        assert faults or report.faults == ()
        house.promote(report)
        if secret:
            house.provide(report, f"secret/data/{toolset}", secret)
        return Situation(house, toolset, report)

    return situate


def _numbered(paths: Json, toolset: str) -> Json:
    """These paths, each operation with its responses and an id of this toolset."""
    return {path: {key: _operation(part, toolset) for key, part in item.items()} for path, item in paths.items()}


def _operation(part: Any, toolset: str) -> Any:
    if not isinstance(part, dict) or "operationId" not in part:
        return part
    return {"responses": ANSWERED, **part, "operationId": f"{part['operationId']}_{toolset}"}


@pytest.fixture(scope="session")
def proxy() -> Iterator[ConnectProxy]:
    """The proxy of all hosts below `.proxied.example`. A test that changes it lets it forget that."""
    with ConnectProxy() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def other_proxy() -> Iterator[ConnectProxy]:
    """That of the hosts below `.partner.example`."""
    with ConnectProxy() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def out(
    house: House, free_port: FreePort, proxy: ConnectProxy, other_proxy: ConnectProxy, dockerd: docker.APIClient
) -> Iterator[Out]:
    """A gateway that reaches upstreams by ways of its own; see `out.HOSTS` for the names that it knows."""
    with tempfile.TemporaryDirectory(prefix="cgo-", dir="/tmp") as home:
        logins = Path(home) / "logins"
        logins.write_text(f"{other_proxy.place} gate:first\n")
        settings = {
            "CALLGATE_PROXY": f".proxied.example={proxy.url}, .partner.example={other_proxy.url}, "
            f"10.0.0.0/8={proxy.url}, 169.254.0.0/16={proxy.url}, localhost={proxy.url}, metadata.google.internal={proxy.url}, "
            f"intranet={proxy.url}, .dead.example=http://127.0.0.1:{free_port()}",
            "CALLGATE_NO_PROXY": "plain.proxied.example",
            "CALLGATE_PROXY_LOGIN_FILE": str(logins),
        }
        system = Authority("The authority of the tests' host")
        image = runner_image(_written(Path(home) / "system.pem", system.pem)).name
        with Out(house, Path(home), f"127.0.0.1:{free_port()}", settings, system) as gateway:
            yield gateway
        dockerd.remove_image(image, force=True)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
