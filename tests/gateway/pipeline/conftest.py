"""The pipeline over its fakes (ledger, catalog, box and credentials in memory) and a real upstream on loopback."""

import asyncio
import socketserver
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from examples.orders.server import Shop, serve
from gateway.decisions.budget import Budget
from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.decisions.next_step import NextStep
from gateway.decisions.policy import Policy, Rule
from gateway.decisions.retry import Retries
from gateway.maintenance.recovery import Recovery
from gateway.model.principal import Principal
from gateway.pipeline.attempt import AttemptRunner
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.call import Answered, Call
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.replay_and_cache import ReplayAndCache
from gateway.pipeline.reviews import Reviews
from gateway.pipeline.settlement import Settlement
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.recordings.answer_cache import MemoryAnswerCache
from gateway.records.recordings.protocol import MemoryRecordings
from gateway.secrets.fake_credentials import MemoryCredentials
from registry.calling.arguments import ArgumentChecker
from registry.catalog.catalog import MemoryCatalog
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.tool import Draft, ToolVersion
from sandbox.testing.fake_pool import FakePool, Program

ORDERS = Path(__file__).parents[3] / "examples/orders/openapi.yaml"
LOOPBACK = (ip_network("127.0.0.0/8"),)
KEY = "a-key-of-sixteen-characters"
ALL = Rule(("*",))
CALLER = Principal("acme", "planner", "ada")


class Clock:
    """The ledger's clock: the world's, and what a test has put it forward by."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += seconds


@dataclass
class Desk:
    """A gateway without an edge, and one caller of it."""

    upstream: str
    draft: Callable[[Draft], Draft] = lambda draft: draft
    rule: Rule = ALL
    calls_at_once: int = 64
    boxes: int = 16
    programs: dict[str, Program] = field(default_factory=dict)
    caller: Principal = CALLER
    clock: Clock = field(default_factory=Clock)
    parts: Any = field(default_factory=SimpleNamespace)

    async def open(self) -> "Desk":
        parts = self.parts
        parts.ledger, parts.catalog, parts.pool = MemoryLedger(self.clock), MemoryCatalog(), FakePool(self.boxes, self.programs)
        compiled = compile_document(load(ORDERS.read_bytes()), ToolsetHeader("orders", self.upstream))
        added = await parts.catalog.add([self.draft(draft) for draft in compiled.drafts])
        parts.versions = {version.name: version for version in added.versions}
        parts.credentials = MemoryCredentials()
        parts.obligations = Obligations(parts.ledger, parts.credentials, parts.pool)
        policy = Policy({self.caller: self.rule}, private=LOOPBACK, vault="http://127.0.0.1:1")
        attempts = AttemptRunner(parts.pool, parts.credentials, parts.ledger, CircuitBreakers(), "http://127.0.0.1:1")
        attempt_loop = AttemptLoop(
            parts.ledger, attempts, parts.obligations, ArgumentChecker(), 15.0, NextStep(Retries(random=lambda: 0.0))
        )
        budget = Budget(self.calls_at_once)
        parts.replay_and_cache = ReplayAndCache(MemoryRecordings(), MemoryAnswerCache())
        settlement = Settlement(attempt_loop, parts.ledger)
        parts.invoker = Invoker(
            catalog=parts.catalog,
            checker=ArgumentChecker(),
            policy=policy,
            ledger=parts.ledger,
            budget=budget,
            settlement=settlement,
            replay_and_cache=parts.replay_and_cache,
        )
        parts.recovery = Recovery(parts.catalog, policy, parts.ledger, parts.invoker)
        parts.reviews = Reviews(policy, parts.ledger, parts.catalog, ArgumentChecker())
        return self

    def version(self, tool: str) -> ToolVersion:
        """The newest version of a tool."""
        return self.parts.versions[tool]  # type: ignore[no-any-return]

    @property
    def invoker(self) -> Invoker:
        return self.parts.invoker  # type: ignore[no-any-return]

    async def call(
        self, tool: str, arguments: Any = None, *, seconds: float | None = None, caller: Principal | None = None, **call: Any
    ) -> Answered:
        body = orjson.dumps(arguments if arguments is not None else {})
        given = {"key": KEY, "run_id": "run", "timeout": seconds, "recording": "suite"} | call
        return await self.invoker.invoke(caller or self.caller, Call(tool, body, **given))


Scenario = Callable[[Desk], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture
def shop() -> Iterator[Shop]:
    """The shop of the examples; `shop.address` says where."""
    server = serve(None)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state: Shop = server.shop  # type: ignore[attr-defined]
    state.address = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def play() -> Play:
    """Runs a scenario at a desk: `play(scenario, upstream, **how the desk differs)`."""

    def run(scenario: Scenario, upstream: str, **options: Any) -> None:
        async def at_a_desk() -> None:
            desk = await Desk(upstream, **options).open()
            await scenario(desk)
            await desk.parts.obligations.drain(5.0)
            assert desk.parts.credentials.live == set()

        asyncio.run(at_a_desk())

    return run


@dataclass
class Rude:
    """An upstream that reads a request and hangs up, or, while `holding`, does not answer at all."""

    address: str
    requests: list[bytes] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    holding: threading.Event = field(default_factory=threading.Event)
    close: Callable[[], None] = lambda: None
    """Stop listening."""


@pytest.fixture
def rude() -> Iterator[Rude]:
    class Door(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            upstream.requests.append(self.request.recv(65536))
            upstream.arrived.set()
            while upstream.holding.is_set() and not ended.wait(0.01):
                pass

    ended = threading.Event()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    upstream = Rude(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def close() -> None:
        ended.set()
        server.shutdown()
        server.server_close()

    upstream.close = close
    yield upstream
    close()
