"""Records as a gateway makes them: a call that may be made once, and its life from the claim to its end."""

from dataclasses import replace

from gateway.model.invocation import Answer, Attempt, Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.records.ledger.protocol import FencedLease, New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect
from sandbox.api.result import Evidence
from tests.gateway.records.lists import under_review, whole

CALLER = Principal("acme", "planner", "ada")
ONCE = Request(
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
READ = replace(ONCE, effect=Effect.READ)
ATTEMPT = Attempt(
    number=1,
    box="box-1",
    accessor="acc-1",
    evidence=Evidence.RESPONDED,
    http_status=200,
    fault=None,
    bytes_out=1,
    bytes_in=1,
    connections=(),
    phases=(),
    started=0.0,
    duration=0.1,
)
DONE = Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", b"done"))


async def claimed(store: Store, id: str, request: Request = READ) -> FencedLease:
    """The lease of a new call. Fails where the key was known."""
    reply = await RedisLedger(store).claim(id, "f", CALLER, request, lease=60.0)
    assert isinstance(reply, New)
    return reply.held


async def whole_life(store: Store, id: str) -> None:
    """Claim, oblige, dispatch, record, discharge; and what a gateway looks at meanwhile."""
    ledger = RedisLedger(store)
    held = await claimed(store, id, ONCE)
    await ledger.oblige(held, "acc-1", 1)
    await ledger.dispatch(held, attempt=1, box="box-1")
    await ledger.heartbeat(held, lease=60.0)
    await ledger.record(held, DONE, ATTEMPT)
    for owing, obligation in await whole(ledger.owed("acme", age=0.0)):
        await ledger.discharge("acme", owing, obligation)
    kinds = [event.kind async for event in ledger.events("acme", id, settled=True)]
    assert kinds[0] == "CLAIMED"
    assert await whole(ledger.lost_holders("acme")) == []
    assert await under_review(ledger, "acme") == []
    assert not (await ledger.history("acme")).open
    assert await whole(ledger.due("acme", age=0.0)) == []
    assert "acme" in await ledger.tenants()
