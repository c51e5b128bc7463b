"""A call that waits for a person, whom the client leads to a page, by both revisions."""

from typing import Any

import pytest
from mcp_types import ElicitRequestURLParams, ElicitResult, InputRequiredResult

from callgate.types import State
from gateway.edge.mcp.people import Awaited, People

from .conftest import door_of
from .connections import AUTHORIZATION, DEVICE, Browser, ConnectedGateway, gateway_of
from .test_calls import own, text


class Leading:
    """What the client does when it is asked to lead its person to a page."""

    def __init__(self, action: Any = "accept") -> None:
        self.action = action
        self.asked: list[ElicitRequestURLParams] = []

    async def __call__(self, _: Any, params: Any) -> ElicitResult:
        self.asked.append(params)
        return ElicitResult(action=self.action)


def executions(gateway: ConnectedGateway) -> list[int]:
    return [call.executions for call in gateway.calls if call.state is State.SUCCEEDED]


async def test_by_a_browser_of_this_machine(mode: str) -> None:
    leading, browser = Leading(), Browser()
    with gateway_of("browser", "device") as gateway:
        async with door_of(gateway, mode, people=People(browser.redirects), elicitation_callback=leading) as mcp:
            result = await mcp.call_tool("send_mail", {})
    assert result.structured_content == {"sent": True}
    (asked,) = leading.asked
    assert asked.url.startswith(AUTHORIZATION)
    assert "mail" in asked.message
    assert executions(gateway) == [1]
    assert browser.closed == 1


async def test_by_a_code_for_another_device(mode: str) -> None:
    leading = Leading()
    with gateway_of("device") as gateway:
        async with door_of(gateway, mode, elicitation_callback=leading) as mcp:
            result = await mcp.call_tool("send_mail", {})
    assert result.structured_content == {"sent": True}
    assert [one.url for one in leading.asked] == [DEVICE]
    assert "ABCD-1234" in leading.asked[0].message
    assert gateway.consenting.polls == 3


async def test_where_this_machine_has_no_way_the_other_one_is_taken(mode: str) -> None:
    leading, browser = Leading(), Browser()
    with gateway_of("device") as gateway:
        async with door_of(gateway, mode, people=People(browser.redirects), elicitation_callback=leading) as mcp:
            assert not (await mcp.call_tool("send_mail", {})).is_error
    assert [one.url for one in leading.asked] == [DEVICE]
    assert browser.closed == 1


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_person_that_would_not_go_there_ends_it(mode: str, action: str) -> None:
    leading, browser = Leading(action), Browser()
    with gateway_of("browser") as gateway:
        async with door_of(gateway, mode, people=People(browser.redirects), elicitation_callback=leading) as mcp:
            result = await mcp.call_tool("send_mail", {})
    assert result.is_error
    assert "Nothing was done: a person must connect the API first. anna is not connected to mail" in text(result)
    assert own(result, "standing") == "NEEDS_APPROVAL"
    assert executions(gateway) == []
    assert len(leading.asked) == 1
    assert browser.closed == 1


async def test_a_person_that_does_not_come_back_ends_it(mode: str) -> None:
    leading, browser = Leading(), Browser(comes_back=False)
    with gateway_of("browser") as gateway:
        async with door_of(gateway, mode, people=People(browser.redirects), elicitation_callback=leading) as mcp:
            result = await mcp.call_tool("send_mail", {})
    assert result.is_error
    assert "Run `callgate connect mail`." in text(result)
    assert len(leading.asked) == 1


async def test_a_client_that_leads_no_person_anywhere_is_told_in_words(mode: str) -> None:
    with gateway_of("device") as gateway:
        async with door_of(gateway, mode) as mcp:
            result = await mcp.call_tool("send_mail", {})
    assert result.is_error
    assert "Run `callgate connect mail`." in text(result)
    assert gateway.consenting.polls == 0


async def test_where_no_way_is_open_it_is_told_in_words(mode: str) -> None:
    leading = Leading()
    with gateway_of() as gateway:
        async with door_of(gateway, mode, elicitation_callback=leading) as mcp:
            result = await mcp.call_tool("send_mail", {})
    assert "Run `callgate connect mail`." in text(result)
    assert leading.asked == []


async def test_a_call_whose_client_wants_to_know_of_it_asks_the_person_too(mode: str) -> None:
    leading = Leading()

    async def hear(progress: float, total: float | None, message: str | None) -> None: ...

    with gateway_of("device") as gateway:
        async with door_of(gateway, mode, elicitation_callback=leading) as mcp:
            result = await mcp.call_tool("send_mail", {}, progress_callback=hear)
    assert result.structured_content == {"sent": True}
    assert len(leading.asked) == 1


async def test_a_state_that_was_never_given_out_is_no_consent() -> None:
    with gateway_of("device") as gateway:
        async with door_of(gateway, "2026-07-28", elicitation_callback=Leading()) as mcp:
            result = await mcp.session.call_tool("send_mail", {}, request_state="guessed", allow_input_required=True)
            assert not isinstance(result, InputRequiredResult)
            assert result.is_error


class Waited:
    """A consent that is never given."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_what_is_waited_for_is_kept_for_a_while_and_taken_once() -> None:
    now = [0.0]
    awaited, consent = Awaited(clock=lambda: now[0]), Waited()
    name = awaited.keep(consent, "me")  # type: ignore[arg-type]
    assert awaited.take("another", "me") is None
    assert id(awaited.take(name, "me")) == id(consent)
    assert awaited.take(name, "me") is None
    late = awaited.keep(consent, "me")  # type: ignore[arg-type]
    now[0] = 301.0
    assert awaited.take(late, "me") is None
    assert consent.closed == 1


def test_another_caller_takes_none_and_pushes_none_out() -> None:
    awaited, consent = Awaited(), Waited()
    name = awaited.keep(consent, "me")  # type: ignore[arg-type]
    for _ in range(70):
        awaited.keep(Waited(), "another")  # type: ignore[arg-type]
    assert awaited.take(name, "another") is None
    assert id(awaited.take(name, "me")) == id(consent)


def test_no_more_is_waited_for_than_there_is_room() -> None:
    awaited, consents = Awaited(), [Waited() for _ in range(70)]
    for consent in consents:
        awaited.keep(consent, "me")  # type: ignore[arg-type]
    assert sum(consent.closed for consent in consents) == 6
    awaited.close()
    assert all(consent.closed == 1 for consent in consents)
