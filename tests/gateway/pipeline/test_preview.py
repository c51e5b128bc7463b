"""What a call would send and what would refuse it, without a call."""

from dataclasses import replace

import pytest

from gateway.model.errors import ApprovalRequired, NotPermitted, UpstreamOpen
from gateway.model.principal import Caller, Rule
from gateway.pipeline.call import Call
from gateway.pipeline.preview import KEY, Preview
from gateway.pipeline.sent_headers import USER_AGENT
from registry.calling.request import HttpRequest, ProgramInput
from registry.catalog.catalog import Import
from registry.catalog.tool_entry import VersionState
from registry.model.errors import (
    ArgumentsInvalid,
    RequestRefused,
    ToolDisabled,
    ToolNotFound,
    ToolQuarantined,
)
from registry.model.tool import Container, CredentialBinding, Draft, UpstreamKey
from tests.gateway.pipeline.desk import Desk, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

BEARER = CredentialBinding("secret/data/orders", "token", {"place": "header", "name": "Authorization", "prefix": "Bearer "})
IMAGE = "sha256:" + "0" * 64


async def preview(desk: Desk, tool: str, args: bytes = b"{}", caller: Caller | None = None) -> Preview:
    return await desk.previews.preview(caller or desk.caller, Call(tool, args, key=""))


async def test_it_is_the_request_that_a_call_sends_and_nothing_is_sent_or_recorded(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=lambda draft: replace(draft, credential=BEARER))
    found = await preview(desk, "get_order", b'{"order_id": "7"}')
    assert isinstance(found.sent, HttpRequest)
    assert (found.sent.method, found.sent.url) == ("GET", f"{shop.address}/orders/7")
    assert dict(found.sent.headers) == {
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
        "Authorization": "Bearer [secret]",
    }
    assert found.refusals == ()
    assert (shop.requests, desk.credentials.live) == (0, set())
    assert await desk.ledger.tenants() == []


@pytest.mark.parametrize(
    ("place", "url", "headers"),
    [
        ({"place": "query", "name": "key"}, "/orders/7?key=[secret]", {}),
        ({"place": "cookie", "name": "sid"}, "/orders/7", {"Cookie": "sid=[secret]"}),
        (
            {"place": "header", "name": "Authorization", "prefix": "Basic ", "basic": True},
            "/orders/7",
            {"Authorization": "Basic [secret]"},
        ),
    ],
)
async def test_a_mask_stands_where_the_box_puts_the_secret(
    shop: OpenShop, open_desk: OpenDesk, place: dict[str, object], url: str, headers: dict[str, str]
) -> None:
    binding = CredentialBinding("secret/data/orders", "token", place)
    desk = await open_desk(shop.address, draft=lambda draft: replace(draft, credential=binding))
    sent = (await preview(desk, "get_order", b'{"order_id": "7"}')).sent
    assert isinstance(sent, HttpRequest)
    assert sent.url == shop.address + url
    assert dict(sent.headers).items() >= headers.items()


async def test_the_key_for_the_upstream_is_told_as_the_calls_own(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=lambda draft: replace(draft, upstream_key=UpstreamKey("X-Key")))
    sent = (await preview(desk, "get_order", b'{"order_id": "7"}')).sent
    assert isinstance(sent, HttpRequest)
    assert dict(sent.headers)["X-Key"] == KEY


async def test_a_programs_input_is_told(shop: OpenShop, open_desk: OpenDesk) -> None:
    program = Container(IMAGE, ("/p",))
    desk = await open_desk(shop.address, draft=lambda draft: replace(draft, container=program))
    assert (await preview(desk, "get_order", b'{ "order_id": "7" }')).sent == ProgramInput(b'{"order_id":"7"}')


async def test_arguments_that_do_not_fit_are_a_refusal_with_its_places(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    for args in (b"{}", b'{"order_id": 7}', b"[", b'{"order_id": "7", "no": 1}'):
        found = await preview(desk, "get_order", args)
        (refusal,) = found.refusals
        assert isinstance(refusal, ArgumentsInvalid)
        assert found.sent is None


async def test_each_refusal_that_is_known_is_told_beside_the_request(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=lambda draft: replace(draft, requires_approval=True))
    for _ in range(10):
        with desk.breakers.permit(desk.principal.tenant, shop.address.removeprefix("http://")) as permit:
            permit.alive = False
    found = await preview(desk, "get_order", b'{"order_id": "7"}')
    assert isinstance(found.sent, HttpRequest)
    assert [type(one) for one in found.refusals] == [ApprovalRequired, UpstreamOpen]


async def test_to_look_at_an_upstream_that_is_down_takes_no_trial(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    upstream = shop.address.removeprefix("http://")
    for _ in range(9):
        with desk.breakers.permit(desk.principal.tenant, upstream) as permit:
            permit.alive = False
    assert (await preview(desk, "get_order", b'{"order_id": "7"}')).refusals == ()
    with desk.breakers.permit(desk.principal.tenant, upstream) as permit:
        permit.alive = False
    with pytest.raises(UpstreamOpen):
        desk.breakers.require_closed(desk.principal.tenant, upstream)


async def test_a_caller_that_may_not_call_the_tool_is_told_nothing_of_it(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    other = Caller(desk.principal, Rule(("pay",)))
    for args in (b'{"order_id": "7"}', b"[", b"{}"):
        with pytest.raises(NotPermitted):
            await preview(desk, "get_order", args, other)
    with pytest.raises(ToolNotFound):
        await preview(desk, "no_such")


async def test_a_version_that_waits_is_shown_to_those_who_decide_about_it_alone(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    draft: Draft = replace(desk.versions["get_order"].draft, name="get_new")
    await desk.catalog.add([draft], Import("new", require_promotion=True))
    operator = Caller(desk.principal, Rule(("*",), may_promote=True))
    found = await preview(desk, "get_new", b'{"order_id": "7"}', operator)
    assert isinstance(found.sent, HttpRequest)
    assert [type(one) for one in found.refusals] == [ToolQuarantined]
    with pytest.raises(ToolQuarantined):
        await preview(desk, "get_new", b'{"order_id": "7"}')
    await desk.catalog.move("get_order", VersionState.DISABLED, "broken")
    assert [type(one) for one in (await preview(desk, "get_order", b'{"order_id": "7"}', operator)).refusals] == [ToolDisabled]


async def test_a_request_that_no_argument_can_make_is_a_refusal(shop: OpenShop, open_desk: OpenDesk) -> None:
    def tiny(draft: Draft) -> Draft:
        return replace(draft, limits=replace(draft.limits, request_bytes=1))

    desk = await open_desk(shop.address, draft=tiny)
    found = await preview(desk, "create_order", b'{"body": {"item": "tea", "quantity": 1}}')
    assert [type(one) for one in found.refusals] == [RequestRefused]
