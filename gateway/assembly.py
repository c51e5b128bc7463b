"""The one place that knows every part: it wires the real ones, starts them in order, and stops them in the reverse one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog

from gateway.decisions.budget import Budget
from gateway.decisions.circuit_breaker import Breakers
from gateway.decisions.policy import Policy
from gateway.edge.grpc.authentication import load_principals
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.server import Server
from gateway.maintenance.loops import Upkeep
from gateway.maintenance.recovery import Resuming
from gateway.model.config import Config
from gateway.observability import metrics, tracing
from gateway.pipeline.attempt import LEASE, Attempts
from gateway.pipeline.attempt_loop import Carrier
from gateway.pipeline.in_flight import Calls
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.obligations import Cleanup
from gateway.pipeline.replay_and_cache import Recall
from gateway.pipeline.reviews import Reviews
from gateway.pipeline.settlement import Performing
from gateway.records.ledger.journal import Journal
from gateway.records.ledger.watermarks import Marks
from gateway.records.redis.answer_cache import RedisAnswerCache
from gateway.records.redis.box_registry import RedisRegister
from gateway.records.redis.catalog import RedisCatalog
from gateway.records.redis.client import Store, read_password
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.recordings import RedisRecordings
from gateway.secrets.vault import Vault
from gateway.secrets.vault_credentials import VaultCredentials
from gateway.secrets.vault_login import AppRole
from registry.calling.arguments import ArgumentChecker
from sandbox.api.ports import Pool
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.protocol import Engine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping.box_registry import Register

log = structlog.get_logger(__name__)

STOP_GRACE = 5.0
#: Seconds that each part gets to stop: what it leaves is in the ledger, and found again.


@dataclass(frozen=True, slots=True)
class Gateway:
    """The server, which has not started to listen, and the upkeep, which runs: where it ends, the gateway must not go on."""

    server: Server
    upkeep: asyncio.Task[None]


OpenPool = Callable[[Config, Engine, Register, str], AbstractAsyncContextManager[Pool]]
#: A pool for the gateway of that id.


@asynccontextmanager
async def docker_pool(config: Config, engine: Engine, register: Register, gateway_id: str) -> AsyncIterator[Pool]:
    """Boxes that confine. The only pool there is outside a test."""
    image, settings = await ensure_runner_image(engine), PoolSettings(size=config.pool_size)
    async with DockerPool(engine, image, config.run_dir, gateway_id, settings, register=register) as pool:
        yield pool


@asynccontextmanager
async def gateway(config: Config, environ: Mapping[str, str], *, open_pool: OpenPool = docker_pool) -> AsyncIterator[Gateway]:
    """Every part of one gateway, started. Raises ConfigInvalid, StoreUnavailable, StoreUntrusted, EngineUnavailable."""
    authentication = load_principals(config.principals_file)
    gateway_id = f"gw-{uuid4().hex[:12]}"
    resource = tracing.resource_of(gateway_id)
    provider = tracing.set_up(environ, resource)
    async with AsyncExitStack() as stack:
        stack.callback(provider.shutdown)
        store = Store(config.redis_url, password=read_password(config.redis_password_file))
        stack.push_async_callback(store.close)
        await store.open()
        vault = Vault(config.vault_address, AppRole(config.vault_role_id_file, config.vault_secret_id_file))
        stack.push_async_callback(vault.aclose)
        engine = DockerEngine(f"unix://{config.docker_socket}")
        stack.push_async_callback(engine.close)
        pool = await stack.enter_async_context(open_pool(config, engine, RedisRegister(store), gateway_id))
        meters = metrics.set_up(environ, resource, lambda: pool.figures)
        stack.callback(meters.shutdown, metrics.SHUTDOWN_MILLISECONDS)

        journal = Journal(config.state_dir / "journal" if config.state_dir else None)
        marks = Marks(config.state_dir)
        ledger, catalog, checker = RedisLedger(store, marks=marks, journal=journal), RedisCatalog(store), ArgumentChecker()
        await ledger.witness()
        await ledger.write_down()
        credentials = VaultCredentials(vault)
        cleanup = Cleanup(ledger, credentials, pool)
        stack.push_async_callback(cleanup.drain, STOP_GRACE)
        policy = Policy(authentication.rules, private=config.private_networks, vault=config.vault_address)
        attempts = Attempts(pool, credentials, ledger, Breakers(), config.vault_address)
        carrier = Carrier(ledger, attempts, cleanup, checker, LEASE)
        budget, performing = Budget(config.calls_at_once), Performing(carrier, ledger)
        recordings = RedisRecordings(store)
        recall = Recall(recordings, RedisAnswerCache(store))
        invoker = Invoker(catalog, checker, policy, ledger, budget, performing, recall)
        resuming = Resuming(catalog, policy, ledger, invoker)
        upkeep = Upkeep(
            ledger, resuming, cleanup, pool.sweep, lambda: _check(store, ledger), ledger.write_down, ledger.remember
        )
        keeping = asyncio.create_task(upkeep.run())
        stack.push_async_callback(_stop, keeping)
        reviews = ReviewEdge(authentication, Reviews(policy, ledger, catalog, checker))
        invocations = InvocationEdge(authentication, Calls(invoker), ledger)
        edges = CatalogEdge(authentication, policy, catalog), invocations, reviews, RecordingEdge(authentication, recordings)
        yield Gateway(Server(config, *edges), keeping)


async def _check(store: Store, ledger: RedisLedger) -> None:
    await store.check_durability()
    await ledger.witness()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=STOP_GRACE)
