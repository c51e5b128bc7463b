"""What a gateway reaches: the store, Vault, and the pool of boxes on the container engine, opened in this order."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import KW_ONLY, dataclass
from uuid import uuid4

import structlog

from gateway.model.config import Config
from gateway.model.errors import VaultUnavailable
from gateway.observability import metrics, tracing
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.client import Store
from gateway.records.redis.erasure import Erasure
from gateway.records.redis.host_registry import RedisHostRegistry
from gateway.secrets.secret_id import SecretId
from gateway.secrets.secret_id_renewal import SecretIdRenewal
from gateway.secrets.trusted_authorities import TrustedAuthorities
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole
from gateway.secrets.vault_reach import VaultReach
from sandbox.api.ports import Pool
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.protocol import Engine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping.box_registry import BoxRegistry
from sandbox.reaping.host_registry import HostRegistry
from sandbox.reaping.host_seat import HostSeat

log = structlog.get_logger(__name__)


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


async def reach(stack: AsyncExitStack, config: Config, environ: Mapping[str, str], open_pool: OpenPool) -> Outside:
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


def reach_of_boxes(config: Config) -> VaultReach:
    return VaultReach(config.vault_address.rstrip("/"), config.vault_ca_file, config.vault_namespace or "")


async def _try_vault(vault: Vault) -> None:
    """Calls without a credential need no Vault, so a gateway starts without it. But it tells at once what is wrong."""
    try:
        await vault.log_in()
    except VaultUnavailable as error:
        log.warning("vault_unavailable", error=str(error), cure=error.cure)
