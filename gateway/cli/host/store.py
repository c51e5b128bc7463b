"""`callgate store`: shows whether Redis has the history that the gateways have seen, and settles it by an operator's word."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gateway.cli.host.settings import Home, environment
from gateway.cli.terminal.exit_codes import FAILED, refusal
from gateway.cli.terminal.output import row, show, show_text, table
from gateway.model.config import ConfigInvalid, load
from gateway.model.errors import GatewayError
from gateway.model.redis_settings import RedisSettings
from gateway.records.ledger.protocol import HistoryState
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("status")(status)
    commands.command("acknowledge")(acknowledge)
    app.add_typer(
        commands, name="store", help="See whether Redis has the history that the gateways have seen, and settle it yourself."
    )


def status(*, home: Home = None) -> None:
    """List the tenants, and say whose history is open, and for whom it waits. The exit code is 1 if one is."""
    found = _with_ledger(home, _histories)
    listed = table("tenant", "history")
    for tenant, history in found.items():
        listed.add_row(*row(tenant, _told(history)))
    show(listed)
    if any(history.open for history in found.values()):
        raise typer.Exit(FAILED)


def _told(history: HistoryState) -> str:
    if not history.open:
        return "settled"
    if history.to_be_acknowledged:
        return "open: more is lost than gateways can put back. Look, then `callgate store acknowledge`"
    return f"open: waits for gateways {', '.join(history.awaited)}" if history.awaited else "open: all have shown, it settles"


def acknowledge(
    *,
    reason: Annotated[str, typer.Option(help="what was lost, and what was done about it; it goes into the audit log")],
    tenant: Annotated[str | None, typer.Option(help="only this tenant")] = None,
    name: Annotated[
        str | None, typer.Option(help="the operator's name for the audit log; without this, the user of this process")
    ] = None,
    home: Home = None,
) -> None:
    """Settle the history without the gateways that have not shown what they know.

    Do so when you have found out which calls the store has forgotten, and made sure that no caller repeats one of them:
    docs/running-redis.md, Open history, is the runbook.
    """

    async def end(ledger: RedisLedger) -> list[str]:
        tenants = [tenant] if tenant else await ledger.tenants()
        return [one for one in tenants if await ledger.acknowledge(one, name or getpass.getuser(), reason)]

    ended = _with_ledger(home, end)
    show_text("\n".join(f"{one}: settled" for one in ended) or "No history was open.")


async def _histories(ledger: RedisLedger) -> dict[str, HistoryState]:
    return {tenant: await ledger.history(tenant) for tenant in await ledger.tenants()}


def _with_ledger(home: Path | None, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    """Ask the gateway's store directly: the API gives callers no right to do this."""
    try:
        config = load(environment(home))
        return asyncio.run(_ask(config.redis, ask))
    except (ConfigInvalid, GatewayError, OSError) as error:
        raise refusal(error, "Start `callgate up`, or set CALLGATE_*.") from None


async def _ask(settings: RedisSettings, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    store = Store(settings)
    try:
        await store.load_functions()
        return await ask(RedisLedger(store, witness=Witness.of_an_onlooker()))
    finally:
        await store.close()
