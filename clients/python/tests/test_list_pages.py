"""Lists page by page, for programs that show pages themselves; and all events of a call in one."""

from collections.abc import Iterator

import pytest

from callgate import Event
from callgate.answer_events import AnswerEvent
from callgate.errors import RequestInvalid
from callgate.lock import Lock
from callgate.testing import FakeGateway


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        for number in range(60):
            gateway.tool(name=f"tool_{number:02}", toolset="many")(lambda: None)
        gateway.tool(name="other")(lambda: (one for one in [1, 2]))
        yield gateway


def test_the_pages_of_tools_together_are_the_list(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        first = client.tools.page("many")
        second = client.tools.page("many", page_token=first.next_page_token)
        assert (*first.tools, *second.tools) == tuple(client.tools.list("many"))
        assert second.next_page_token == ""
        with pytest.raises(RequestInvalid):
            client.tools.page(page_token="never given out")


def test_a_page_of_a_client_with_a_lock_has_its_tools_alone(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        lock = Lock.of([client.tools.get("tool_07")])
    with gateway.client(lock=lock) as client:
        assert [one.name for one in client.tools.page().tools] == ["tool_07"]


def test_the_pages_of_calls_together_are_the_list(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        for number in range(60):
            client.call(f"tool_{number:02}")
        me = client.principals.caller()
        first = client.invocations.page(agent=me.agent, subject=me.subject)
        second = client.invocations.page(agent=me.agent, subject=me.subject, page_token=first.next_page_token)
        assert (*first.invocations, *second.invocations) == tuple(client.invocations.list())
        assert client.invocations.page(agent="another").invocations == ()


def test_all_events_of_a_call_are_told_in_one(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        handle = client.invocations.handle(client.call("other").id)
        told = list(handle.all_events())
        assert [one for one in told if isinstance(one, AnswerEvent)] == list(handle.answer_events())
        assert [one for one in told if isinstance(one, Event)] == list(handle.watch())
