"""What adapters are compared with: `python -m benchmarks.paced_client DIRECTORY bare|sync|async`.

For each line on standard input it calls the tool `charge`, and prints `turn` and the milliseconds that took: `bare`, by the
stub that gRPC generates, and nothing else; `sync` and `async`, by the SDK's clients.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from time import perf_counter

import grpc

from benchmarks.timing import WrongAnswer
from callgate import AsyncClient, Client
from callgate.endpoint import Endpoint
from callgate.keys import new_key
from callgate.v1.invocation_pb2 import INVOCATION_STATE_SUCCEEDED
from callgate.v1.invocation_service_pb2 import InvokeRequest
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub

TOOL = "charge"


def timed(call: Callable[[], object]) -> None:
    for _ in sys.stdin:
        begun = perf_counter()
        call()
        told(begun)


def told(begun: float) -> None:
    sys.stdout.write(f"turn {1000 * (perf_counter() - begun)}\n")
    sys.stdout.flush()


def bare() -> None:
    endpoint = Endpoint.from_environment(os.environ)
    with grpc.insecure_channel(endpoint.address) as channel:
        stub = InvocationServiceStub(channel)

        def call() -> None:
            request = InvokeRequest(tool=TOOL, args_json=b'{"turn":1}', idempotency_key=new_key())
            response = stub.Invoke(request, metadata=endpoint.metadata)
            if response.invocation.state != INVOCATION_STATE_SUCCEEDED:
                raise WrongAnswer(str(response))

        timed(call)


def by_client() -> None:
    with Client.from_environment() as client:
        timed(lambda: client.call(TOOL, {"turn": 1}).json())


async def by_async_client() -> None:
    async with AsyncClient.from_environment() as client:
        for _ in sys.stdin:
            begun = perf_counter()
            (await client.call(TOOL, {"turn": 1})).json()
            told(begun)


if __name__ == "__main__":
    match sys.argv[2]:
        case "bare":
            bare()
        case "sync":
            by_client()
        case _:
            asyncio.run(by_async_client())
