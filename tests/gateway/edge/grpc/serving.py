"""A whole gRPC server whose calls end as a test says, without a pipeline behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Any, NoReturn, Protocol

import grpc

from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.decisions.policy import Policy, Rule
from gateway.edge.grpc.artifact_service import ArtifactEdge
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.connection_service import ConnectionEdge
from gateway.edge.grpc.heartbeats import SILENCE
from gateway.edge.grpc.host_service import HostEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.principal_service import PrincipalEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.run_service import RunEdge
from gateway.edge.grpc.server import Server
from gateway.model.config import Config
from gateway.model.invocation import Invocation, Request
from gateway.model.principal import Caller, Principal
from gateway.model.token_entry import TokenEntry
from gateway.pipeline.agent_runs import AgentRuns
from gateway.pipeline.artifact_access import ArtifactAccess
from gateway.pipeline.call import Answered, Call, CallTicket, invocation_id
from gateway.pipeline.call_admission import CallAdmission
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.connecting import Connecting
from gateway.pipeline.connection_box import ConnectionBox
from gateway.pipeline.hosts import Hosts
from gateway.pipeline.known_tokens import KnownTokens
from gateway.pipeline.preview import Previews
from gateway.pipeline.principals import Principals
from gateway.pipeline.reviews import Reviews
from gateway.pipeline.token_parts import TokenParts
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.principals.memory_principals import MemoryPrincipals
from gateway.records.recordings.protocol import MemoryRecordings
from gateway.records.tokens.connections import MemoryConnections
from gateway.records.tokens.protocol import MemoryTokenStates
from gateway.secrets.fake_credentials import MemoryCredentials
from gateway.secrets.vault_reach import VaultReach
from registry.catalog.publications import MemoryCatalogs
from registry.checking.argument_checker import ArgumentChecker
from registry.model.tool import Effect
from sandbox.reaping.box_registry import MemoryBoxRegistry
from sandbox.reaping.host_registry import MemoryHostRegistry
from sandbox.testing.fake_pool import FakePool

CALLER = Principal("acme", "planner", "ada")
TOKEN = "a-token"
OTHER, OTHER_TOKEN = Principal("globex", "planner", "bob"), "another-token"
CANARY = "hunter2-canary"
REQUEST = Request(
    tool="t",
    version="t@1.0.0",
    digest="sha256:0",
    effect=Effect.READ,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)
NOWHERE = Path("/nonexistent")

Act = Callable[[], Awaitable[Answered]]


class Invoker:
    """Stands where the pipeline stands, and does what a test says."""

    def __init__(self, ledger: MemoryLedger, act: Act) -> None:
        self._ledger = ledger
        self._act = act

    def recent_outcome(self, *_: object) -> None:
        """Nothing was answered before."""

    async def invoke(self, caller: Caller, call: Call, ticket: CallTicket) -> Answered:
        principal = caller.principal
        await self._ledger.claim(invocation_id(principal, call.key), "", principal, REQUEST, lease=15.0)
        ticket.accepted.set()
        return await self._act()

    async def read(self, caller: Caller, id: str) -> Invocation | None:
        return await self._ledger.read(caller.principal.tenant, id)

    cancel = read


async def fail() -> NoReturn:
    raise RuntimeError(CANARY)


async def hang() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError("it waits for ever")


@dataclass(frozen=True)
class Served:
    """A server that listens, and a channel to it."""

    server: Server
    channel: grpc.aio.Channel

    @property
    def address(self) -> str:
        return self.server.config.listen


class Serve(Protocol):
    """Starts a server that does `act` for each call, on a port of its own where no address is given."""

    async def __call__(
        self, act: Act = fail, *, listen: str | None = None, reflection: bool = False, silence: float = SILENCE, **settings: Any
    ) -> Served: ...


def knowing(callers: Mapping[str, Caller]) -> Authentication:
    """Lets these in, by their tokens, and knows of a store that has none."""
    entries = {sha256(token.encode()).hexdigest(): caller for token, caller in callers.items()}
    tokens = KnownTokens(listed={digest: TokenEntry(digest, caller) for digest, caller in entries.items()})
    tokens.heard(inf)
    return Authentication(tokens)


def server_at(listen: str, act: Act, *, reflection: bool, silence: float = SILENCE, **settings: Any) -> Server:
    config = Config(
        principals_file=NOWHERE,
        vault_role_id_file=NOWHERE,
        vault_secret_id_file=NOWHERE,
        listen=listen,
        drain_seconds=5.0,
        reflection=reflection,
        **settings,
    )
    rule = Rule(("*",), may_import=True, may_record=True)
    authentication = knowing({TOKEN: Caller(CALLER, rule), OTHER_TOKEN: Caller(OTHER, rule)})
    policy = Policy(private=(), vault="http://127.0.0.1:1")
    ledger = MemoryLedger()
    admission = CallAdmission(FakePool(), config.calls_at_once)
    calls = CallsInFlight(Invoker(ledger, act), admission)  # type: ignore[arg-type]  # it needs no more than this one has
    reviews = ReviewEdge(authentication, Reviews(policy, ledger, MemoryCatalogs(), ArgumentChecker(), MemoryBoxRegistry()))
    catalog = CatalogEdge(authentication, policy, MemoryCatalogs())
    previews = Previews(catalogs=MemoryCatalogs(), checker=ArgumentChecker(), policy=policy, breakers=CircuitBreakers())
    invocations = InvocationEdge(authentication, calls, ledger, previews, runs=ledger.runs, silence=silence)
    recordings = RecordingEdge(authentication, MemoryRecordings(), policy)
    hosts = HostEdge(authentication, Hosts(policy, ledger, MemoryHostRegistry(), MemoryBoxRegistry()))
    artifacts = ArtifactEdge(authentication, ArtifactAccess(policy.may_see))
    principals = PrincipalEdge(authentication, Principals(policy, authentication.tokens, MemoryPrincipals(), nothing))
    runs = RunEdge(authentication, AgentRuns(policy, ledger.runs, calls.invoker))
    kept = MemoryTokenStates(), MemoryConnections()
    parts = TokenParts(FakePool(), MemoryCredentials(), *kept, vault=VaultReach(""), egress_of=policy.endpoint)
    connecting = Connecting(policy, MemoryCatalogs(), ConnectionBox(parts))
    return Server(
        config,
        catalog,
        invocations,
        reviews,
        recordings,
        hosts,
        principals=principals,
        connections=ConnectionEdge(authentication, connecting),
        artifacts=artifacts,
        runs=runs,
        drain_tokens=no_tokens,
    )


async def no_tokens(_grace: float) -> None:
    """None is being obtained."""


async def nothing() -> None:
    """There is no store to hear of."""
