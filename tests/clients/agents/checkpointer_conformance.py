"""LangGraph's conformance tests of checkpoint savers, for one that keeps threads in runs of a live gateway. Prints of each
capability how many tests have passed, and which have failed."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate

from callgate import AsyncClient
from callgate.langgraph import RunCheckpointer


@checkpointer_test(name="RunCheckpointer of a live gateway", skip_capabilities={"delete_for_runs"})
async def saver() -> AsyncGenerator[BaseCheckpointSaver[Any], None]:
    async with AsyncClient.from_environment() as client:
        yield RunCheckpointer(client)


async def main() -> None:
    report = await validate(saver)
    results = {name: [one.tests_passed, one.failures] for name, one in report.results.items() if one.passed is not None}
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
