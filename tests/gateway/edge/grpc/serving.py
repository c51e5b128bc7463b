"""A whole gRPC server whose calls end as a test says, without a pipeline behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NoReturn, Protocol

import grpc

from gateway.decisions.policy import Policy, Rule
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.heartbeats import SILENCE
from gateway.edge.grpc.host_service import HostEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.server import Server
from gateway.model.config import Config
from gateway.model.invocation import Invocation, Request
from gateway.model.principal import Principal
from gateway.pipeline.call import Answered, Call, CallTicket, invocation_id
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.hosts import Hosts
from gateway.pipeline.reviews import Reviews
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.recordings.protocol import MemoryRecordings
from registry.catalog.catalog import MemoryCatalog
from registry.checking.argument_checker import ArgumentChecker
from registry.model.tool import Effect
from sandbox.reaping.box_registry import MemoryBoxRegistry
from sandbox.reaping.host_registry import MemoryHostRegistry

CALLER = Principal("acme", "planner", "ada")
TOKEN = "a-token"
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

    async def invoke(self, principal: Principal, call: Call, ticket: CallTicket) -> Answered:
        await self._ledger.claim(invocation_id(principal, call.key), "", principal, REQUEST, lease=15.0)
        ticket.accepted.set()
        return await self._act()

    async def read(self, principal: Principal, id: str) -> Invocation | None:
        return await self._ledger.read(principal.tenant, id)

    cancel = read


async def fail() -> NoReturn:
    raise RuntimeError(CANARY)


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
        self, act: Act = fail, *, listen: str | None = None, reflection: bool = False, silence: float = SILENCE
    ) -> Served: ...


def server_at(listen: str, act: Act, *, reflection: bool, silence: float = SILENCE) -> Server:
    config = Config(
        principals_file=NOWHERE,
        vault_role_id_file=NOWHERE,
        vault_secret_id_file=NOWHERE,
        listen=listen,
        drain_seconds=5.0,
        reflection=reflection,
    )
    authentication = Authentication({sha256(TOKEN.encode()).hexdigest(): CALLER}, {CALLER: Rule(("*",), may_import=True)})
    policy = Policy(authentication.rules, private=(), vault="http://127.0.0.1:1")
    ledger = MemoryLedger()
    calls = CallsInFlight(Invoker(ledger, act))  # type: ignore[arg-type]  # it needs no more of an invoker than this one has
    reviews = ReviewEdge(authentication, Reviews(policy, ledger, MemoryCatalog(), ArgumentChecker(), MemoryBoxRegistry()))
    catalog = CatalogEdge(authentication, policy, MemoryCatalog())
    invocations = InvocationEdge(authentication, calls, ledger, silence=silence)
    recordings = RecordingEdge(authentication, MemoryRecordings(), policy)
    hosts = HostEdge(authentication, Hosts(policy, ledger, MemoryHostRegistry(), MemoryBoxRegistry()))
    return Server(config, catalog, invocations, reviews, recordings, hosts)
