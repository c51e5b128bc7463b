"""A plain loop, for asyncio: `python -m tests.promises.agents.loop_agent FILE place|pinned|random`.

The file holds how many turns are done, and is written after each. Keys come from the place in the run; or `pinned`, with the
first call of a turn made once whatever its arguments, which another life of this model writes otherwise; or each call gets a
random one, as without a run.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from callgate import AsyncClient, Invocation, occurrences
from callgate.errors import KeyReused
from tests.promises.agents.script import RUN, Call, Stop, message

Make = Callable[[int, list[Call], int], Awaitable[Invocation]]


def from_place(client: AsyncClient) -> Make:
    run = client.run(RUN)

    def make(turn: int, calls: list[Call], place: int) -> Awaitable[Invocation]:
        nth = occurrences((one["name"], one["args"]) for one in calls)[place]
        return run.call(calls[place]["name"], calls[place]["args"], step=turn, occurrence=nth)

    return make


def pinned(client: AsyncClient, stop: Stop) -> Make:
    run, as_told = client.run(RUN), from_place(client)

    async def make(turn: int, calls: list[Call], place: int) -> Invocation:
        if place > 0:
            return await as_told(turn, calls, place)
        call = calls[0]
        arguments = call["args"] if stop.at else {**call["args"], "body": {"amount": 1_000_000}}
        try:
            return await run.call(call["name"], arguments, step=turn, once=True)
        except KeyReused as reused:
            if stop.at or turn:
                raise
            print(reused.message)
            return await client.invocations.get(reused.invocation_id)

    return make


def random(client: AsyncClient) -> Make:
    def make(_turn: int, calls: list[Call], place: int) -> Awaitable[Invocation]:
        return client.call(calls[place]["name"], calls[place]["args"])

    return make


async def main(file: Path, keys: str) -> None:
    stop = Stop.from_environment()
    async with AsyncClient.from_environment() as client:
        makes = {"place": from_place(client), "pinned": pinned(client, stop), "random": random(client)}

        async def make(turn: int, calls: list[Call], place: int) -> None:
            (await makes[keys](turn, calls, place)).json()
            if stop.is_here():
                await asyncio.Event().wait()

        turn = int(file.read_text()) if file.exists() else 0
        while calls := message(turn):
            await asyncio.gather(*(make(turn, calls, place) for place in range(len(calls))))
            turn += 1
            _write(file, str(turn))
    print("done")


def _write(file: Path, text: str) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
