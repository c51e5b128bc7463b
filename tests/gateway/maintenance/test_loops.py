"""The duties, over the ledger in memory: what is stuck hides nothing, and a rule ends what no operator decides."""

import time

from gateway.decisions.policy import Policy
from gateway.maintenance.loops import MaintenanceLoops
from gateway.maintenance.recovery import Recovery
from gateway.model.invocation import Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.hosts import Hosts
from gateway.pipeline.obligations import Obligations
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import New, ReviewRule
from gateway.secrets.fake_credentials import MemoryCredentials
from registry.catalog.publications import MemoryCatalogs
from registry.model.tool import Effect
from sandbox.api.errors import BoxElsewhere
from sandbox.reaping.box_registry import MemoryBoxRegistry
from sandbox.reaping.host_registry import MemoryHostRegistry
from sandbox.testing.fake_pool import FakePool
from tests.gateway.records.lists import under_review, whole

CALLER = Principal("acme", "planner", "ada")
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
STUCK = 105


class PoolBeforeALostHost(FakePool):
    """Boxes whose names say so are on a host that no gateway lives on."""

    async def wait_removed(self, name: str) -> None:
        if name.startswith("lost"):
            raise BoxElsewhere(f"The box {name} is elsewhere.")


class Desk:
    def __init__(self, rule: ReviewRule | None = None) -> None:
        self.ahead = 0.0
        self.ledger = MemoryLedger(lambda: time.time() + self.ahead)
        policy = Policy(private=(), vault="")
        self.loops = MaintenanceLoops(
            ledger=self.ledger,
            recovery=Recovery(MemoryCatalogs(), policy, self.ledger, None),  # type: ignore[arg-type]  # nothing is gone on with
            obligations=Obligations(self.ledger, MemoryCredentials(), PoolBeforeALostHost()),
            hosts=Hosts(policy, self.ledger, MemoryHostRegistry(), MemoryBoxRegistry()),
            renew_seat=nothing,
            stop_runs=nothing,
            renew_login=nothing,
            sweep_boxes=nothing,
            check_store=nothing,
            write_down=nothing,
            remember=nothing,
            tell_health=nothing,
            keep_principals=nothing,
            erase=nothing,
            review_rule=rule,
        )

    async def leave_unknown(self, id: str, box: str) -> None:
        claimed = await self.ledger.claim(id, "f", CALLER, REQUEST, lease=60.0)
        assert isinstance(claimed, New)
        await self.ledger.dispatch(claimed.held, attempt=1, box=box)
        await self.ledger.record(claimed.held, Outcome(Verdict.UNKNOWN, effect_possible=True), None)


async def nothing() -> None:
    """No boxes, no store, no disk."""


async def test_a_hundred_and_five_obligations_that_cannot_be_met_do_not_hide_the_next() -> None:
    desk = Desk()
    for number in range(STUCK):
        await desk.leave_unknown(f"inv_{number}", f"lost-{number}")
    await desk.leave_unknown("inv_last", "box-last")
    desk.ahead = 60.0
    await desk.loops.meet_obligations()
    await desk.loops.finish()
    owed = await whole(desk.ledger.owed("acme", age=0.0))
    assert [id for id, _ in owed] == [f"inv_{number}" for number in range(STUCK)]


async def test_reviews_end_by_the_rule_but_not_while_their_box_may_act_and_never_without_a_rule() -> None:
    rule = ReviewRule(3600.0, "callgate", "open for an hour")
    for desk, left in ((Desk(rule), ["inv_stuck", "inv_young"]), (Desk(), ["inv_old", "inv_stuck", "inv_young"])):
        await desk.leave_unknown("inv_old", "box-old")
        await desk.leave_unknown("inv_stuck", "lost-stuck")
        desk.ahead = 4000.0
        await desk.loops.meet_obligations()
        await desk.loops.finish()
        await desk.leave_unknown("inv_young", "box-young")
        await desk.loops.expire_reviews()
        await desk.loops.finish()
        assert sorted(await under_review(desk.ledger, "acme")) == left
