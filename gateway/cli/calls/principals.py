"""`callgate principal`: lets callers in, shows who may call, and shuts callers out, on every gateway."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from callgate import Principal
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table, tell

UNITS = {"m": "minutes", "h": "hours", "d": "days"}

Tenant = Annotated[str, typer.Option(help="whose the records are")]
Agent = Annotated[str, typer.Option(help="the program that calls")]
Subject = Annotated[str, typer.Option(help="the one that it calls for")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("add")(add)
    commands.command("list")(list_principals)
    commands.command("revoke")(revoke)
    app.add_typer(commands, name="principal", help="Let callers in, see who may call, and shut callers out.")


def add(
    *,
    tenant: Tenant,
    agent: Agent,
    subject: Subject,
    tool: Annotated[list[str] | None, typer.Option(help="pattern of tools that it may call; may be repeated")] = None,
    may: Annotated[list[str] | None, typer.Option(help="a right, such as import, review or operate; may be repeated")] = None,
    expires: Annotated[str | None, typer.Option(help="after 90d, 12h or 30m, or a moment such as 2027-01-31T12:00")] = None,
    digest: Annotated[str | None, typer.Option(help="the SHA-256 of a token that you have made; else one is made")] = None,
    form: Output = Form.TABLE,
) -> None:
    """Let a caller in, on every gateway. The token is printed once, alone on stdout, and told nowhere else."""
    until = _moment(expires) if expires else None
    with connect() as client:
        added = client.principals.add(
            tenant, agent, subject, tools=tool or [], rights=may or [], expires=until, token_sha256=digest
        )
    if shown_as(form, added):
        return
    # Before the token, which may have no place to go to: then it is to be revoked.
    tell(f"{added.principal.id} is let in, {_until(added.principal)}.")
    _tell_unconfirmed(added.unconfirmed, "may refuse it for some seconds yet")
    if added.token:
        show_text(added.token)


def list_principals(*, form: Output = Form.TABLE) -> None:
    """List every token's entry: its principal, rights, expiry, and who has added it. No token is shown."""
    with connect() as client:
        found = list(client.principals.list())
    if shown_as(form, found):
        return
    listed = table("id", "tenant, agent, subject", "tools; rights", "valid", "added by", whole=("id",))
    for one in found:
        who = f"{one.tenant}\n{one.agent}\n{one.subject}"
        rights = f"{', '.join(one.tools) or 'no tools'}\n{', '.join(one.rights)}"
        added = f"{one.creator}\n{one.created:%Y-%m-%d %H:%M}" if one.creator and one.created else "the principals file"
        listed.add_row(*row(one.id, who, rights, _until(one), added))
    show(listed)


def revoke(
    token: Annotated[str | None, typer.Argument(help="the token's id, as `list` shows it", metavar="[ID]")] = None,
    *,
    tenant: Annotated[str | None, typer.Option(help="instead of an id: all tokens of this principal")] = None,
    agent: Annotated[str | None, typer.Option(help="with --tenant")] = None,
    subject: Annotated[str | None, typer.Option(help="with --tenant")] = None,
    form: Output = Form.TABLE,
) -> None:
    """Shut a caller out. When this ends, no gateway lets it in, and what ran with its token is ended; its calls go on."""
    with connect() as client:
        revoked = client.principals.revoke(id=token, tenant=tenant, agent=agent, subject=subject)
    if shown_as(form, revoked):
        return
    for one in revoked.revoked:
        show_text(f"{one.id} {one.tenant}/{one.agent}/{one.subject} is revoked")
    _tell_unconfirmed(revoked.unconfirmed, "hear nothing of Redis, and let in only whom their principals file has")


def _tell_unconfirmed(gateways: tuple[str, ...], what: str) -> None:
    if gateways:
        tell(f"These gateways have not confirmed it, and {what}: {', '.join(gateways)}", style="yellow")


def _until(one: Principal) -> str:
    if one.expires is None:
        return "until revoked"
    ended = "expired" if one.expires <= datetime.now(UTC) else "until"
    return f"{ended} {one.expires:%Y-%m-%d %H:%M} UTC"


def _moment(said: str) -> datetime:
    """Of a span from now on, or of a moment; one without a zone is UTC. Ends the program with code 2 where it is neither."""
    number, unit = said[:-1], UNITS.get(said[-1:])
    try:
        if unit and number.isdecimal():
            return datetime.now(UTC) + timedelta(**{unit: int(number)})
        moment = datetime.fromisoformat(said)
    except (ValueError, OverflowError):
        told = "it must be a span such as 90d, or a moment such as 2027-01-31T12:00"
        raise typer.BadParameter(told, param_hint="--expires") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
