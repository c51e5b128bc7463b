"""A gateway for your own tests: in this process, without containers, Redis or Vault. It needs what the SDK needs.

    from callgate import Unknown
    from callgate.testing import FakeGateway

    with FakeGateway() as gateway:

        @gateway.tool
        def create_order(item: str, quantity: int) -> dict:
            return {"id": 7, "item": item, "quantity": quantity}

        with gateway.client() as client:
            order = client.call("create_order", {"item": "tea", "quantity": 2}).json()
        assert [call.arguments for call in gateway.calls] == [{"item": "tea", "quantity": 2}]

It is a real gRPC server on loopback, so your program connects to it as to any other: by `gateway.client()`, by
`gateway.async_client()`, or by its `environment` in a process of its own. Keys are kept as a gateway keeps them, and a test
of Callgate's own holds both to that. Schemas are shown as they are, in no other form.

The map: `gateway` is the server, `services` answers its RPCs, `rpcs` connects the two. `tools` are Python functions, which
`searching` finds by the words that a query shares with them,
`calls` what is known of calls and their keys, `runs` of runs, `endings` how a function's result or error ends a call,
`refusals` what a refusal is on the wire, `wire` makes the messages, and `pages` cuts their lists. `recordings` are those of
runs, `written_calls` what calls have to do with them, `recorded_tools` the tools of a recording's file. `agent_runs` has a run
of your agent recorded and replayed in a test; the package `pytest_callgate` is the plugin.
"""

from callgate.testing.agent_runs import RunDiffers, RunUnderTest, replay
from callgate.testing.calls import FakeCall
from callgate.testing.gateway import FakeGateway
from callgate.testing.runs import FakeRun
from callgate.testing.tools import FakeTool

__all__ = ["FakeCall", "FakeGateway", "FakeRun", "FakeTool", "RunDiffers", "RunUnderTest", "replay"]
