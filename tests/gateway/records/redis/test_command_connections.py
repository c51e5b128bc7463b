"""Connections that carry one command at a time, against a real server."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import ResponseError

from gateway.records.redis.command_connections import CommandConnections
from tests.gateway.records.stores import operator_of


@pytest.fixture
async def connections(url: str) -> AsyncIterator[CommandConnections]:
    """Three at most."""
    connections = CommandConnections(ConnectionPool.from_url(url).make_connection, 3)
    yield connections
    await connections.disconnect()


@pytest.fixture
async def operator(url: str) -> AsyncIterator[Redis]:
    async with operator_of(url) as operator:
        yield operator


async def test_one_connection_serves_commands_that_follow_each_other_and_an_error_does_not_end_it(
    connections: CommandConnections,
) -> None:
    first = await connections.ask("CLIENT", "ID")
    with pytest.raises(ResponseError):
        await connections.ask("NO SUCH COMMAND")
    assert await connections.ask("CLIENT", "ID") == first


async def test_after_commands_were_given_up_no_command_gets_the_reply_of_another(
    connections: CommandConnections, operator: Redis
) -> None:
    for _ in range(5):
        waiting = [asyncio.create_task(connections.ask("BLPOP", "nothing", 0)) for _ in range(3)]
        await _blocked(operator, 3)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        replies = [await connections.ask("ECHO", str(number)) for number in range(9)]
        assert replies == [str(number).encode() for number in range(9)]
        await _blocked(operator, 0)


async def test_connections_that_the_server_has_hung_up_are_replaced_before_a_command_is_sent(
    connections: CommandConnections, operator: Redis
) -> None:
    first = await connections.ask("CLIENT", "ID")
    await operator.client_kill_filter(_id=first)
    await operator.ping()  # by now the end of the connection is at hand, too
    assert await connections.ask("CLIENT", "ID") != first


async def test_a_caller_that_finds_no_connection_free_waits_for_one(connections: CommandConnections, operator: Redis) -> None:
    waiting = [asyncio.create_task(connections.ask("BLPOP", "list", 0)) for _ in range(4)]
    await _blocked(operator, 3)
    for number in range(4):
        await operator.rpush("list", number)
    replies = await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert sorted(value for _, value in replies) == [b"0", b"1", b"2", b"3"]


async def _blocked(operator: Redis, count: int) -> None:
    async with asyncio.timeout(5):
        while (await operator.info("clients"))["blocked_clients"] != count:
            await asyncio.sleep(0.005)
