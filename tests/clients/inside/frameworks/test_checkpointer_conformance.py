"""LangGraph's own conformance tests of checkpoint savers, of what `RunCheckpointer` has: all but the deletion by LangGraph's
runs, which are spread over threads that it does not know. What is awaited of a Client's are its blocking verbs, in threads."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import Capability

from callgate.langgraph import RunCheckpointer
from callgate.testing import FakeGateway

HAS = set(Capability) - {Capability.DELETE_FOR_RUNS}


@pytest.fixture(params=["client", "async_client"])
def registered(request: pytest.FixtureRequest) -> Any:
    @checkpointer_test(name=f"RunCheckpointer of a gateway's {request.param}")
    async def saver() -> AsyncGenerator[BaseCheckpointSaver[Any], None]:
        with FakeGateway() as gateway:
            if request.param == "client":
                with gateway.client() as client:
                    yield RunCheckpointer(client)
            else:
                async with gateway.async_client() as client:
                    yield RunCheckpointer(client)

    return saver


@pytest.mark.parametrize("capability", sorted(HAS))
async def test_a_run_keeps_checkpoints_as_langgraph_asks_for(registered: Any, capability: Capability) -> None:
    report = await validate(registered, capabilities={capability.value})
    result = report.results[capability.value]
    assert (result.detected, result.failures, result.tests_failed) == (True, [], 0)
    assert result.tests_passed > 0
