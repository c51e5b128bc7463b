"""One attack, in a process of its own: `python -m benchmarks.hostile.attacker NAME SECONDS`, the target as JSON on stdin.

It is niced, for it shares the processors with the gateway that it attacks, as no attacker would from elsewhere. It says on
stdout how often it has attacked.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from benchmarks.hostile import (
    answers,
    arguments,
    headers,
    http2,
    imports,
    lists,
    logins,
    neighbour,
    runner_frames,
    unauthenticated_streams,
    watchers,
)
from benchmarks.hostile.target import Target

NICE = 10

#: What an attack does for some seconds. It returns how often it has attacked.
Attack = Callable[[Target, float], Awaitable[int]]

ATTACKS: Mapping[str, Attack] = {
    "neighbour": neighbour.attack,
    "arguments": arguments.attack,
    "answers": answers.attack,
    "headers": headers.attack,
    "unauthenticated_streams": unauthenticated_streams.attack,
    "imports": imports.attack,
    "watchers": watchers.attack,
    "lists": lists.attack,
    "logins": logins.attack,
    "runner_frames": runner_frames.attack,
    **{f"http2.{name}": partial(http2.attack, name) for name in http2.NAMES},
}


def main(name: str, seconds: float) -> None:
    os.nice(NICE)
    target = Target.from_json(sys.stdin.read())
    print(asyncio.run(_attack(ATTACKS[name], target, seconds)))


async def _attack(attack: Attack, target: Target, seconds: float) -> int:
    return await attack(target, seconds)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
