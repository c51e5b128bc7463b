"""The pipeline over its fakes (ledger, catalog, box and credentials in memory), and what it told a caller, without Nones."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypedDict, Unpack

import orjson
import pytest

from gateway.decisions.budget import Budget
from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.decisions.next_step import NextStep
from gateway.decisions.policy import Policy, Rule
from gateway.decisions.retry import Retries
from gateway.edge.grpc.status import detail_of
from gateway.maintenance.recovery import Recovery
from gateway.model.invocation import Answer, Invocation, Outcome, Review, RunStep
from gateway.model.principal import Caller, Principal
from gateway.pipeline.agent_runs import AgentRuns
from gateway.pipeline.artifact_access import ArtifactAccess
from gateway.pipeline.attempt import AttemptRunner
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.call import Answered, Call, CallTicket, Mode, invocation_id, request_of
from gateway.pipeline.call_admission import CallAdmission
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.preview import Previews
from gateway.pipeline.recorder import Recorder
from gateway.pipeline.replay_and_cache import ReplayAndCache
from gateway.pipeline.reviews import Reviews
from gateway.pipeline.settlement import Settlement
from gateway.pipeline.token_boxes import TokenBoxes
from gateway.pipeline.token_parts import TokenParts
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import New
from gateway.records.recordings.answer_cache import MemoryAnswerCache
from gateway.records.recordings.protocol import MemoryRecordings
from gateway.records.tokens.connections import MemoryConnections
from gateway.records.tokens.protocol import MemoryTokenStates
from gateway.secrets.fake_credentials import MemoryCredentials
from gateway.secrets.vault_reach import VaultReach
from registry.catalog.publications import MemoryCatalogs
from registry.checking.argument_checker import ArgumentChecker
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.tool import Draft, JsonObject, ToolVersion
from sandbox.reaping.box_registry import MemoryBoxRegistry
from sandbox.testing.fake_pool import FakePool, Program
from tests.gateway.pipeline.upstreams import LOOPBACK
from tests.gateway.records.lists import whole

ORDERS = Path(__file__).parents[3] / "examples/orders/openapi.yaml"
KEY = "a-key-of-sixteen-characters"
ALL = Rule(("*",), may_record=True)
REVIEWER = Rule(("*",), may_review=True)
CALLER = Principal("acme", "planner", "ada")
NO_VAULT = "http://127.0.0.1:1"

Change = Callable[[Draft], Draft]


class Clock:
    """The ledger's clock: the world's, and what a test has put it forward by."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += seconds


class Terms(TypedDict, total=False):
    """How a desk may differ: what becomes of each draft, what its caller may do, what it has to work with."""

    draft: Change
    rule: Rule
    calls_at_once: int
    boxes: int
    programs: Mapping[str, Program]
    artifacts: Artifacts


class OpenDesk(Protocol):
    """Opens a desk whose tools are the shop's, at the address of an upstream."""

    async def __call__(self, upstream: str, **terms: Unpack[Terms]) -> "Desk": ...


class CallOptions(TypedDict, total=False):
    """What a test may say of a call beyond its tool and arguments."""

    key: str
    run_id: str
    mode: Mode
    recording: str
    take: str
    place: RunStep
    token: str
    parent: str
    looks: bool


class Desk:
    """A gateway without an edge, and one caller of it. `versions` are its tools', by their names."""

    def __init__(self, **terms: Unpack[Terms]) -> None:
        self.principal, self.clock = CALLER, Clock()
        self.caller = Caller(self.principal, terms.get("rule", ALL))
        self.ledger, self.catalogs, self.credentials = MemoryLedger(self.clock), MemoryCatalogs(), MemoryCredentials()
        self.catalog = self.catalogs.of(self.principal.tenant)
        self.versions: dict[str, ToolVersion] = {}
        self.pool, self.checker = FakePool(terms.get("boxes", 16), terms.get("programs")), ArgumentChecker()
        checker = self.checker
        policy = Policy(private=LOOPBACK, vault=NO_VAULT)
        self.breakers = CircuitBreakers()
        self.obligations = Obligations(self.ledger, self.credentials, self.pool)
        vault = VaultReach(NO_VAULT)
        kept = MemoryTokenStates(), MemoryConnections()
        parts = TokenParts(self.pool, self.credentials, *kept, vault=vault, egress_of=policy.endpoint)
        self.tokens = TokenBoxes(parts, self.ledger, self.obligations)
        access = ArtifactAccess(artifacts=terms.get("artifacts"))
        self.attempts = AttemptRunner(
            self.pool, self.credentials, self.ledger, self.breakers, vault, tokens=self.tokens, artifacts=access
        )
        at_once = NextStep(Retries(random=lambda: 0.0))
        self.attempt_loop = AttemptLoop(self.ledger, self.attempts, self.obligations, checker, 15.0, at_once)
        self.settlement = Settlement(self.attempt_loop, self.ledger)
        self.cache = MemoryAnswerCache()
        self.invoker = Invoker(
            catalogs=self.catalogs,
            checker=checker,
            policy=policy,
            ledger=self.ledger,
            budget=Budget(terms.get("calls_at_once", 64)),
            settlement=self.settlement,
            replay_and_cache=ReplayAndCache(Recorder(MemoryRecordings(), detail_of), self.cache),
            artifacts=access,
        )
        self.runs = AgentRuns(policy, self.ledger.runs, self.invoker)
        self.recovery = Recovery(self.catalogs, policy, self.ledger, self.invoker)
        self.previews = Previews(catalogs=self.catalogs, checker=checker, policy=policy, breakers=self.breakers)
        self.boxes = MemoryBoxRegistry()
        self.reviews = Reviews(policy, self.ledger, self.catalogs, checker, self.boxes)

    async def add_tools(self, upstream: str, change: Change) -> None:
        compiled = compile_document(load(ORDERS.read_bytes()), ToolsetHeader("orders", upstream))
        added = await self.catalog.add([change(draft) for draft in compiled.drafts])
        self.versions = {version.name: version for version in added.versions}

    async def close(self) -> None:
        await self.obligations.drain(5.0)
        await self.checker.close()
        assert self.credentials.live == set()

    async def call(
        self,
        tool: str,
        arguments: JsonObject | None = None,
        *,
        seconds: float | None = None,
        caller: Caller | None = None,
        **options: Unpack[CallOptions],
    ) -> Answered:
        said = CallOptions(key=KEY, run_id="run", recording="suite") | options
        return await self.invoker.invoke(
            caller or self.caller, Call(tool, orjson.dumps(arguments or {}), timeout=seconds, **said)
        )

    async def left_dispatched(self, tool: str, arguments: JsonObject) -> str:
        """A call whose gateway died after it had let the first attempt go, and whose box is gone."""
        call, may_call = Call(tool, orjson.dumps(arguments), KEY, run_id="run"), self.caller.rule.tools
        id, request = "inv_left", request_of(call, self.versions[tool], 60.0, may_call=may_call)
        claimed = await self.ledger.claim(id, "f", self.principal, request, lease=10.0)
        assert isinstance(claimed, New)
        await self.ledger.dispatch(claimed.held, attempt=1, box="box-of-the-dead")
        await self.take_from_lost(id)
        await self.ledger.discharge(self.principal.tenant, id, "box:box-of-the-dead")
        return id

    async def take_from_lost(self, id: str) -> None:
        """Once its holder's lease has lapsed."""
        self.clock.forward(20.0)
        assert id in await whole(self.ledger.lost_holders(self.principal.tenant))
        await self.ledger.take_from_lost(self.principal.tenant, id)

    def calls_in_flight(self, at_once: int = 64) -> CallsInFlight:
        return CallsInFlight(self.invoker, CallAdmission(self.pool, at_once))

    async def read(self, id: str) -> Invocation:
        """The record, which must be there."""
        found = await self.ledger.read(self.principal.tenant, id)
        assert found is not None
        return found


async def die_in_fallback(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: JsonObject, *, seconds: float | None = None
) -> str:
    """Make a call whose gateway dies in the middle of the fallback, and take it from that. `seconds` is the call's time."""
    invoke, begun = desk.invoker.invoke, asyncio.Event()

    async def hang(_self: Invoker, caller: Caller, call: Call, ticket: CallTicket | None = None) -> Answered:
        if call.parent and not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        return await invoke(caller, call, ticket)

    monkeypatch.setattr(Invoker, "invoke", hang)
    calling = asyncio.create_task(desk.call(tool, arguments, seconds=seconds))
    await asyncio.wait_for(begun.wait(), 5.0)
    calling.cancel()
    await asyncio.wait({calling})
    id = invocation_id(desk.principal, KEY)
    await desk.take_from_lost(id)
    return id


async def open_desk(upstream: str, **terms: Unpack[Terms]) -> Desk:
    desk = Desk(**terms)
    await desk.add_tools(upstream, terms.get("draft", lambda draft: draft))
    return desk


def outcome_of(invocation: Invocation) -> Outcome:
    """How it ended: it must have."""
    assert invocation.outcome is not None
    return invocation.outcome


def answer_of(invocation: Invocation) -> Answer:
    """What the upstream answered: it must have."""
    answer = outcome_of(invocation).answer
    assert answer is not None
    return answer


def review_of(invocation: Invocation) -> Review:
    """Its review: it must have one."""
    assert invocation.review is not None
    return invocation.review
