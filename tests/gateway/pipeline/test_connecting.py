"""Steps of a person's connection: one at a time of each, finished once begun; and nothing is left of one that was not."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from gateway.decisions.policy import Policy, Rule
from gateway.model.errors import RequestInvalid, ShuttingDown
from gateway.model.principal import Caller, Principal
from gateway.pipeline.connecting import Connecting, Redirect, Wish
from gateway.pipeline.connection_box import ConnectionBox
from gateway.pipeline.token_parts import TokenParts
from gateway.records.tokens.connections import MemoryConnections
from gateway.records.tokens.protocol import MemoryTokenStates
from gateway.secrets.fake_credentials import MemoryCredentials
from gateway.secrets.vault_reach import VaultReach
from registry.catalog.publications import MemoryCatalogs
from registry.catalog.tool_entry import VersionState
from registry.credentials.kinds import bind_grant
from sandbox.api.result import Responded, Usage
from sandbox.testing.fake_pool import FakePool
from tests.gateway.vaults import version_named

ADA = Caller(Principal("acme", "planner", "ada"), Rule(("*",), may_connect=True))
URLS = {"authorizationUrl": "https://login.example/ask", "tokenUrl": "https://login.example/token", "scopes": {}}
SCHEME = {"type": "oauth2", "flows": {"authorizationCode": URLS}}
STANDING = {"expires_in": 600, "since": 1, "renews": True, "removed": True}
SHOP = Wish("shop")


class BoxesThatWait(FakePool):
    """Each box says that a person is connected, once the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work, self.done = 0, asyncio.Event()

    @asynccontextmanager
    async def lease(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        yield self

    async def run(self, *_: object) -> Responded:
        self.at_work += 1
        await self.done.wait()
        return Responded(200, (), json.dumps(STANDING).encode(), Usage())


@pytest.fixture
def boxes() -> BoxesThatWait:
    return BoxesThatWait()


@pytest.fixture
async def connecting(boxes: BoxesThatWait) -> Connecting:
    catalogs, policy = MemoryCatalogs(), Policy(private=(), vault="http://127.0.0.1:1")
    token = {"client_id": "x", "auth": "none"}
    draft = replace(version_named("look").draft, credential=bind_grant(SCHEME, "", ("secret/data/a", ""), token, ()))
    added = await catalogs.of("acme").add([draft])
    kept = MemoryTokenStates(), MemoryConnections()
    credentials, vault = MemoryCredentials(added.versions), VaultReach("http://127.0.0.1:1")
    parts = TokenParts(boxes, credentials, *kept, vault=vault, egress_of=policy.endpoint)
    return Connecting(policy, catalogs, ConnectionBox(parts))


def code(number: int) -> Redirect:
    return Redirect(f"code-{number}", "v" * 43, "http://127.0.0.1:1/callback")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0)


async def gone(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_was_begun_is_finished_though_who_asked_has_gone(connecting: Connecting, boxes: BoxesThatWait) -> None:
    asked = asyncio.create_task(connecting.complete(ADA, SHOP, code(0)))
    await until(lambda: boxes.at_work == 1)
    await gone(asked)
    boxes.done.set()
    await until(lambda: not connecting._running)
    assert [one.subject for one in await connecting.list(ADA)] == ["ada"]


async def test_of_those_who_go_away_before_their_turn_nothing_is_left(connecting: Connecting, boxes: BoxesThatWait) -> None:
    first = asyncio.create_task(connecting.complete(ADA, SHOP, code(0)))
    await until(lambda: boxes.at_work == 1)
    others = [asyncio.create_task(connecting.complete(ADA, SHOP, code(number))) for number in range(1, 101)]
    await asyncio.sleep(0)
    for one in others:
        await gone(one)
    assert len(connecting._running) == 1
    boxes.done.set()
    await first
    assert boxes.at_work == 1
    await connecting.complete(ADA, SHOP, code(1))  # none of theirs counts as used


async def test_a_code_that_was_used_holds_up_nobody_after_it(connecting: Connecting, boxes: BoxesThatWait) -> None:
    boxes.done.set()
    await connecting.complete(ADA, SHOP, code(0))
    with pytest.raises(RequestInvalid, match="used before"):
        await connecting.complete(ADA, SHOP, code(0))
    async with asyncio.timeout(5):
        await connecting.complete(ADA, SHOP, code(1))
    assert boxes.at_work == 2


async def test_a_gateway_that_stops_finishes_what_was_begun_and_begins_no_more(
    connecting: Connecting, boxes: BoxesThatWait
) -> None:
    first = asyncio.create_task(connecting.complete(ADA, SHOP, code(0)))
    await until(lambda: boxes.at_work == 1)
    waiting = asyncio.create_task(connecting.complete(ADA, SHOP, code(1)))
    draining = asyncio.create_task(connecting.drain(60.0))
    await until(lambda: connecting._draining)
    assert not draining.done()
    boxes.done.set()
    await draining
    assert (await first).subject == "ada"
    with pytest.raises(ShuttingDown):
        await waiting
    assert boxes.at_work == 1


async def test_what_no_tool_has_any_more_is_disconnected_by_the_id_that_is_listed(
    connecting: Connecting, boxes: BoxesThatWait
) -> None:
    boxes.done.set()
    made = await connecting.complete(ADA, SHOP, code(0))
    await connecting.catalogs.of("acme").move("look", VersionState.RETIRED, "gone")
    with pytest.raises(RequestInvalid):
        await connecting.disconnect(ADA, replace(SHOP, credential="0" * 24))
    with pytest.raises(RequestInvalid):
        await connecting.complete(ADA, replace(SHOP, credential=made.credential), code(1))
    assert (await connecting.disconnect(ADA, replace(SHOP, credential=made.credential))).removed
    assert await connecting.list(ADA) == []


async def test_the_code_of_another_authorization_server_is_neither_sent_nor_used(
    connecting: Connecting, boxes: BoxesThatWait
) -> None:
    boxes.done.set()
    with pytest.raises(RequestInvalid, match=r"another authorization server.*evil"):
        await connecting.complete(ADA, SHOP, replace(code(0), issuer="https://evil.example"))
    assert boxes.at_work == 0
    await connecting.complete(ADA, SHOP, replace(code(0), issuer="https://login.example"))
