"""The one place that knows every part: it wires the real ones, starts them in order, and stops them in the reverse one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import KW_ONLY, dataclass
from uuid import uuid4

import structlog

from gateway.decisions.budget import Budget
from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.decisions.policy import Policy
from gateway.decisions.retention import Retention
from gateway.decisions.tenant_rules import TenantRules, by_tenant
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.connection_service import ConnectionEdge
from gateway.edge.grpc.host_service import HostEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.principal_service import PrincipalEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.server import Server
from gateway.maintenance.loops import MaintenanceLoops
from gateway.maintenance.principals_upkeep import PrincipalsUpkeep
from gateway.maintenance.readiness import Readiness
from gateway.maintenance.recovery import Recovery
from gateway.model.config import Config
from gateway.model.errors import VaultUnavailable
from gateway.model.own_parts import own_parts_of
from gateway.observability import metrics, tracing
from gateway.observability.otlp_protocol import check_protocol
from gateway.pipeline.attempt import LEASE, AttemptRunner
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.call_admission import CallAdmission
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.connecting import Connecting
from gateway.pipeline.connection_box import ConnectionBox
from gateway.pipeline.hosts import Hosts
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.known_tokens import KnownTokens
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.preview import Previews
from gateway.pipeline.principals import Principals
from gateway.pipeline.replay_and_cache import ReplayAndCache
from gateway.pipeline.reviews import Reviews
from gateway.pipeline.settlement import Settlement
from gateway.pipeline.token_boxes import TokenBoxes
from gateway.pipeline.token_parts import TokenParts
from gateway.records.ledger.journal import Journal
from gateway.records.ledger.protocol import ReviewRule
from gateway.records.ledger.state_directory import prepare, required
from gateway.records.ledger.state_disk import StateDisk
from gateway.records.ledger.witness import Witness
from gateway.records.principals.principals_file import read_principals, signature
from gateway.records.redis.answer_cache import RedisAnswerCache
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.records.redis.connections import RedisConnections
from gateway.records.redis.erasure import Erasure
from gateway.records.redis.host_registry import RedisHostRegistry
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.principals import RedisPrincipals
from gateway.records.redis.recordings import RedisRecordings
from gateway.records.redis.token_states import RedisTokenStates
from gateway.secrets.proxies import Proxies
from gateway.secrets.secret_id import SecretId
from gateway.secrets.secret_id_renewal import SecretIdRenewal
from gateway.secrets.trusted_authorities import TrustedAuthorities
from gateway.secrets.vault import Vault
from gateway.secrets.vault_credentials import VaultCredentials
from gateway.secrets.vault_login import AppRole
from gateway.secrets.vault_reach import VaultReach
from registry.checking.argument_checker import ArgumentChecker
from registry.model.errors import CatalogUnowned
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
    """The server, which has not started to listen, and the maintenance, which runs: if that ends, the gateway must end.

    `reload` reads again what an operator may change under a running gateway: the principals file and the certificate.
    """

    server: Server
    maintenance: asyncio.Task[None]
    reload: Callable[[], None]


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
    image, settings = await ensure_runner_image(engine), PoolSettings(size=config.pool_size, first_uid=config.first_box_user)
    memory, run_dir = config.state_dir / "host.json" if config.state_dir else None, config.run_dir.absolute()
    pool = DockerPool(
        engine,
        image.name,
        run_dir,
        gateway_id,
        settings,
        registry=registries.boxes,
        restore_image=image.ensure,
        seat=HostSeat(engine, registries.hosts, gateway_id, run_dir, memory=memory),
        authorities=TrustedAuthorities(config.ca_file).pem,
    )
    async with pool:
        yield pool


@dataclass(frozen=True, slots=True)
class Outside:
    """What a gateway reaches: the store, Vault, and the pool of boxes on the container engine. `id` is the gateway's own."""

    id: str
    store: Store
    vault: Vault
    renewal: SecretIdRenewal
    pool: Pool
    registries: Registries
    _: KW_ONLY
    erasure: Erasure


@asynccontextmanager
async def gateway(config: Config, environ: Mapping[str, str], *, open_pool: OpenPool = docker_pool) -> AsyncIterator[Gateway]:
    """Every part of one gateway, started. Raises ConfigInvalid, StoreUnavailable, StoreUntrusted, EngineUnavailable."""
    check_protocol(environ)
    tokens, signed = _listed_tokens(config)
    prepare(config.state_dir)
    async with AsyncExitStack() as stack:
        outside = await _reach(stack, config, environ, open_pool)
        catalogs = await _open_catalogs(config, tokens, outside.store)
        checker, recordings = _open_checker(stack), RedisRecordings(outside.store, config.quotas)
        ledger = await _open_ledger(stack, config, outside.store)
        credentials = VaultCredentials(outside.vault, of_before=catalogs.has_tools_of_before)
        obligations = Obligations(ledger, credentials, outside.pool)
        stack.push_async_callback(obligations.drain, STOP_GRACE)
        policy = _policy(config, environ, outside.store)
        upkeep = await _keep_up(stack, tokens, outside, config, signed)
        authentication = Authentication(tokens)
        breakers = CircuitBreakers()
        attempts, connection_box = _attempts(config, outside, obligations, policy, breakers)
        stack.push_async_callback(attempts.drain, STOP_GRACE)
        invoker = Invoker(
            catalogs=catalogs,
            checker=checker,
            policy=policy,
            ledger=ledger,
            budget=Budget(config.calls_at_once),
            settlement=Settlement(AttemptLoop(ledger, attempts, obligations, checker, LEASE), ledger),
            replay_and_cache=ReplayAndCache(recordings, RedisAnswerCache(outside.store)),
            retention=Retention(config.key_retention_reads, config.key_retention_acts),
        )
        hosts = Hosts(policy, ledger, outside.registries.hosts, outside.registries.boxes)
        in_flight = CallsInFlight(invoker, CallAdmission(outside.pool, config.calls_at_once))
        edges = (
            _catalog_edge(config, authentication, policy, catalogs),
            _invocation_edge(config, authentication, in_flight, breakers),
            ReviewEdge(authentication, Reviews(policy, ledger, catalogs, checker, outside.registries.boxes)),
            RecordingEdge(authentication, recordings, policy),
            HostEdge(authentication, hosts),
        )
        principals = Principals(policy, tokens, upkeep.store, upkeep.look_at_store)
        connecting = Connecting(policy, catalogs, connection_box)
        stack.push_async_callback(connecting.drain, STOP_GRACE)
        connections = ConnectionEdge(authentication, connecting)
        server = Server(config, *edges, principals=PrincipalEdge(authentication, principals), connections=connections)
        recovery, readiness = Recovery(catalogs, policy, ledger, invoker), _readiness(outside, ledger, server)
        rule = _rule(config.review_days)
        loops = _loops(outside, ledger, recovery, obligations, hosts=hosts, readiness=readiness, upkeep=upkeep, rule=rule)
        yield Gateway(server, _maintain(stack, loops), lambda: _reload(upkeep, server))


def _invocation_edge(
    config: Config, authentication: Authentication, calls: CallsInFlight, breakers: CircuitBreakers
) -> InvocationEdge:
    invoker = calls.invoker
    previews = Previews(catalogs=invoker.catalogs, checker=invoker.checker, policy=invoker.policy, breakers=breakers)
    return InvocationEdge(authentication, calls, invoker.ledger, previews, silence=config.heartbeat_seconds)


def _listed_tokens(config: Config) -> tuple[KnownTokens, object]:
    """The tokens of the principals file, and how it was signed just before it was read. Raises ConfigInvalid."""
    signed = signature(config.principals_file)
    return KnownTokens(listed=read_principals(config.principals_file)), signed


async def _keep_up(
    stack: AsyncExitStack, tokens: KnownTokens, outside: Outside, config: Config, signed: object
) -> PrincipalsUpkeep:
    """What keeps the tokens true, with the store's table read. Raises StoreUnavailable."""
    store = RedisPrincipals(outside.store)
    upkeep = PrincipalsUpkeep(tokens=tokens, store=store, gateway=outside.id, file=config.principals_file, signed=signed)
    stack.push_async_callback(upkeep.leave)
    await upkeep.look_at_store()
    return upkeep


def _reload(upkeep: PrincipalsUpkeep, server: Server) -> None:
    upkeep.look_at_file(asked=True)
    server.reload()


def _catalog_edge(config: Config, authentication: Authentication, policy: Policy, catalogs: RedisCatalogs) -> CatalogEdge:
    rules, silence = TenantRules(config.self_promotion, by_tenant(config.secret_prefixes)), config.heartbeat_seconds
    return CatalogEdge(authentication, policy, catalogs, silence=silence, tenant_rules=rules, quotas=config.quotas)


def _attempts(
    config: Config, outside: Outside, obligations: Obligations, policy: Policy, breakers: CircuitBreakers
) -> tuple[AttemptRunner, ConnectionBox]:
    """What makes attempts, and what connects people. Raises ConfigInvalid where the operator's authorities cannot be read."""
    trusted, vault = TrustedAuthorities(config.ca_file).pem, _reach_of_boxes(config)
    parts, store = (outside.pool, obligations.credentials), outside.store
    kept = RedisTokenStates(store), RedisConnections(store)
    of_tokens = TokenParts(*parts, *kept, vault=vault, egress_of=policy.endpoint, authorities=trusted)
    tokens = TokenBoxes(of_tokens, obligations.ledger, obligations)
    attempts = AttemptRunner(*parts, obligations.ledger, breakers, vault, tokens=tokens, authorities=trusted)
    return attempts, ConnectionBox(of_tokens)


def _readiness(outside: Outside, ledger: RedisLedger, server: Server) -> Readiness:
    disk = StateDisk(server.config.state_dir)

    async def state_trouble() -> OSError | None:
        return await disk.trouble() or ledger.unwritten

    return Readiness(
        ask_store=outside.store.answers,
        boxes=lambda: outside.pool.trouble,
        state=state_trouble,
        credentials=lambda: outside.renewal.trouble,
        tell=server.tell,
    )


def _policy(config: Config, environ: Mapping[str, str], store: Store) -> Policy:
    """The policy, with what is Callgate's own: as the settings name it, and wherever Redis was seen."""
    of_settings = own_parts_of(config, environ)

    def own_parts() -> tuple[OwnPart, ...]:
        return *of_settings, *(OwnPart("the Redis", host, port) for host, port in sorted(store.servers))

    private, vault = config.private_networks, config.vault_address
    ceilings, proxy_of = config.ceilings, Proxies(config.proxies, config.proxy_login_file).proxy_of
    return Policy(private=private, vault=vault, own_parts=own_parts, ceilings=ceilings, proxy_of=proxy_of)


async def _reach(stack: AsyncExitStack, config: Config, environ: Mapping[str, str], open_pool: OpenPool) -> Outside:
    """Connect to what is outside, and export what is seen of it."""
    gateway_id = f"gw-{uuid4().hex[:12]}"
    resource = tracing.resource_of(gateway_id)
    stack.callback(tracing.set_up(environ, resource).shutdown)
    store = Store(config.redis)
    stack.push_async_callback(store.close)
    await store.open()
    vault, renewal = _vault(config)
    stack.push_async_callback(vault.aclose)
    await _try_vault(vault)
    engine = DockerEngine(f"unix://{config.docker_socket}")
    stack.push_async_callback(engine.close)
    registries = Registries(RedisBoxRegistry(store), RedisHostRegistry(store))
    pool = await stack.enter_async_context(open_pool(config, engine, registries, gateway_id))
    meters = metrics.set_up(environ, resource, lambda: pool.stats)
    stack.callback(meters.shutdown, metrics.SHUTDOWN_MILLISECONDS)
    return Outside(gateway_id, store, vault, renewal, pool, registries, erasure=Erasure(store, config.redis_erase_hours))


def _vault(config: Config) -> tuple[Vault, SecretIdRenewal]:
    """The gateway's connection to Vault, and what keeps it able to log in."""
    secret_id = SecretId.of_gateway(config.vault_secret_id_file, config.state_dir)
    vault = Vault(config.vault, AppRole(config.vault_role_id_file, secret_id, path=config.vault.login_path))
    return vault, SecretIdRenewal(vault, secret_id)


def _reach_of_boxes(config: Config) -> VaultReach:
    return VaultReach(config.vault_address.rstrip("/"), config.vault_ca_file, config.vault_namespace or "")


async def _try_vault(vault: Vault) -> None:
    """Calls without a credential need no Vault, so a gateway starts without it. But it tells at once what is wrong."""
    try:
        await vault.log_in()
    except VaultUnavailable as error:
        log.warning("vault_unavailable", error=str(error), cure=error.cure)


def _open_checker(stack: AsyncExitStack) -> ArgumentChecker:
    checker = ArgumentChecker()
    stack.push_async_callback(checker.close)
    return checker


async def _open_catalogs(config: Config, tokens: KnownTokens, store: Store) -> RedisCatalogs:
    """The catalogs, with an owner for what was imported before toolsets had owners, if this gateway can say who that is."""
    importing = {entry.caller.principal.tenant for entry in tokens.listed.values() if entry.caller.rule.may_import}
    owner = config.catalog_owner or (next(iter(importing)) if len(importing) == 1 else None)
    catalogs = RedisCatalogs(store, owner=owner, quotas=config.quotas)
    try:
        settled = await catalogs.settle()
    except CatalogUnowned as error:
        log.warning("catalog_unowned", error=str(error), cure=error.cure)
    else:
        if config.catalog_owner not in (None, settled):
            log.warning("catalog_owned_by_another", owner=settled, setting=config.catalog_owner)
    return catalogs


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


def _loops(
    outside: Outside,
    ledger: RedisLedger,
    recovery: Recovery,
    obligations: Obligations,
    *,
    hosts: Hosts,
    readiness: Readiness,
    upkeep: PrincipalsUpkeep,
    rule: ReviewRule | None,
) -> MaintenanceLoops:
    return MaintenanceLoops(
        ledger=ledger,
        recovery=recovery,
        obligations=obligations,
        hosts=hosts,
        renew_seat=outside.pool.renew,
        sweep_boxes=outside.pool.sweep,
        check_store=outside.store.check_durability,
        write_down=ledger.write_down,
        remember=ledger.remember,
        renew_login=outside.renewal.look,
        review_rule=rule,
        tell_health=readiness.look,
        keep_principals=upkeep.look,
        erase=outside.erasure.keep_up,
    )


def _maintain(stack: AsyncExitStack, loops: MaintenanceLoops) -> asyncio.Task[None]:
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
