"""`callgate store`: whether Redis has lost what it had acknowledged, and an operator's word that this was looked into."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gateway.cli.host.settings import environment
from gateway.cli.terminal.exit_codes import FAILED, refusal
from gateway.cli.terminal.output import row, show, show_text, table
from gateway.embedded.state_dir import default_home
from gateway.model.config import ConfigInvalid, load
from gateway.model.errors import GatewayError
from gateway.records.redis.client import Store, read_password
from gateway.records.redis.ledger import RedisLedger

T = TypeVar("T")
Home = Annotated[Path | None, typer.Option(help="the home of a stack that `callgate up` started")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("status")(status)
    commands.command("acknowledge")(acknowledge)
    app.add_typer(commands, name="store", help="See whether Redis has lost what it had acknowledged.")


def status(*, home: Home = None) -> None:
    """Each tenant, and whether it is in quarantine. Exit code 1 if one is."""
    found = _with_ledger(home, _quarantines)
    listed = table("tenant", "state")
    for tenant, quarantined in found.items():
        listed.add_row(*row(tenant, "quarantined: calls that may not be repeated are refused" if quarantined else "ok"))
    show(listed)
    if any(found.values()):
        raise typer.Exit(FAILED)


def acknowledge(
    *,
    reason: Annotated[str, typer.Option(help="what was lost, and what was done about it; it goes into the audit log")],
    tenant: Annotated[str | None, typer.Option(help="only this tenant")] = None,
    name: Annotated[str | None, typer.Option(help="who says so; the user of this process, if not given")] = None,
    home: Home = None,
) -> None:
    """End the quarantine: you have found out which calls the store has forgotten, and none of them will be repeated."""

    async def end(ledger: RedisLedger) -> list[str]:
        tenants = [tenant] if tenant else await ledger.tenants()
        return [one for one in tenants if await ledger.acknowledge(one, name or getpass.getuser(), reason)]

    ended = _with_ledger(home, end)
    show_text("\n".join(f"{one}: the quarantine is over" for one in ended) or "Nothing was in quarantine.")


async def _quarantines(ledger: RedisLedger) -> dict[str, bool]:
    return {tenant: await ledger.quarantined(tenant) for tenant in await ledger.tenants()}


def _with_ledger(home: Path | None, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    """Ask the store that the gateway would use. It is the operator's: callers have no such right."""
    try:
        config = load(environment(home or default_home(os.environ)))
        return asyncio.run(_ask(config.redis_url, read_password(config.redis_password_file), ask))
    except (ConfigInvalid, GatewayError, OSError) as error:
        raise refusal(error, "Start `callgate up`, or set CALLGATE_*.") from None


async def _ask(url: str, password: str | None, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    store = Store(url, password=password)
    try:
        await store.load_functions()
        return await ask(RedisLedger(store))
    finally:
        await store.close()
