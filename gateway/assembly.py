"""The one place that knows every part: it wires the real ones, starts them in order, and stops them in the reverse one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from gateway.decisions.budget import Budget
from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.decisions.policy import Policy
from gateway.decisions.retention import Retention
from gateway.decisions.tenant_rules import TenantRules, by_tenant
from gateway.edge.grpc.artifact_service import ArtifactEdge
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.connection_service import ConnectionEdge
from gateway.edge.grpc.host_service import HostEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.principal_service import PrincipalEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.run_service import RunEdge
from gateway.edge.grpc.server import Server
from gateway.edge.grpc.status import detail_of
from gateway.maintenance.loops import MaintenanceLoops
from gateway.maintenance.principals_upkeep import PrincipalsUpkeep
from gateway.maintenance.readiness import Readiness
from gateway.maintenance.recovery import Recovery
from gateway.model.config import Config
from gateway.model.own_parts import own_parts_of
from gateway.observability.otlp_protocol import check_protocol
from gateway.outside import OpenPool, Outside, docker_pool, reach, reach_of_boxes
from gateway.pipeline.agent_runs import AgentRuns
from gateway.pipeline.artifact_access import ArtifactAccess
from gateway.pipeline.attempt import LEASE, AttemptRunner
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.call_admission import CallAdmission
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.connecting import Connecting
from gateway.pipeline.connection_box import ConnectionBox
from gateway.pipeline.hosts import Hosts
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.kept_exchanges import KeptExchanges
from gateway.pipeline.known_tokens import KnownTokens
from gateway.pipeline.live_answers import LiveAnswers
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.preview import Previews
from gateway.pipeline.principals import Principals
from gateway.pipeline.recorder import Recorder
from gateway.pipeline.replay_and_cache import ReplayAndCache
from gateway.pipeline.reviews import Reviews
from gateway.pipeline.settlement import Settlement
from gateway.pipeline.token_boxes import TokenBoxes
from gateway.pipeline.token_parts import TokenParts
from gateway.records.artifacts.opening import open_artifacts
from gateway.records.ledger.journal import Journal
from gateway.records.ledger.protocol import ReviewRule
from gateway.records.ledger.state_directory import prepare, required
from gateway.records.ledger.state_disk import StateDisk
from gateway.records.ledger.witness import Witness
from gateway.records.principals.principals_file import read_principals, signature
from gateway.records.redis.answer_cache import RedisAnswerCache
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.records.redis.connections import RedisConnections
from gateway.records.redis.exchanges import RedisExchanges
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.opening import open_catalogs
from gateway.records.redis.principals import RedisPrincipals
from gateway.records.redis.recordings import RedisRecordings
from gateway.records.redis.runs import RedisRuns
from gateway.records.redis.token_states import RedisTokenStates
from gateway.search.opening import open_embeddings
from gateway.search.searches import Searches
from gateway.secrets.proxies import Proxies
from gateway.secrets.trusted_authorities import TrustedAuthorities
from gateway.secrets.vault_credentials import VaultCredentials
from registry.checking.argument_checker import ArgumentChecker
from sandbox.api.job import OwnPart

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


@asynccontextmanager
async def gateway(config: Config, environ: Mapping[str, str], *, open_pool: OpenPool = docker_pool) -> AsyncIterator[Gateway]:
    """Every part of one gateway, started. Raises ConfigInvalid, StoreUnavailable, StoreUntrusted, EngineUnavailable."""
    check_protocol(environ)
    tokens, signed = _listed_tokens(config)
    prepare(config.state_dir)
    async with AsyncExitStack() as stack:
        outside = await reach(stack, config, environ, open_pool)
        catalogs = await open_catalogs(config, _importing(tokens), outside.store)
        checker, recordings = _open_checker(stack), RedisRecordings(outside.store, config.quotas)
        ledger = await _open_ledger(stack, config, outside.store)
        runs = RedisRuns(outside.store, ledger, quotas=config.quotas, retention=config.run_retention)
        credentials = VaultCredentials(outside.vault, of_before=catalogs.has_tools_of_before)
        obligations = Obligations(ledger, credentials, outside.pool)
        stack.push_async_callback(obligations.drain, STOP_GRACE)
        policy = _policy(config, environ, outside.store)
        upkeep = await _keep_up(stack, tokens, outside, config, signed)
        authentication = Authentication(tokens)
        breakers, live = CircuitBreakers(), LiveAnswers()
        artifacts = ArtifactAccess(policy.may_see, open_artifacts(config))
        attempts, connection_box = _attempts(config, outside, obligations, policy, breakers, artifacts=artifacts, live=live)
        stack.push_async_callback(attempts.drain, STOP_GRACE)
        loop = AttemptLoop(ledger, attempts, obligations, checker, LEASE)
        invoker = _invoker(config, outside, loop, recordings, catalogs=catalogs, policy=policy, artifacts=artifacts)
        hosts = Hosts(policy, ledger, outside.registries.hosts, outside.registries.boxes)
        in_flight = CallsInFlight(invoker, CallAdmission(outside.pool, config.calls_at_once))
        edges = (
            _catalog_edge(stack, config, authentication, policy, catalogs),
            _invocation_edge(config, authentication, in_flight, breakers, live, runs=runs),
            ReviewEdge(authentication, Reviews(policy, ledger, catalogs, checker, outside.registries.boxes)),
            RecordingEdge(authentication, recordings, policy),
            HostEdge(authentication, hosts),
        )
        agent_runs = AgentRuns(policy, runs, invoker)
        principals = Principals(policy, tokens, upkeep.store, upkeep.look_at_store)
        connecting = Connecting(policy, catalogs, connection_box)
        stack.push_async_callback(connecting.drain, STOP_GRACE)
        server = Server(
            config,
            *edges,
            principals=PrincipalEdge(authentication, principals),
            connections=ConnectionEdge(authentication, connecting),
            artifacts=ArtifactEdge(authentication, artifacts),
            runs=RunEdge(authentication, agent_runs),
            drain_tokens=attempts.drain,
        )
        recovery, readiness = Recovery(catalogs, policy, ledger, invoker), _readiness(outside, ledger, server)
        rule = _rule(config.review_days)
        parts = outside, ledger, recovery, obligations
        loops = _loops(*parts, hosts=hosts, runs=agent_runs, readiness=readiness, upkeep=upkeep, rule=rule)
        yield Gateway(server, _maintain(stack, loops), lambda: _reload(upkeep, server))


def _invoker(
    config: Config,
    outside: Outside,
    loop: AttemptLoop,
    recordings: RedisRecordings,
    *,
    catalogs: RedisCatalogs,
    policy: Policy,
    artifacts: ArtifactAccess,
) -> Invoker:
    return Invoker(
        catalogs=catalogs,
        checker=loop.checker,
        policy=policy,
        ledger=loop.ledger,
        budget=Budget(config.calls_at_once),
        settlement=Settlement(loop, loop.ledger),
        replay_and_cache=ReplayAndCache(Recorder(recordings, detail_of), RedisAnswerCache(outside.store)),
        artifacts=artifacts,
        retention=Retention(config.key_retention_reads, config.key_retention_acts),
        kept_exchanges=KeptExchanges(RedisExchanges(outside.store, config.quotas)),
    )


def _invocation_edge(
    config: Config,
    authentication: Authentication,
    calls: CallsInFlight,
    breakers: CircuitBreakers,
    live: LiveAnswers,
    *,
    runs: RedisRuns,
) -> InvocationEdge:
    invoker = calls.invoker
    previews = Previews(
        catalogs=invoker.catalogs,
        checker=invoker.checker,
        policy=invoker.policy,
        breakers=breakers,
        artifacts=invoker.artifacts,
    )
    silence = config.heartbeat_seconds
    return InvocationEdge(authentication, calls, invoker.ledger, previews, runs=runs, silence=silence, live=live)


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


def _catalog_edge(
    stack: AsyncExitStack, config: Config, authentication: Authentication, policy: Policy, catalogs: RedisCatalogs
) -> CatalogEdge:
    rules, silence = TenantRules(config.self_promotion, by_tenant(config.secret_prefixes)), config.heartbeat_seconds
    edge = CatalogEdge(
        authentication,
        policy,
        catalogs,
        silence=silence,
        tenant_rules=rules,
        quotas=config.quotas,
        searches=Searches(embeddings=open_embeddings(config.search_model)),
    )
    stack.push_async_callback(edge.searches.close)
    return edge


def _attempts(
    config: Config,
    outside: Outside,
    obligations: Obligations,
    policy: Policy,
    breakers: CircuitBreakers,
    *,
    artifacts: ArtifactAccess,
    live: LiveAnswers,
) -> tuple[AttemptRunner, ConnectionBox]:
    """What makes attempts, and what connects people. Raises ConfigInvalid where the operator's authorities cannot be read."""
    trusted, vault = TrustedAuthorities(config.ca_file).pem, reach_of_boxes(config)
    parts, store = (outside.pool, obligations.credentials), outside.store
    kept = RedisTokenStates(store), RedisConnections(store)
    of_tokens = TokenParts(*parts, *kept, vault=vault, egress_of=policy.endpoint, authorities=trusted)
    tokens = TokenBoxes(of_tokens, obligations.ledger, obligations)
    attempts = AttemptRunner(
        *parts, obligations.ledger, breakers, vault, tokens=tokens, authorities=trusted, artifacts=artifacts, live=live
    )
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


def _open_checker(stack: AsyncExitStack) -> ArgumentChecker:
    checker = ArgumentChecker()
    stack.push_async_callback(checker.close)
    return checker


def _importing(tokens: KnownTokens) -> set[str]:
    """The tenants that may import, of those in the principals file."""
    return {entry.caller.principal.tenant for entry in tokens.listed.values() if entry.caller.rule.may_import}


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
    runs: AgentRuns,
    readiness: Readiness,
    upkeep: PrincipalsUpkeep,
    rule: ReviewRule | None,
) -> MaintenanceLoops:
    return MaintenanceLoops(
        ledger=ledger,
        recovery=recovery,
        obligations=obligations,
        hosts=hosts,
        stop_runs=runs.stop,
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
        sweep_artifacts=artifacts.sweep if (artifacts := recovery.invoker.artifacts.artifacts) else None,
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
