"""Connections that carry one command at a time, against a real server."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import ResponseError

from gateway.records.redis.command_connections import CommandConnections

Scenario = Callable[[CommandConnections, Redis], Awaitable[None]]


@pytest.fixture
def run(start_redis: Callable[..., str]) -> Callable[[Scenario], None]:
    """Runs a scenario with three wires at most, and an operator beside them."""
    url = start_redis()

    async def within(scenario: Scenario) -> None:
        wires, operator = CommandConnections(ConnectionPool.from_url(url).make_connection, 3), Redis.from_url(url)
        try:
            await scenario(wires, operator)
        finally:
            await wires.disconnect()
            await operator.aclose()

    return lambda scenario: asyncio.run(within(scenario))


def test_one_wire_serves_commands_that_follow_each_other_and_an_error_does_not_end_it(run: Callable[[Scenario], None]) -> None:
    async def scenario(wires: CommandConnections, _: Redis) -> None:
        first = await wires.ask("CLIENT", "ID")
        with pytest.raises(ResponseError):
            await wires.ask("NO SUCH COMMAND")
        assert await wires.ask("CLIENT", "ID") == first

    run(scenario)


def test_after_commands_were_given_up_nobody_gets_the_reply_of_another(run: Callable[[Scenario], None]) -> None:
    async def scenario(wires: CommandConnections, operator: Redis) -> None:
        for _ in range(5):
            waiting = [asyncio.create_task(wires.ask("BLPOP", "nothing", 0)) for _ in range(3)]
            await _blocked(operator, 3)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
            replies = [await wires.ask("ECHO", str(number)) for number in range(9)]
            assert replies == [str(number).encode() for number in range(9)]
            await _blocked(operator, 0)

    run(scenario)


def test_wires_that_the_server_has_hung_up_are_replaced_before_a_command_is_sent(run: Callable[[Scenario], None]) -> None:
    async def scenario(wires: CommandConnections, operator: Redis) -> None:
        first = await wires.ask("CLIENT", "ID")
        await operator.execute_command("CLIENT", "KILL", "ID", first)
        await operator.ping()  # by now the end of the wire is at hand, too
        assert await wires.ask("CLIENT", "ID") != first

    run(scenario)


def test_who_finds_no_wire_free_waits_for_one(run: Callable[[Scenario], None]) -> None:
    async def scenario(wires: CommandConnections, operator: Redis) -> None:
        waiting = [asyncio.create_task(wires.ask("BLPOP", "list", 0)) for _ in range(4)]
        await _blocked(operator, 3)
        for number in range(4):
            await operator.rpush("list", number)
        replies = await asyncio.wait_for(asyncio.gather(*waiting), 5)
        assert sorted(value for _, value in replies) == [b"0", b"1", b"2", b"3"]

    run(scenario)


async def _blocked(operator: Redis, count: int) -> None:
    async with asyncio.timeout(5):
        while (await operator.info("clients"))["blocked_clients"] != count:
            await asyncio.sleep(0.005)
