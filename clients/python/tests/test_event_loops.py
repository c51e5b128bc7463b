"""An AsyncClient and the event loops of its program."""

import asyncio

import pytest

from callgate import AsyncClient, errors
from clients.python.tests.conftest import TOKEN, Gateway


@pytest.fixture
def client(gateway: Gateway) -> AsyncClient:
    """Made where no event loop runs, as a module's own client is."""
    return AsyncClient(gateway.address, token=TOKEN)


async def ask(client: AsyncClient) -> str:
    return (await client.invocations.get("inv-1")).id


async def watch(client: AsyncClient) -> str:
    return f"{len([event async for event in client.invocations.handle('inv-1').watch()])}"


def test_a_client_that_is_made_before_there_is_a_loop_belongs_to_the_first_one(client: AsyncClient, gateway: Gateway) -> None:
    async def use() -> list[str]:
        async with client:
            return list(await asyncio.gather(ask(client), watch(client), ask(client)))

    assert asyncio.run(use()) == ["inv-1", f"{gateway.events}", "inv-1"]


@pytest.mark.parametrize("verb", [ask, watch])
def test_a_request_from_another_loop_is_refused_with_a_cure(client: AsyncClient, gateway: Gateway, verb: object) -> None:
    assert asyncio.run(ask(client)) == "inv-1"
    with pytest.raises(errors.RequestInvalid, match="another event loop") as refused:
        asyncio.run(verb(client))  # type: ignore[operator]
    assert "asyncio.run" in refused.value.cure
    assert len(gateway.requests) == 1


async def test_a_client_in_another_threads_loop_is_refused_and_stays_good_in_its_own(client: AsyncClient) -> None:
    assert await ask(client) == "inv-1"
    with pytest.raises(errors.RequestInvalid, match="another event loop"):
        await asyncio.to_thread(asyncio.run, ask(client))
    assert await ask(client) == "inv-1"
    await client.close()


def test_a_client_that_was_never_used_is_closed_in_any_loop(client: AsyncClient) -> None:
    asyncio.run(client.close())
    asyncio.run(client.close())
    with pytest.raises(errors.RequestInvalid, match="closed"):
        asyncio.run(ask(client))
