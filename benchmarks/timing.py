"""Milliseconds of one call, and of the echo that a call is compared with."""

from collections.abc import Awaitable
from time import perf_counter
from typing import Any, TypeVar

import grpc

from benchmarks.echo_server import METHOD
from callgate.keys import new_key
from callgate.messages import invoke

T = TypeVar("T")


class WrongAnswer(Exception):
    """A subject did not do what is measured."""


async def timed(work: Awaitable[T]) -> tuple[float, T]:
    begin = perf_counter()
    result = await work
    return 1000 * (perf_counter() - begin), result


async def timed_echo(channel: grpc.aio.Channel, tool: str) -> float:
    """Milliseconds for a message of a call's size and its echo, over a channel that is made as the SDK makes its own."""
    request = invoke(tool, {}, key=new_key(), run_id=None, timeout=None).SerializeToString()
    echo: Any = channel.unary_unary(METHOD)
    took, response = await timed(echo(request))
    if response != request:
        raise WrongAnswer("the echo server did not answer with the request")
    return took
