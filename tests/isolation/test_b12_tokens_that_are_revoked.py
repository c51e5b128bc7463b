"""A revoked token worked until a restart, a new one did not before it, and SIGHUP killed the gateway."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs

from callgate import AsyncClient, RetryPolicy, errors
from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import invocation_service_pb2 as invocations
from callgate.v1 import principal_service_pb2 as principals
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub
from gateway.edge.grpc.server import PRINCIPALS
from gateway.model.errors import StoreFull
from gateway.model.principal import Caller, Principal, Rule
from gateway.model.token_entry import TokenEntry
from gateway.records.principals.principals_file import MOST_BYTES
from gateway.records.redis.client import Store
from gateway.records.redis.principals import RedisPrincipals
from tests.conftest import REPOSITORY, Until, wait_until
from tests.gateway.pipeline.upstreams import Rude, rude_upstream
from tests.gateway.records.stores import opened
from tests.gateway.records.troubles import serving
from tests.isolation.gateways import Place, Served, metadata_of

OPERATOR, ADA = Principal("acme", "operator", "kim"), Principal("acme", "planner", "ada")
EVERYTHING = Rule(("*",), may_import=True, may_review=True, may_operate=True)
ADD = "/callgate.v1.PrincipalService/AddPrincipal"
LIST = "/callgate.v1.CatalogService/ListTools"


@pytest.fixture
def place(place: Place) -> Place:
    place.let_in("operator", OPERATOR, EVERYTHING)
    return place


def client_of(served: Served, token: str = "operator") -> AsyncClient:
    return AsyncClient(served.address, token=token, retry=RetryPolicy(patience=0))


async def admitted(served: Served, token: str | None) -> StatusCode:
    return await served.ask(LIST, catalog.ListToolsRequest(), token)


async def test_what_one_gateway_adds_and_revokes_holds_on_another_at_once(place: Place) -> None:
    async with place.gateway() as one, place.gateway() as other, client_of(one) as operator:
        added = await operator.principals.add("acme", "planner", "ada", tools=["*"], rights=["import"])
        assert (added.unconfirmed, added.principal.rights) == ((), ("import",))
        assert await admitted(other, added.token) is StatusCode.OK
        (listed,) = [found async for found in operator.principals.list() if found.id == added.principal.id]
        assert (listed.creator, listed.agent, listed.tools) == ("acme/operator/kim", "planner", ("*",))
        revoked = await operator.principals.revoke(id=added.principal.id)
        assert ([found.id for found in revoked.revoked], revoked.unconfirmed) == ([listed.id], ())
        assert await admitted(one, added.token) is await admitted(other, added.token) is StatusCode.UNAUTHENTICATED
        assert (await operator.principals.revoke(id=added.principal.id)).revoked == ()


async def test_all_tokens_of_a_principal_go_with_it_and_none_comes_back(place: Place) -> None:
    whose: Any = {"tenant": "acme", "agent": "planner", "subject": "bob"}
    async with place.gateway() as served, client_of(served) as operator:
        tokens = [(await operator.principals.add(**whose)).token for _ in range(2)]
        assert len((await operator.principals.revoke(**whose)).revoked) == 2
        assert {await admitted(served, token) for token in tokens} == {StatusCode.UNAUTHENTICATED}
        with pytest.raises(errors.PrincipalNotFound):
            await operator.principals.revoke(**whose)
        digest = hashlib.sha256(str(tokens[0]).encode()).hexdigest()
        with pytest.raises(errors.RequestInvalid, match="revoked"):
            await operator.principals.add(**whose, token_sha256=digest)


async def test_an_operator_may_give_the_digest_of_a_token_that_it_alone_knows(place: Place) -> None:
    digest = hashlib.sha256(f"{place.directory}".encode()).hexdigest()
    async with place.gateway() as served, client_of(served) as operator:
        for _ in range(2):  # to add the same again changes nothing
            assert (await operator.principals.add("acme", "a", "b", token_sha256=digest)).token is None
        assert await admitted(served, f"{place.directory}") is StatusCode.OK
        with pytest.raises(errors.RequestInvalid, match="other rights"):
            await operator.principals.add("acme", "a", "b", tools=["*"], token_sha256=digest)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rights": ["imports"]},
        {"tools": ["x" * 201]},
        {"tools": ["x"] * 101},
        {"tenant": "a\x1b[31m"},
        {"tenant": "x" * 201},
        {"expires": datetime(2001, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_what_cannot_be_a_principal_is_refused(place: Place, wrong: dict[str, Any]) -> None:
    async with place.gateway() as served, client_of(served) as operator:
        with pytest.raises(errors.RequestInvalid):
            await operator.principals.add(**{"tenant": "acme", "agent": "a", "subject": "b", **wrong})


async def test_a_gateway_that_has_not_said_that_it_knows_is_named(place: Place) -> None:
    async with place.gateway() as served, client_of(served) as operator:
        store = Store(place.config().redis)
        await RedisPrincipals(store).look("gw-frozen", "")
        principals = served.parts.server.principals.principals
        object.__setattr__(principals, "confirmed_within", 0.2)
        added = await operator.principals.add("acme", "planner", "ada")
        assert added.unconfirmed == ("gw-frozen",)
        assert (await operator.principals.revoke(id=added.principal.id)).unconfirmed == ("gw-frozen",)
        await RedisPrincipals(store).leave("gw-frozen")
        await store.close()


@asynccontextmanager
async def watching(served: Served, token: str, id: str) -> AsyncIterator[asyncio.Task[StatusCode]]:
    """How a watch of this call ends, which has begun."""
    begun = asyncio.Event()

    async def watch() -> StatusCode:
        request = invocations.WatchInvocationRequest(id=id, until_settled=True)
        try:
            async for _ in InvocationServiceStub(served.channel).WatchInvocation(request, metadata=metadata_of(token)):
                begun.set()
        except grpc.aio.AioRpcError as error:
            return error.code()
        return StatusCode.OK

    task = asyncio.create_task(watch())
    await asyncio.wait_for(begun.wait(), 5)
    yield task


@pytest.fixture
async def rude() -> AsyncIterator[Rude]:
    with rude_upstream() as upstream:
        yield upstream


async def offer(served: Served, rude: Rude) -> None:
    async with client_of(served) as operator:
        document = (REPOSITORY / "examples/orders/openapi.yaml").read_bytes()
        await operator.toolsets.import_openapi(document, "orders", server=rude.address)


async def under_way(served: Served, rude: Rude, token: str, key: str) -> asyncio.Task[Any]:
    """A call that waits for its answer, and has sent its request."""
    request = invocations.InvokeRequest(
        tool="create_order", args_json=b'{"body":{"item":"x","quantity":1}}', idempotency_key=key
    )
    stub = InvocationServiceStub(served.channel)
    calling: asyncio.Task[Any] = asyncio.ensure_future(stub.Invoke(request, metadata=metadata_of(token)))
    assert await asyncio.to_thread(rude.arrived.wait, 10.0)
    return calling


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_what_runs_with_the_token_ends_and_the_call_itself_goes_on(place: Place, rude: Rude, how: str) -> None:
    async with place.gateway() as served, client_of(served) as operator:
        await offer(served, rude)
        rude.holding.set()
        soon = datetime.now(UTC) + timedelta(seconds=3) if how == "expired" else None
        added = await operator.principals.add("acme", "planner", how, tools=["*"], expires=soon)
        assert added.token
        key = f"a-key-of-sixteen-characters-{place.directory}"
        calling = await under_way(served, rude, added.token, key)
        async with client_of(served, added.token) as caller:
            found = await caller.invocations.find(key)
        assert found is not None
        id = found.id
        async with watching(served, added.token, id) as watch:
            if how == "revoked":
                await operator.principals.revoke(id=added.principal.id)
            assert await asyncio.wait_for(watch, 10) is StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await asyncio.wait_for(calling, 10)
        assert ended.value.code() is StatusCode.UNAUTHENTICATED
        assert (await operator.invocations.get(id)).outcome is None
        rude.holding.clear()
        assert (await operator.invocations.handle(id).wait(timeout=20)).outcome is not None


async def test_an_edited_file_is_read_without_a_restart_and_a_broken_one_changes_nothing(place: Place, until: Until) -> None:
    async with place.gateway() as served:
        tokens = served.parts.server.principals.principals.tokens
        with capture_logs() as logs:
            place.let_in("newcomer", ADA, Rule())
            await until(lambda: len(tokens.listed) == 2)
            assert await admitted(served, "newcomer") is StatusCode.OK
            place.write("{")
            await until(lambda: tokens.file_trouble)
            assert await admitted(served, "newcomer") is StatusCode.OK
            await until_health(served, health_pb2.HealthCheckResponse.NOT_SERVING)
            del place.callers[hashlib.sha256(b"newcomer").hexdigest()]
            place.write(json.dumps(place.callers))
            await until(lambda: len(tokens.listed) == 1)
            assert await admitted(served, "newcomer") is StatusCode.UNAUTHENTICATED
            await until_health(served, health_pb2.HealthCheckResponse.SERVING)
        assert [log["event"] for log in logs if log["event"].startswith("principals_file")] == [
            "principals_file_read", "principals_file_refused", "principals_file_read"
        ]  # fmt: skip
        assert "newcomer" not in str(logs)


async def until_health(served: Served, status: int) -> None:
    health = health_pb2_grpc.HealthStub(served.channel)
    async with asyncio.timeout(10):
        while (await health.Check(health_pb2.HealthCheckRequest(service=PRINCIPALS))).status != status:
            await asyncio.sleep(0.05)


async def test_a_token_of_the_file_is_revoked_in_the_file(place: Place) -> None:
    async with place.gateway() as served, client_of(served) as operator:
        (own,) = [found async for found in operator.principals.list() if found.creator is None]
        with pytest.raises(errors.RequestInvalid, match="principals file"):
            await operator.principals.revoke(id=own.id)
        other = await operator.principals.add(own.tenant, own.agent, own.subject)
        with pytest.raises(errors.RequestInvalid, match="of the store, 1 are revoked"):
            await operator.principals.revoke(tenant=own.tenant, agent=own.agent, subject=own.subject)
        assert await admitted(served, other.token) is StatusCode.UNAUTHENTICATED


def listed(served: Served, principal: Principal) -> bool:
    entries = served.parts.server.principals.principals.tokens.listed.values()
    return principal in [entry.caller.principal for entry in entries]


async def test_a_token_of_the_file_that_the_store_has_too_is_revoked_there(place: Place, until: Until) -> None:
    """Else it would be valid by the store's word, once an operator has taken it out of the file."""
    async with place.gateway() as served, client_of(served) as operator:
        tokens = served.parts.server.principals.principals.tokens
        added = await operator.principals.add("acme", "planner", "ada")
        assert added.token
        for principal in (ADA, Principal("globex", "planner", "eve")):  # another gateway's file may say another principal
            place.let_in(added.token, principal, Rule())
            await until(partial(listed, served, principal))
        with pytest.raises(errors.RequestInvalid, match="of the store, 1 are revoked"):
            await operator.principals.revoke(tenant="acme", agent="planner", subject="ada")
        with pytest.raises(errors.RequestInvalid, match="principals file"):
            await operator.principals.revoke(id=added.principal.id)  # it is let in as long as the file has it
        del place.callers[hashlib.sha256(added.token.encode()).hexdigest()]
        place.write(json.dumps(place.callers))
        await until(lambda: len(tokens.listed) == 1)
        assert await admitted(served, added.token) is StatusCode.UNAUTHENTICATED
        assert (await operator.principals.revoke(id=added.principal.id)).revoked == ()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def no_end(path: Path) -> None:
    path.symlink_to("/dev/zero")


def too_large(path: Path) -> None:
    path.write_bytes(b" " * (MOST_BYTES + 1))


def expiring(path: Path, when: object) -> None:
    entry = {"tenant": "acme", "agent": "planner", "subject": "ada", "expires": when}
    path.write_text(json.dumps({"0" * 64: entry}))


def milliseconds(path: Path) -> None:
    expiring(path, 1_900_000_000_000)


def before_all_time(path: Path) -> None:
    expiring(path, -1e300)


def before_the_first_year(path: Path) -> None:
    expiring(path, "0001-01-01T00:00:00+23:59")


def nameless(path: Path) -> None:
    path.write_text(json.dumps({"0" * 64: {"tenant": "", "agent": "planner", "subject": "ada"}}))


@pytest.mark.parametrize(
    "make", [pipe, no_end, too_large, Path.mkdir, milliseconds, before_all_time, before_the_first_year, nameless]
)
async def test_what_is_no_principals_file_is_refused_and_holds_nothing(
    place: Place, until: Until, make: Callable[[Path], None]
) -> None:
    async with place.gateway() as served:
        tokens = served.parts.server.principals.principals.tokens
        place.principals.unlink()
        make(place.principals)
        await until(lambda: tokens.file_trouble)
        assert await admitted(served, "operator") is StatusCode.OK


async def test_an_expiry_that_no_message_can_tell_is_refused(place: Place) -> None:
    async with place.gateway() as served, client_of(served) as operator:
        request = principals.AddPrincipalRequest(token_sha256="0" * 64, tenant="acme", agent="planner", subject="ada")
        request.expire_time.seconds = 1_900_000_000_000
        assert await served.ask(ADD, request, "operator") is StatusCode.INVALID_ARGUMENT
        assert [one async for one in operator.principals.list()]


@pytest.mark.parametrize("kind", ["valkey", "redis"])
async def test_a_full_redis_still_tells_who_may_call_and_takes_revocations(tmp_path: Path, kind: str) -> None:
    one, other = (TokenEntry(digit * 64, Caller(ADA, EVERYTHING), creator="a/b/c") for digit in "01")
    async with serving(tmp_path / "server", kind) as server, server.asked() as asked, opened(server.url) as store:
        stored = RedisPrincipals(store)
        revision = await stored.add(one)
        await asked.set("filling", b"x" * (12 << 20))
        await asked.config_set("maxmemory", "10mb")
        with pytest.raises(StoreFull):
            await stored.add(other)
        assert await stored.look("gateway", "") == await stored.table()
        assert await stored.behind(revision) == ("gateway",)
        await stored.revoke(frozenset({one.digest}), "a/b/c")
        table = await stored.table()
        assert (table.entries, table.revoked) == ((), frozenset({one.digest}))
        await stored.leave("gateway")


async def test_an_operator_that_revokes_its_own_token_is_answered(place: Place) -> None:
    async with place.gateway() as served, client_of(served) as operator:
        added = await operator.principals.add("acme", "operator", "eve", rights=["operate"])
        assert added.token
        async with client_of(served, added.token) as leaving:
            assert len((await leaving.principals.revoke(id=added.principal.id)).revoked) == 1
            with pytest.raises(errors.Unauthenticated):
                await anext(aiter(leaving.principals.list()))


def test_sighup_reads_again_and_kills_no_gateway(place: Place, tmp_path: Path) -> None:
    config, log = place.config(), tmp_path / "log"
    said = {
        "PRINCIPALS_FILE": place.principals, "VAULT_ROLE_ID_FILE": tmp_path / "nowhere",
        "VAULT_SECRET_ID_FILE": tmp_path / "nowhere", "VAULT_ADDRESS": config.vault_address,
        "REDIS_URL": config.redis_url, "LISTEN": config.listen,
    }  # fmt: skip
    environ = {**os.environ, **{f"CALLGATE_{name}": str(text) for name, text in said.items()}}
    command = [sys.executable, str(REPOSITORY / "benchmarks/faults/process_gateway.py")]
    with log.open("wb") as output, subprocess.Popen(command, env=environ, stdout=output, stderr=output) as process:
        try:
            wait_until(lambda: b"serving" in log.read_bytes(), seconds=20)
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: log.read_bytes().count(b"principals_file_read") == 1)
            place.write("{")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: b"principals_file_refused" in log.read_bytes())
            assert process.poll() is None
        finally:
            process.terminate()
            process.wait(20)
    assert process.returncode == 0
