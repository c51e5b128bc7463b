"""A desk over the pipeline's fakes, and real upstreams on loopback for it."""

from collections.abc import AsyncIterator, Iterator
from typing import Unpack

import pytest

from tests.gateway.pipeline.desk import Desk, OpenDesk, Terms
from tests.gateway.pipeline.desk import open_desk as desk_at
from tests.gateway.pipeline.upstreams import LossyDoor, LossyShop, OpenShop, Rude, rude_upstream, serving


@pytest.fixture
def shop() -> Iterator[OpenShop]:
    shop = OpenShop()
    with serving(shop):
        yield shop


@pytest.fixture
def lossy() -> Iterator[LossyShop]:
    shop = LossyShop()
    with serving(shop, LossyDoor):
        yield shop


@pytest.fixture
def rude() -> Iterator[Rude]:
    with rude_upstream() as upstream:
        yield upstream


@pytest.fixture
async def open_desk() -> AsyncIterator[OpenDesk]:
    """Opens desks: `await open_desk(upstream, **how it differs)`. At the end each has met its obligations."""
    opened: list[Desk] = []

    async def open_one(upstream: str, **terms: Unpack[Terms]) -> Desk:
        opened.append(await desk_at(upstream, **terms))
        return opened[-1]

    yield open_one
    for desk in opened:
        await desk.close()
