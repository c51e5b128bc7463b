"""`callgate up`: runs the gateway and all that it needs on this machine, until a signal stops it."""

import asyncio
import os
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callgate.checks import is_utf8
from gateway.cli.terminal.exit_codes import FAILED
from gateway.cli.terminal.output import console, row, tell, tell_cure
from gateway.cli.terminal.streams import let_go_of
from gateway.embedded.engine_address import engine_socket
from gateway.embedded.errors import EmbeddedError
from gateway.embedded.options import ExistingStore, ExistingVault, StackOptions
from gateway.embedded.passed_settings import OPTIONS
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir, default_home
from gateway.model.config import ConfigInvalid, SettingUnknown, gateway_settings
from gateway.model.errors import GatewayError
from gateway.model.local_address import is_local
from gateway.model.mcp_settings import McpSettings
from gateway.model.redis_place import without_login
from gateway.observability.otlp_protocol import check_protocol

_DEFAULTS = StackOptions()
_HOST_AND_PORT = re.compile(r"([^\s:/\[\]]+|\[[^\s\[\]]+\]):\d{1,5}")


def _file(purpose: str) -> Any:
    return typer.Option(help=purpose, exists=True, dir_okay=False, readable=True, resolve_path=True)


Networks = Annotated[
    list[str] | None,
    typer.Option(metavar="CIDR", help="a network from which the gateway logs in to that Vault, and no other; may be repeated"),
]


def register(app: typer.Typer) -> None:
    app.command("up")(up)


def up(
    *,
    listen: Annotated[str, typer.Option(help="the gateway's host:port, on loopback")] = _DEFAULTS.listen,
    pool_size: Annotated[
        int, typer.Option(min=1, help="how many boxes are kept started and connected, at least")
    ] = _DEFAULTS.pool_size,
    allow_private: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="a private network in which upstreams may lie; may be repeated")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="the directory for data and secrets")] = None,
    gateway_image: Annotated[str | None, typer.Option(metavar="IMAGE", help="run the gateway from this Docker image")] = None,
    redis_url: Annotated[str | None, typer.Option(help="use this Redis instead of an embedded one")] = None,
    redis_password_file: Annotated[Path | None, _file("a file with that Redis's password")] = None,
    redis_memory: Annotated[
        int | None, typer.Option(metavar="BYTES", min=64 << 20, help="the memory that an embedded Redis' data may take")
    ] = None,
    vault_address: Annotated[str | None, typer.Option(help="use this Vault instead of an embedded one")] = None,
    vault_admin_token_file: Annotated[
        Path | None, _file("a file with a token that may set up that Vault, such as its root token")
    ] = None,
    vault_bound_cidr: Networks = None,
    moved: Annotated[
        bool, typer.Option("--moved", help="the home's Redis or Vault is now where these options say, with all its data")
    ] = False,
) -> None:
    """Start Redis, Vault, a container engine if none runs, and the gateway. Ctrl-C stops what was started.

    The gateway gets the CALLGATE_* variables of the environment. The home remembers Vault and Redis, with their
    CALLGATE_VAULT_* and CALLGATE_REDIS_*, for the next start.
    """
    passed, state = _passed(), StateDir(_home(home))
    options = StackOptions(
        listen=_on_this_machine(listen),
        pool_size=pool_size,
        private_networks=_networks(allow_private or []),
        gateway_image=gateway_image,
        docker_socket=_engine_socket(),
        store=_existing_store(redis_url, redis_password_file),
        vault=_existing_vault(vault_address, vault_admin_token_file, vault_bound_cidr or []),
        store_memory=_embedded_memory(redis_memory, redis_url),
        moved=moved,
        passed=passed,
    )
    try:
        asyncio.run(_run(Stack(state, options), console()))
    except (EmbeddedError, GatewayError) as error:
        raise _refused(error, error.cure) from None


def _home(named: Path | None) -> Path:
    """Raises BadParameter for a path that is no UTF-8: the servers' configurations and the engine's API cannot hold it."""
    home = (named or default_home(os.environ)).absolute()
    if not is_utf8(str(home)):
        raise typer.BadParameter("the path of a home must be UTF-8", param_hint="--home or CALLGATE_HOME")
    return home


def _passed() -> dict[str, str]:
    try:
        check_protocol(os.environ)
        return gateway_settings(os.environ)
    except SettingUnknown as error:
        # The right name would be refused, too, where an option says it.
        options = " ".join(f"`callgate up` is told {name} by {OPTIONS[name]}." for name in error.alike if name in OPTIONS)
        raise _refused(error, f"{error.cure} {options}".rstrip()) from None
    except ConfigInvalid as error:
        raise _refused(error, error.cure) from None


def _engine_socket() -> Path:
    try:
        return engine_socket(os.environ, _DEFAULTS.docker_socket)
    except EmbeddedError as error:
        raise _refused(error, error.cure) from None


def _refused(error: Exception, cure: str) -> typer.Exit:
    tell(f"Cannot start: {error}", style="red")
    tell_cure(cure)
    return typer.Exit(FAILED)


async def _run(stack: Stack, terminal: Console) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    told = asyncio.create_task(stop.wait())
    serving = asyncio.create_task(_serve(stack, terminal))
    await asyncio.wait({told, serving}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not serving.done():
        _say(terminal, "Stopping.")
    serving.cancel()  # a signal may come in the middle of the start
    with suppress(asyncio.CancelledError):
        await serving


async def _serve(stack: Stack, terminal: Console) -> None:
    async with stack:
        for line in stack.servers.told:
            _say(terminal, line)
        gateway = await stack.start_gateway()
        _describe(stack, terminal)
        await gateway.supervise(partial(_say, terminal))


def _describe(stack: Stack, terminal: Console) -> None:
    _say(terminal, parts_table(stack.settings, stack.state.home, engine_ours=stack.engine.ours))
    _say(terminal, "Connect with:")
    for line in connect_lines(stack.state, stack.options.listen):
        _say(terminal, f"  {line}")
    _say(terminal, "READY")


def _say(terminal: Console, said: str | Table) -> None:
    """Print what goes on. The stack goes on, too, where that is read no more, as after `callgate up | grep -m 1 READY`."""
    try:
        terminal.print(Text(said) if isinstance(said, str) else said, soft_wrap=isinstance(said, str))
    except OSError:
        let_go_of(terminal.file)


def parts_table(settings: Mapping[str, str], home: Path, *, engine_ours: bool) -> Table:
    """Where each part is. No address or path in it is read as markup."""
    table = Table("part", "where")
    table.add_row(*row("gateway", settings["CALLGATE_LISTEN"]))
    if mcp := settings.get("CALLGATE_MCP_LISTEN"):
        table.add_row(*row("mcp", McpSettings(listen=mcp, url=settings.get("CALLGATE_MCP_URL")).resource))
    table.add_row(*row("store", without_login(settings["CALLGATE_REDIS_URL"])))
    table.add_row(*row("vault", settings["CALLGATE_VAULT_ADDRESS"]))
    table.add_row(*row("engine", settings["CALLGATE_DOCKER_SOCKET"] + (" (started here)" if engine_ours else "")))
    table.add_row(*row("home", home))
    return table


def connect_lines(state: StateDir, listen: str) -> list[str]:
    """What another shell needs to call this gateway, and to operate it: its home, where that is not the one of every shell."""
    lines = [f"export CALLGATE_ADDRESS={listen} CALLGATE_TOKEN_FILE={quote(str(state.token))}"]
    if state.home != default_home({}):
        lines.append(f"export CALLGATE_HOME={quote(str(state.home))}")
    return lines


def _networks(texts: list[str], option: str = "--allow-private") -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(text)) for text in texts)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; write for example 127.0.0.1/32", param_hint=option) from None


def _on_this_machine(listen: str) -> str:
    """The address. Raises BadParameter, which says what was most likely meant."""
    place = listen.partition("://")[2] or listen
    if place.isdecimal():
        place = f"127.0.0.1:{place}"
    if not (place.startswith("unix:") or _HOST_AND_PORT.fullmatch(place)):
        raise typer.BadParameter("it has no port; write host:port, such as 127.0.0.1:7443", param_hint="--listen")
    if not is_local(place):
        elsewhere = "run the gateway by itself for callers on other machines: docs/running-a-gateway.md"
        raise typer.BadParameter(
            f"`callgate up` serves this machine only; write 127.0.0.1:PORT, or {elsewhere}", param_hint="--listen"
        )
    if place != listen:
        raise typer.BadParameter(f"write {place}", param_hint="--listen")
    return listen


def _existing_store(url: str | None, password_file: Path | None) -> ExistingStore | None:
    if password_file and not url:
        raise typer.BadParameter("--redis-password-file belongs to --redis-url: give both")
    return ExistingStore(url, password_file) if url else None


def _embedded_memory(memory: int | None, url: str | None) -> int | None:
    if memory and url:
        raise typer.BadParameter("--redis-memory is for an embedded Redis: set `maxmemory` in your own")
    return memory


def _existing_vault(address: str | None, token_file: Path | None, bound: list[str]) -> ExistingVault | None:
    if bool(address) != bool(token_file):
        raise typer.BadParameter("--vault-address and --vault-admin-token-file belong together: give both")
    if bound and not address:
        raise typer.BadParameter("--vault-bound-cidr belongs to --vault-address: an embedded Vault is bound to this machine")
    networks = _networks(bound, "--vault-bound-cidr")
    return ExistingVault(address, token_file, bound=networks) if address and token_file else None
