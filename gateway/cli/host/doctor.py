"""`callgate doctor`: checks every part, and says the cure for what is wrong."""

from time import time
from typing import Annotated

import typer

from gateway.cli.host.attacks import attack_boxes, show_trials
from gateway.cli.host.findings import findings_table
from gateway.cli.host.settings import Home, environment
from gateway.cli.terminal import own_parts
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show, tell, tell_cure
from gateway.model.config import Config, ConfigInvalid, load
from gateway.model.errors import StoreMisconfigured
from gateway.operations.artifact_checks import check_artifacts
from gateway.operations.catalog_checks import check_catalog
from gateway.operations.doctor import (
    PartFinding,
    check_gateway,
    check_store,
    check_user,
    check_vault,
    check_versions,
)
from gateway.operations.engine_checks import check_box, check_engine, check_room, check_runner_image
from gateway.operations.history_checks import check_histories
from gateway.operations.host_checks import check_host
from gateway.operations.mcp_checks import check_mcp
from gateway.operations.principals_checks import check_principals
from gateway.operations.quota_checks import check_erasure, check_quotas
from gateway.operations.run_dir_checks import check_run_dir
from gateway.operations.state_checks import check_state_dir
from gateway.operations.way_out_checks import check_authorities, check_proxies
from gateway.records.artifacts.opening import open_artifacts
from gateway.records.ledger.witness import Witness
from gateway.records.redis.catalog_quota import CatalogQuota
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.records.redis.erasure import Erasure
from gateway.records.redis.exchanges import RedisExchanges
from gateway.records.redis.host_registry import RedisHostRegistry
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.recordings import RedisRecordings
from gateway.records.redis.runs import RedisRuns
from gateway.secrets.secret_id import SecretId
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole
from sandbox.api.errors import SandboxError

#: Whose releases an operator is asked for first. Each is installed with a gateway.
PACKAGES = ("callgate-server", "callgate", "hvac", "redis", "aiodocker", "docker")


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    home: Home = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="attack live boxes of every runtime instead; takes a minute")
    ] = False,
    every: Annotated[bool, typer.Option("--every", help="with --sandbox: show a row for each attack")] = False,
    form: Output = Form.TABLE,
) -> None:
    """Check every part, and say the cure for what is wrong. The exit code is 1 if anything is.

    The settings are those of one gateway: what `callgate up` wrote into its home, or CALLGATE_* of the environment.
    """
    try:
        environ = environment(home)
        if sandbox:
            _attack(environ, form, every=every)
            return
        config = load(environ)
    except ConfigInvalid as error:
        raise _refused("No configuration to check", error, error.cure) from None
    findings = own_parts.run(diagnose(config))
    if not shown_as(form, findings):
        show(findings_table(findings))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FAILED)


def _attack(environ: dict[str, str], form: Form, *, every: bool) -> None:
    try:
        trials = own_parts.run(attack_boxes(environ))
    except (SandboxError, OSError) as error:
        cure = error.cure if isinstance(error, SandboxError) else "Run it as root, on the engine's own host."
        raise _refused("The boxes cannot be attacked", error, cure) from None
    if not shown_as(form, trials):
        show_trials(trials, every=every)
    if any(trial.failed for trial in trials):
        raise typer.Exit(FAILED)


def _refused(what: str, error: Exception, cure: str) -> typer.Exit:
    """Print to stderr why there is nothing to check."""
    tell(f"{what}: {error}", style="red")
    tell_cure(cure)
    return typer.Exit(FAILED)


async def diagnose(config: Config) -> list[PartFinding]:
    """Check everything that a gateway with this configuration needs."""
    return [
        check_versions(*PACKAGES),
        *await _boxes(config),
        check_user(),
        check_run_dir(config.run_dir),
        check_room("the gateway's own", config.run_dir),
        *check_state_dir(config.state_dir),
        await _artifacts(config),
        check_principals(config.principals_file),
        *await _store(config),
        *await _vault(config),
        *check_authorities(config.ca_file, time()),
        *await check_proxies(config),
        await check_gateway(config.listen),
        *await check_mcp(config.mcp),
    ]


async def _boxes(config: Config) -> list[PartFinding]:
    """A box is tried where there is an engine, by who may."""
    engine, image = (
        await check_engine(config.docker_socket, config.first_box_user),
        await check_runner_image(config.docker_socket),
    )
    may = engine[0].ok and check_user().ok
    if not may:
        return [*engine, image]
    return [*engine, image, await check_box(config.docker_socket, config.run_dir, config.first_box_user)]


async def _artifacts(config: Config) -> PartFinding:
    try:
        return await check_artifacts(open_artifacts(config))
    except ConfigInvalid as error:
        return PartFinding("artifacts", False, str(error), error.cure)


async def _store(config: Config) -> list[PartFinding]:
    try:
        store = Store(config.redis)
    except StoreMisconfigured as error:
        return [PartFinding("store", False, str(error), error.cure)]
    try:
        found = await check_store(store)
        if not found[0].ok:
            return found
        ledger = RedisLedger(store, witness=Witness.of_an_onlooker(), quotas=config.quotas)
        kept = [await _erasure(store, config.redis_erase_hours), *await _quotas(store, ledger, config)]
        catalog = await check_catalog(RedisCatalogs(store), config.catalog_owner)
        host = await check_host(config.docker_socket, RedisHostRegistry(store))
        return [*found, *kept, *await check_histories(ledger), catalog, host]
    finally:
        await store.close()


async def _erasure(store: Store, hours: float) -> PartFinding:
    replicas = len((await store.standing()).replicas)
    return check_erasure(await Erasure(store, hours).state(), hours, replicas=replicas)


async def _quotas(store: Store, ledger: RedisLedger, config: Config) -> list[PartFinding]:
    recordings, catalog = RedisRecordings(store, config.quotas), CatalogQuota(store, config.quotas)
    exchanges = RedisExchanges(store, config.quotas)
    tenants = sorted({*await ledger.tenants(), *await catalog.tenants()})
    try:
        artifacts = open_artifacts(config)
    except ConfigInvalid:  # told by its own check
        artifacts = None
    of_artifacts = [artifacts.use] if artifacts else []
    runs = RedisRuns(store, ledger, quotas=config.quotas)
    uses = [recordings.use, catalog.use, exchanges.use, ledger.review_use, runs.use, *of_artifacts]
    return await check_quotas(tenants, uses)


async def _vault(config: Config) -> list[PartFinding]:
    secret_id = SecretId.of_gateway(config.vault_secret_id_file, config.state_dir)
    vault = Vault(config.vault, AppRole(config.vault_role_id_file, secret_id, path=config.vault.login_path))
    try:
        return await check_vault(vault)
    finally:
        await vault.aclose()
