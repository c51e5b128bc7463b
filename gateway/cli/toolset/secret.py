"""`callgate secret set`: stores what an upstream asks for in the operator's Vault, where boxes fetch it."""

import sys
from getpass import getpass
from shlex import quote
from typing import Annotated

import typer

from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import REFUSED, USAGE, refusal
from gateway.cli.terminal.options import Form, Output, taking
from gateway.cli.terminal.output import show_text, tell, tell_cure
from gateway.cli.toolset.operator_vault import OperatorVault, operator_vault
from gateway.model.errors import RequestInvalid
from gateway.secrets.provision import checked_path
from gateway.secrets.upstream_secrets import write_field

#: Bytes. A box takes no more than that of Vault.
LONGEST = 1 << 20

#: Fields that a client's secret has for a token endpoint, by the names that the manifest need not say.
_OF_GRANTS = ("client_id", "client_secret", "refresh_token", "private_key", "subject_token")

_NO_VAULT = (
    "Start `callgate up`, or name the home of the one that runs by CALLGATE_HOME. For a Vault of your own, give "
    "--vault-address and, with a token that may write there, --vault-token-file."
)


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("set")(set_secret)
    app.add_typer(commands, name="secret", help="Store the secrets that tools' credentials name.")


@taking(operator_vault)
def set_secret(
    vault: OperatorVault,
    path: Annotated[str, typer.Argument(help="its path, as a credential names it: secret/data/orders")],
    field: Annotated[str, typer.Argument(help="the field of it, such as token")],
    *,
    form: Output = Form.TABLE,
) -> None:
    """Store a field of a secret. Its value comes from stdin, or is asked for at a terminal, and is shown nowhere.

    The secret's other fields stay as they are. One newline at the end of the value is cut.

    It goes to the Vault that the options name, or else to that of the stack that `callgate up` started.
    """
    if not vault.known:
        tell("No Vault is known here, or no token for it.", style="red")
        tell_cure(_NO_VAULT)
        raise typer.Exit(REFUSED)
    try:
        checked_path(path)
    except RequestInvalid as error:  # before a person types the value
        raise refusal(error, code=USAGE) from None
    value = _value()
    vault.ask(lambda open_vault: write_field(open_vault, path, field, value))
    if not shown_as(form, {"path": path, "field": field}):
        show_text(f"{path} has {field}. {_named(path, field)}")


def _named(path: str, field: str) -> str:
    if field in _OF_GRANTS:
        return f"A credential with `token` takes the field by this name: `path: {path}` is all that the manifest says of it"
    return f"A credential names it as {quote(f'{path}#{field}')}"


def _value() -> str:
    """Never from an argument: every user of a machine may see those of a process."""
    text = getpass("Value (it is not shown): ") if sys.stdin.isatty() else _piped()
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise typer.BadParameter("stdin is empty: a box refuses a secret without a value", param_hint="VALUE")
    return value


def _piped() -> str:
    raw = sys.stdin.buffer.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise typer.BadParameter(f"it has more than {LONGEST:,} bytes", param_hint="VALUE")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise typer.BadParameter("stdin is not UTF-8", param_hint="VALUE") from None
