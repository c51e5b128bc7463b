"""`callgate store`: shows whether Redis has the history that the gateways have seen, and settles it by an operator's word."""

import getpass
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gateway.cli.host.settings import Home, environment
from gateway.cli.terminal import own_parts
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, refusal
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table
from gateway.model.config import ConfigInvalid, load
from gateway.model.errors import GatewayError, RequestInvalid
from gateway.model.redis_settings import RedisSettings
from gateway.operations.history_checks import told
from gateway.records.ledger.protocol import HistoryState
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger

T = TypeVar("T")

NO_TENANT = "No tenant is known to this store: nothing was called yet, or the store has lost all, and no gateway runs."

#: Where a file that the settings name cannot be read, the error itself has no cure.
READ_ITS_FILES = "Run this on the gateway's own machine, as a user who may read the files that its settings name."


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("status")(status)
    commands.command("acknowledge")(acknowledge)
    app.add_typer(
        commands, name="store", help="See whether Redis has the history that the gateways have seen, and settle it yourself."
    )


def status(*, home: Home = None, form: Output = Form.TABLE) -> None:
    """List the tenants, and say whose history is open, and for whom it waits. The exit code is 1 if one is."""
    found = _with_ledger(home, _histories)
    if not shown_as(form, found):
        _show_histories(found)
    if any(history.open for history in found.values()):
        raise typer.Exit(FAILED)


def _show_histories(found: dict[str, HistoryState]) -> None:
    if not found:
        show_text(NO_TENANT)
        return
    listed = table("tenant", "history", whole=("tenant",))
    for tenant, history in found.items():
        listed.add_row(*row(tenant, told(history)))
    show(listed)


def acknowledge(
    *,
    reason: Annotated[str, typer.Option(help="what was lost, and what was done about it; it goes into the audit log")],
    tenant: Annotated[str | None, typer.Option(help="only this tenant")] = None,
    name: Annotated[
        str | None, typer.Option(help="the operator's name for the audit log; without this, the user of this process")
    ] = None,
    home: Home = None,
    form: Output = Form.TABLE,
) -> None:
    """Settle the history without the gateways that have not shown what they know.

    Do so when you have found out which calls the store has forgotten, and made sure that no caller repeats one of them:
    docs/running-redis.md, Open history, is the runbook.
    """

    async def end(ledger: RedisLedger) -> list[str] | None:
        tenants = await ledger.tenants()
        if tenant is not None:
            await _require_known(ledger, tenant, tenants)
            tenants = [tenant]
        if not tenants:
            return None
        return [one for one in tenants if await ledger.acknowledge(one, name or getpass.getuser(), reason)]

    ended = _with_ledger(home, end)
    if not shown_as(form, {"settled": ended or []}):
        show_text(NO_TENANT if ended is None else "\n".join(f"{one}: settled" for one in ended) or "No history was open.")


async def _require_known(ledger: RedisLedger, tenant: str, tenants: Sequence[str]) -> None:
    """Raises RequestInvalid. A step for a tenant that is none would make one."""
    if tenant not in tenants and not (await ledger.history(tenant)).open:
        raise RequestInvalid(f"there is no tenant {tenant}", cure="`callgate store status` lists the tenants.")


async def _histories(ledger: RedisLedger) -> dict[str, HistoryState]:
    return {tenant: await ledger.history(tenant) for tenant in await ledger.tenants()}


def _with_ledger(home: Path | None, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    """Ask the gateway's store directly: the API gives callers no right to do this."""
    try:
        config = load(environment(home))
        return own_parts.run(_ask(config.redis, ask))
    except (ConfigInvalid, GatewayError, OSError) as error:
        raise refusal(error, READ_ITS_FILES) from None


async def _ask(settings: RedisSettings, ask: Callable[[RedisLedger], Awaitable[T]]) -> T:
    store = Store(settings)
    try:
        await store.load_functions()
        return await ask(RedisLedger(store, witness=Witness.of_an_onlooker()))
    finally:
        await store.close()
