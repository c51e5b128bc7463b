"""The other tenant: it makes ordinary calls in a steady pace, and says of each one how long it took.

`python -m benchmarks.hostile.bystander GATEWAY ECHO`, its token on the first line of stdin. There are three kinds of call: a
new one, which is made in a box; the same one again, which is answered from the record; and one of the same size to a server
that only echoes, which tells how busy the machine is. A line of JSON on stdout for each: its kind, when it began by the
monotonic clock, its milliseconds, and what failed. A line on stdin turns the calls in boxes off or on.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from time import monotonic

import grpc

from benchmarks.timing import timed_echo
from callgate import AsyncClient, CallgateError, State
from callgate.channel import connect_aio
from callgate.endpoint import Endpoint
from callgate.keys import new_key

#: Seconds from one call of a kind to the next.
PACE = {"boxed": 0.25, "recalled": 0.03, "echoed": 0.03}
TOOL = "stand_by"


class Bystander:
    def __init__(self, client: AsyncClient, echo: grpc.aio.Channel) -> None:
        self._client, self._echo = client, echo
        self._known = new_key()
        self._boxes = True

    async def run(self) -> None:
        await self._call(self._known)
        async with asyncio.TaskGroup() as kinds:
            kinds.create_task(self._steadily("boxed", lambda: self._call(new_key())))
            kinds.create_task(self._steadily("recalled", lambda: self._call(self._known)))
            kinds.create_task(self._steadily("echoed", self._echoed))
            kinds.create_task(self._obey())

    async def _steadily(self, kind: str, call: Callable[[], Awaitable[None]]) -> None:
        due = monotonic()
        while True:
            due = max(due + PACE[kind], monotonic())
            await asyncio.sleep(due - monotonic())
            if kind != "boxed" or self._boxes:
                await _told(kind, call)

    async def _call(self, key: str) -> None:
        invocation = await self._client.call(TOOL, {"word": "hinge"}, key=key)
        if invocation.state is not State.SUCCEEDED:
            raise RuntimeError(f"the call ended as {invocation.state.value}: {invocation.outcome}")

    async def _echoed(self) -> None:
        await timed_echo(self._echo, TOOL)

    async def _obey(self) -> None:
        while line := await asyncio.to_thread(sys.stdin.readline):
            self._boxes = json.loads(line)["boxes"]
        raise EOFError  # the process that has started this has ended


async def _told(kind: str, call: Callable[[], Awaitable[None]]) -> None:
    began, failed = monotonic(), ""
    try:
        await call()
    except (CallgateError, RuntimeError, grpc.RpcError) as error:
        failed = f"{type(error).__name__}: {error}"
    print(json.dumps({"kind": kind, "began": began, "ms": 1000 * (monotonic() - began), "failed": failed}), flush=True)


async def main(gateway: str, echo: str) -> None:
    token = sys.stdin.readline().strip()
    async with AsyncClient(gateway, token=token) as client, connect_aio(Endpoint(echo)) as channel:
        await Bystander(client, channel).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
