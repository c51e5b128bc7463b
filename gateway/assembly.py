"""The one place that knows every part: it wires the real ones, starts them in order, and stops them in the reverse one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog

from gateway.decisions.budget import Budget
from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.decisions.policy import Policy, Rule
from gateway.decisions.retention import Retention
from gateway.edge.grpc.authentication import load_principals
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.host_service import HostEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.server import Server
from gateway.maintenance.loops import MaintenanceLoops
from gateway.maintenance.readiness import Readiness
from gateway.maintenance.recovery import Recovery
from gateway.model.config import Config
from gateway.model.errors import VaultUnavailable
from gateway.model.own_parts import own_parts_of
from gateway.model.principal import Principal
from gateway.observability import metrics, tracing
from gateway.pipeline.attempt import LEASE, AttemptRunner
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.hosts import Hosts
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.replay_and_cache import ReplayAndCache
from gateway.pipeline.reviews import Reviews
from gateway.pipeline.settlement import Settlement
from gateway.records.ledger.journal import Journal
from gateway.records.ledger.protocol import ReviewRule
from gateway.records.ledger.state_directory import prepare, required
from gateway.records.ledger.state_disk import StateDisk
from gateway.records.ledger.witness import Witness
from gateway.records.redis.answer_cache import RedisAnswerCache
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.catalog import RedisCatalog
from gateway.records.redis.client import Store
from gateway.records.redis.erasure import Erasure
from gateway.records.redis.host_registry import RedisHostRegistry
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.recordings import RedisRecordings
from gateway.secrets.vault import Vault
from gateway.secrets.vault_credentials import VaultCredentials
from gateway.secrets.vault_login import AppRole
from registry.checking.argument_checker import ArgumentChecker
from sandbox.api.job import OwnPart
from sandbox.api.ports import Pool
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.protocol import Engine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping.box_registry import BoxRegistry
from sandbox.reaping.host_registry import HostRegistry
from sandbox.reaping.host_seat import HostSeat

log = structlog.get_logger(__name__)

#: Seconds that each part gets to stop: what it leaves is in the ledger, and found again.
STOP_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """The server, which has not started to listen, and the maintenance, which runs: if that ends, the gateway must end."""

    server: Server
    maintenance: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class Registries:
    """What gateways on all hosts know of each other's boxes and hosts."""

    boxes: BoxRegistry
    hosts: HostRegistry


#: A pool for the gateway of that id.
OpenPool = Callable[[Config, Engine, Registries, str], AbstractAsyncContextManager[Pool]]


@asynccontextmanager
async def docker_pool(config: Config, engine: Engine, registries: Registries, gateway_id: str) -> AsyncIterator[Pool]:
    """Boxes that confine. The only pool there is outside a test."""
    image, settings = await ensure_runner_image(engine), PoolSettings(size=config.pool_size)
    memory, run_dir = config.state_dir / "host.json" if config.state_dir else None, config.run_dir.absolute()
    seat = HostSeat(engine, registries.hosts, gateway_id, run_dir, memory=memory)
    pool = DockerPool(
        engine, image.name, run_dir, gateway_id, settings, registry=registries.boxes, restore_image=image.ensure, seat=seat
    )
    async with pool:
        yield pool


@dataclass(frozen=True, slots=True)
class Outside:
    """What a gateway reaches: the store, Vault, and the pool of boxes on the container engine."""

    store: Store
    vault: Vault
    pool: Pool
    registries: Registries
    erasure: Erasure


@asynccontextmanager
async def gateway(config: Config, environ: Mapping[str, str], *, open_pool: OpenPool = docker_pool) -> AsyncIterator[Gateway]:
    """Every part of one gateway, started. Raises ConfigInvalid, StoreUnavailable, StoreUntrusted, EngineUnavailable."""
    authentication = load_principals(config.principals_file)
    prepare(config.state_dir)
    async with AsyncExitStack() as stack:
        outside = await _reach(stack, config, environ, open_pool)
        checker, (catalog, recordings) = ArgumentChecker(), _kept_for_tenants(config, outside.store)
        stack.push_async_callback(checker.close)
        ledger = await _open_ledger(stack, config, outside.store)
        credentials = VaultCredentials(outside.vault)
        obligations = Obligations(ledger, credentials, outside.pool)
        stack.push_async_callback(obligations.drain, STOP_GRACE)
        policy = _policy(config, environ, authentication.rules, outside.store)
        attempts = AttemptRunner(outside.pool, credentials, ledger, CircuitBreakers(), config.vault_address)
        invoker = Invoker(
            catalog=catalog,
            checker=checker,
            policy=policy,
            ledger=ledger,
            budget=Budget(config.calls_at_once),
            settlement=Settlement(AttemptLoop(ledger, attempts, obligations, checker, LEASE), ledger),
            replay_and_cache=ReplayAndCache(recordings, RedisAnswerCache(outside.store)),
            retention=Retention(config.key_retention_reads, config.key_retention_acts),
        )
        hosts = Hosts(policy, ledger, outside.registries.hosts, outside.registries.boxes)
        edges = (
            CatalogEdge(authentication, policy, catalog, config.heartbeat_seconds, config.quotas),
            InvocationEdge(authentication, CallsInFlight(invoker), ledger, silence=config.heartbeat_seconds),
            ReviewEdge(authentication, Reviews(policy, ledger, catalog, checker, outside.registries.boxes)),
            RecordingEdge(authentication, recordings, policy),
            HostEdge(authentication, hosts),
        )
        server = Server(config, *edges)
        disk = StateDisk(config.state_dir)

        async def state_trouble() -> OSError | None:
            return await disk.trouble() or ledger.unwritten

        readiness = Readiness(
            ask_store=outside.store.answers,
            boxes=lambda: outside.pool.trouble,
            state=state_trouble,
            tell=server.tell,
        )
        recovery = Recovery(catalog, policy, ledger, invoker)
        rule = _rule(config.review_days)
        yield Gateway(
            server,
            _maintain(stack, outside, ledger, recovery, obligations, hosts=hosts, readiness=readiness, rule=rule),
        )


def _kept_for_tenants(config: Config, store: Store) -> tuple[RedisCatalog, RedisRecordings]:
    """What grows with each tenant, within its quotas."""
    quotas = config.quotas
    return RedisCatalog(store, quotas=quotas), RedisRecordings(store, quotas)


def _policy(config: Config, environ: Mapping[str, str], rules: Mapping[Principal, Rule], store: Store) -> Policy:
    """The policy, with what is Callgate's own: as the settings name it, and wherever Redis was seen."""
    of_settings = own_parts_of(config, environ)

    def own_parts() -> tuple[OwnPart, ...]:
        return *of_settings, *(OwnPart("the Redis", host, port) for host, port in sorted(store.servers))

    private, vault = config.private_networks, config.vault_address
    return Policy(rules, private=private, vault=vault, own_parts=own_parts, ceilings=config.ceilings)


async def _reach(stack: AsyncExitStack, config: Config, environ: Mapping[str, str], open_pool: OpenPool) -> Outside:
    """Connect to what is outside, and export what is seen of it."""
    gateway_id = f"gw-{uuid4().hex[:12]}"
    resource = tracing.resource_of(gateway_id)
    stack.callback(tracing.set_up(environ, resource).shutdown)
    store = Store(config.redis)
    stack.push_async_callback(store.close)
    await store.open()
    vault = Vault(config.vault_address, AppRole(config.vault_role_id_file, config.vault_secret_id_file))
    stack.push_async_callback(vault.aclose)
    await _try_vault(vault)
    engine = DockerEngine(f"unix://{config.docker_socket}")
    stack.push_async_callback(engine.close)
    registries = Registries(RedisBoxRegistry(store), RedisHostRegistry(store))
    pool = await stack.enter_async_context(open_pool(config, engine, registries, gateway_id))
    meters = metrics.set_up(environ, resource, lambda: pool.stats)
    stack.callback(meters.shutdown, metrics.SHUTDOWN_MILLISECONDS)
    return Outside(store, vault, pool, registries, Erasure(store, config.redis_erase_hours))


async def _try_vault(vault: Vault) -> None:
    """Calls without a credential need no Vault, so a gateway starts without it. But it tells at once what is wrong."""
    try:
        await vault.log_in()
    except VaultUnavailable as error:
        log.warning("vault_unavailable", error=str(error), cure=error.cure)


async def _open_ledger(stack: AsyncExitStack, config: Config, store: Store) -> RedisLedger:
    """The ledger, with what this host remembers of it put back and written down.

    Raises ConfigInvalid where the host cannot keep its memory.
    """
    with required(config.state_dir):
        journal = Journal(config.state_dir / "journal" if config.state_dir else None)
        ledger = RedisLedger(store, witness=Witness(config.state_dir), journal=journal, quotas=config.quotas)
        stack.push_async_callback(ledger.retire)
        await ledger.remember()
        await ledger.write_down()
    return ledger


def _maintain(
    stack: AsyncExitStack,
    outside: Outside,
    ledger: RedisLedger,
    recovery: Recovery,
    obligations: Obligations,
    *,
    hosts: Hosts,
    readiness: Readiness,
    rule: ReviewRule | None,
) -> asyncio.Task[None]:
    loops = MaintenanceLoops(
        ledger=ledger,
        recovery=recovery,
        obligations=obligations,
        hosts=hosts,
        renew_seat=outside.pool.renew,
        sweep_boxes=outside.pool.sweep,
        check_store=outside.store.check_durability,
        write_down=ledger.write_down,
        remember=ledger.remember,
        review_rule=rule,
        tell_health=readiness.look,
        erase=outside.erasure.keep_up,
    )
    running = asyncio.create_task(loops.run())
    stack.push_async_callback(_stop, running)
    return running


def _rule(days: float) -> ReviewRule | None:
    """How a review ends that is not decided."""
    reason = f"It was open for {days:g} days, and not decided (CALLGATE_REVIEW_DAYS)."
    return ReviewRule(days * 86_400, "callgate", reason) if days else None


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=STOP_GRACE)
