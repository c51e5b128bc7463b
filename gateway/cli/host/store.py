"""`callgate store`: shows whether Redis has lost acknowledged writes, and ends the quarantine that follows.

The operator ends it, having looked into the loss.
"""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gateway.cli.host.settings import Home, environment
from gateway.cli.terminal.exit_codes import FAILED, refusal
from gateway.cli.terminal.output import row, show, show_text, table
from gateway.embedded.state_dir import default_home
from gateway.model.config import ConfigInvalid, load
from gateway.model.errors import GatewayError
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("status")(status)
    commands.command("acknowledge")(acknowledge)
    app.add_typer(
        commands, name="store", help="See whether Redis has lost acknowledged writes, and end the quarantine that follows."
    )


def status(*, home: Home = None) -> None:
    """List the tenants, and say which are in quarantine. The exit code is 1 if one is."""
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
    name: Annotated[
        str | None, typer.Option(help="the operator's name for the audit log; without this, the user of this process")
    ] = None,
    home: Home = None,
) -> None:
    """End the quarantine.

    Do so when you have found out which calls the store has forgotten, and made sure that no caller repeats one of them.
    """

    async def end(ledger: RedisLedger) -> list[str]:
        tenants = [tenant] if tenant else await ledger.tenants()
        return [one for one in tenants if await ledger.acknowledge(one, name or getpass.getuser(), reason)]

    ended = _with_ledger(home, end)
    show_text("\n".join(f"{one}: the quarantine is over" for one in ended) or "Nothing was in quarantine.")


async def _quarantines(ledger: RedisLedger) -> dict[str, bool]:
    return {tenant: await ledger.quarantined(tenant) for tenant in await ledger.tenants()}


def _with_ledger(home: Path | None, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    """Ask the gateway's store directly: the API gives callers no right to do this."""
    try:
        config = load(environment(home or default_home(os.environ)))
        return asyncio.run(_ask(config.redis, ask))
    except (ConfigInvalid, GatewayError, OSError) as error:
        raise refusal(error, "Start `callgate up`, or set CALLGATE_*.") from None


async def _ask(settings: RedisSettings, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    store = Store(settings)
    try:
        await store.load_functions()
        return await ask(RedisLedger(store))
    finally:
        await store.close()
