"""DISPATCHED is written once: by the permission or by the cancellation, whichever comes first."""

import asyncio
from dataclasses import replace

from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.model.errors import ReplicasBehind
from gateway.model.invocation import Request
from gateway.model.principal import Principal
from gateway.pipeline.attempt import SEND_WITHIN, AttemptRunner
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.token_boxes import TokenBoxes
from gateway.pipeline.token_parts import TokenParts
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import FencedLease, New
from gateway.records.tokens.connections import MemoryConnections
from gateway.records.tokens.protocol import MemoryTokenStates
from gateway.secrets.fake_credentials import MemoryCredentials
from gateway.secrets.vault_reach import VaultReach
from registry.model.tool import Effect
from sandbox.api.job import Egress
from sandbox.testing.fake_pool import FakePool
from tests.gateway.records.lists import whole

CALLER = Principal("acme", "planner", "ada")
READ = Request(
    tool="look",
    version="look@1.0.0",
    digest="sha256:0",
    effect=Effect.READ,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)


NOWHERE = VaultReach("https://127.0.0.1:1")


def runner(ledger: MemoryLedger) -> AttemptRunner:
    pool, credentials = FakePool(), MemoryCredentials()
    obligations = Obligations(ledger, credentials, pool)
    states, nowhere = MemoryTokenStates(), lambda _: Egress()
    parts = TokenParts(pool, credentials, states, MemoryConnections(), vault=NOWHERE, egress_of=nowhere)
    tokens = TokenBoxes(parts, ledger, obligations)
    return AttemptRunner(pool, credentials, ledger, CircuitBreakers(), NOWHERE, tokens=tokens)


async def sent_unasked() -> tuple[MemoryLedger, AttemptRunner, FencedLease, AttemptLog]:
    ledger = MemoryLedger()
    claimed = await ledger.claim("inv_1", "f", CALLER, READ, lease=10.0)
    assert isinstance(claimed, New)
    attempt_log = AttemptLog(1, box="box-1", unasked=True)
    attempt_log.let_go()
    return ledger, runner(ledger), claimed.held, attempt_log


async def test_a_permission_is_given_though_a_cancellation_has_told_of_the_sending_meanwhile() -> None:
    ledger, attempts, held, attempt_log = await sent_unasked()
    _, within = await asyncio.gather(attempts.ensure_dispatch_recorded(held, attempt_log), attempts._permit(held, attempt_log))
    assert within == SEND_WITHIN
    assert attempt_log.owed == ["box:box-1"]
    assert await whole(ledger.owed("acme", age=0.0)) == [("inv_1", "box:box-1")]


async def test_what_needs_a_permission_is_not_dispatched_because_it_is_cancelled() -> None:
    ledger, attempts, held, attempt_log = await sent_unasked()
    attempt_log.unasked = False
    await attempts.ensure_dispatch_recorded(held, attempt_log)
    assert await whole(ledger.owed("acme", age=0.0)) == []


class LedgerOfLaggingReplicas(MemoryLedger):
    """It writes the permission down, and the replicas that an operator asks for do not have it in time."""

    async def dispatch(self, held: FencedLease, *, attempt: int, box: str) -> None:
        await super().dispatch(held, attempt=attempt, box=box)
        raise ReplicasBehind("0 of 1 replicas of Redis had the permission within 200 ms")


async def test_a_permission_that_too_few_replicas_have_is_not_given_and_the_box_stays_owed() -> None:
    ledger = LedgerOfLaggingReplicas()
    claimed = await ledger.claim("inv_1", "f", CALLER, replace(READ, effect=Effect.NON_IDEMPOTENT), lease=10.0)
    assert isinstance(claimed, New)
    attempt_log = AttemptLog(1, box="box-1")
    attempts = runner(ledger)
    assert await attempts._permit(claimed.held, attempt_log) is None
    assert not attempt_log.permitted
    assert await whole(ledger.owed("acme", age=0.0)) == [("inv_1", "box:box-1")]
