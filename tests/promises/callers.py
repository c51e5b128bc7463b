"""A caller that waits for a call and watches it at the same time, with either client."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from callgate import AsyncClient, Client, Event, Invocation, RetryPolicy

#: Shorter than each of the waits: a caller that counts quiet time as failing gives up.
SHORT = RetryPolicy(patience=1.5)


@dataclass(frozen=True)
class Seen:
    invocation: Invocation
    events: list[Event]

    @property
    def numbers(self) -> list[int]:
        return [event.number for event in self.events]


def blocking(address: str, token: str, tool: str, key: str) -> Seen:
    with Client(address, token=token, retry=SHORT) as client, ThreadPoolExecutor(1) as threads:
        begun = client.call(tool, {}, key=key, wait=0)
        call = threads.submit(client.call, tool, {}, key=key)
        return Seen(events=list(client.invocations.handle(begun.id).watch(until_settled=True)), invocation=call.result())


def with_asyncio(address: str, token: str, tool: str, key: str) -> Seen:
    return asyncio.run(_with_asyncio(address, token, tool, key))


async def _with_asyncio(address: str, token: str, tool: str, key: str) -> Seen:
    async with AsyncClient(address, token=token, retry=SHORT) as client:
        begun = await client.call(tool, {}, key=key, wait=0)
        call = asyncio.create_task(client.call(tool, {}, key=key))
        return Seen(
            events=[event async for event in client.invocations.handle(begun.id).watch(until_settled=True)],
            invocation=await call,
        )
