"""What has become of the calls that a test has made."""

from typing import Any

from callgate.testing import FakeGateway


def executions(gateway: FakeGateway) -> list[int]:
    """How often each call has run, in the order in which they came first."""
    return [one.executions for one in gateway.calls]


def by_the_three(arguments: Any) -> list[list[dict[str, Any]]]:
    """The script of a model that is shown three tools: it searches, and makes two equal calls with these arguments."""
    search = {"name": "search_tools", "args": {"query": "order an item"}, "id": "s", "type": "tool_call"}
    inner = {"name": "order", "arguments": arguments}
    twice = [{"name": "call_tool", "args": inner, "id": id, "type": "tool_call"} for id in "ab"]
    return [[search], twice]


def assert_two_orders_were_made(gateway: FakeGateway) -> None:
    """Of the tool itself, once each, however often the script was played in the run."""
    assert executions(gateway) == [1, 1]
    assert [(one.tool.name, one.arguments) for one in gateway.calls] == [("order", {"item": "tea"})] * 2
