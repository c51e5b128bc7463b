"""The stacks and the upstreams of `tests/e2e`, proxies before gateways, and an upstream that answers as it is told."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.conftest import OpenHouse, collector, house, new_house, open_house, open_shop, upstream
from tests.e2e.house import House
from tests.proxies import proxies

from .scripted import Scripted
from .shops import Shop, counting_upstream

__all__ = ["collector", "house", "new_house", "open_house", "open_shop", "proxies", "upstream"]

#: Offers tools of an upstream in a house: `offer(house, url, {"pay": ("POST", "/pay")}, {"pay": settings})` answers the names
#: under which they can be called. The settings are a manifest's.
Offer = Callable[..., dict[str, str]]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with Scripted() as upstream:
        yield upstream


@pytest.fixture
def shop(house: House, tmp_path: Path) -> Iterator[Shop]:
    with counting_upstream() as upstream:
        yield Shop(house, tmp_path, upstream)


@pytest.fixture
def offer() -> Offer:
    def offer(
        house: House, url: str, tools: dict[str, tuple[str, str]], settings: dict[str, dict[str, object]] | None = None
    ) -> dict[str, str]:
        toolset = f"t{uuid4().hex[:8]}"
        names = {name: f"{toolset}_{name}" for name in tools}
        paths: dict[str, dict[str, object]] = {}
        for name, (method, path) in tools.items():
            responses = {"200": {"description": "An answer.", "content": {"application/json": {}}}}
            paths.setdefault(path, {})[method.lower()] = {"operationId": names[name], "responses": responses}
        document = {"openapi": "3.1.0", "info": {"title": "Scripted", "version": "1"}, "paths": paths}
        operations = {names[name]: one for name, one in (settings or {}).items()}
        manifest = json.dumps({"toolset": toolset, "operations": operations}).encode()
        report = house.client.toolsets.import_openapi(json.dumps(document).encode(), toolset, server=url, manifest=manifest)
        assert report.faults == ()
        return names

    return offer


@pytest.fixture
def own_house(open_house: OpenHouse) -> Iterator[House]:
    """A stack to break, with two boxes that wait."""
    with open_house(pool_size=2) as house:
        yield house
