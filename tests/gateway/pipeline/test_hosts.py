"""A person's word that a host is gone stands for the engine's, for all that waits for its boxes, and for nothing else."""

import time

import pytest

from gateway.decisions.policy import Policy
from gateway.model.errors import HostLives, HostNotFound, NotPermitted
from gateway.model.invocation import Outcome, Request, Verdict
from gateway.model.principal import Caller, Principal, Rule
from gateway.pipeline.hosts import Hosts
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import New
from registry.model.tool import Effect
from sandbox.reaping.box_registry import Absent, BoxPlace, MemoryBoxRegistry
from sandbox.reaping.host_registry import LIVING, HostFacts, MemoryHostRegistry, Seat, Taken
from tests.gateway.records.lists import whole

OPERATOR = Caller(Principal("ops", "operator", "ada"), Rule(may_operate=True))
CALLER = Caller(Principal("acme", "planner", "bob"), Rule(("*",), may_import=True, may_review=True))
REQUEST = Request(
    tool="charge",
    version="charge@1.0.0",
    digest="sha256:0",
    effect=Effect.NON_IDEMPOTENT,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)


class Site:
    """Two hosts, of which the first falls silent, and a call of each of two tenants with a box on each host."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.ledger, self.boxes = MemoryLedger(), MemoryBoxRegistry()
        self.registry = MemoryHostRegistry(lambda: time.time() + self.ahead)
        policy = Policy(private=(), vault="")
        self.hosts = Hosts(policy, self.ledger, self.registry, self.boxes)

    async def begin(self) -> None:
        await self._host("first")
        for tenant in ("acme", "other"):
            for host in ("host-1", "host-2"):
                name = f"cg-{tenant}-{host}"
                await self.boxes.enter(name, BoxPlace(host, "/run/x", "gw"))
                claimed = await self.ledger.claim(f"inv-{host}", "f", Principal(tenant, "a", "s"), REQUEST, lease=60.0)
                assert isinstance(claimed, New)
                await self.ledger.dispatch(claimed.held, attempt=1, box=name)
                await self.ledger.record(claimed.held, Outcome(Verdict.UNKNOWN, effect_possible=True), None)
        self.ahead = LIVING
        await self._host("second")

    async def _host(self, mark: str) -> None:
        facts = HostFacts(mark, "engine", "mill", "boot")
        assert isinstance(await self.registry.take(facts, Seat(f"gw-{mark}", "proof", "token")), Taken)


@pytest.fixture
async def site() -> Site:
    site = Site()
    await site.begin()
    return site


async def test_a_declaration_ends_what_is_owed_for_the_boxes_of_that_host_in_all_tenants(site: Site) -> None:
    assert [(one.host.id, one.boxes, one.waiting) for one in await site.hosts.list(OPERATOR)] == [
        ("host-1", 2, 2),
        ("host-2", 2, 2),
    ]
    assert await site.hosts.declare_lost(OPERATOR, "host-1", "it burnt") == 2
    for tenant in ("acme", "other"):
        assert await whole(site.ledger.owed(tenant, age=0.0)) == [("inv-host-2", f"box:cg-{tenant}-host-2")]
        assert await site.ledger.box_gone(tenant, "inv-host-1")
        assert await site.boxes.find(f"cg-{tenant}-host-1") is Absent.GONE
        last = [event async for event in site.ledger.events(tenant, "inv-host-1")][-1]
        assert (last.kind, last.attributes["author"], last.attributes["reason"]) == (
            "DECLARED_GONE",
            "operator/ada",
            "it burnt",
        )
    assert [(one.boxes, one.waiting) for one in await site.hosts.list(OPERATOR)] == [(0, 0), (2, 2)]


async def test_what_a_gateway_has_begun_and_did_not_complete_another_one_does(site: Site) -> None:
    await site.registry.declare_lost("host-1", "operator/ada", "it burnt")
    assert await site.hosts.carry_out_declarations() == 2
    assert await site.hosts.carry_out_declarations() == 0
    assert await site.hosts.declare_lost(OPERATOR, "host-1", "again") == 0


async def test_only_a_silent_host_can_be_declared_lost_and_only_by_an_operator(site: Site) -> None:
    with pytest.raises(HostLives):
        await site.hosts.declare_lost(OPERATOR, "host-2", "a mistake")
    for id in ("host-3", "x" * 100_000):
        with pytest.raises(HostNotFound, match=r"^no host .{,90}$"):
            await site.hosts.declare_lost(OPERATOR, id, "a mistake")
    with pytest.raises(NotPermitted):
        await site.hosts.declare_lost(CALLER, "host-1", "a trick")
    with pytest.raises(NotPermitted):
        await site.hosts.list(CALLER)
    assert await site.hosts.carry_out_declarations() == 0
