"""Makes the token roles in Vault that an import's tools need, and says which of their secrets are not there yet."""

from collections.abc import Iterable
from shlex import quote

import typer

from callgate import CredentialRole as Needed
from gateway.cli.terminal.exit_codes import REFUSED
from gateway.cli.terminal.output import tell, tell_cure
from gateway.cli.toolset.import_request import NamedSecret
from gateway.cli.toolset.operator_vault import OperatorVault
from gateway.model.errors import GatewayError
from gateway.secrets.provision import provision
from gateway.secrets.roles import CredentialRole
from gateway.secrets.upstream_secrets import known_fields
from gateway.secrets.vault import Vault


def require_named(needed: Iterable[Needed], paths: Iterable[str]) -> None:
    """Refuse a role for a secret that the operator did not name: a compromised gateway must not get one by asking."""
    for role in needed:
        if role.secret_path not in paths:
            tell(
                "The gateway asks for a role that reads another secret than those that you named, so no role was made.",
                style="red",
            )
            tell_cure("Find out why before you import through this gateway again.")
            raise typer.Exit(REFUSED)


def provision_roles(needed: Iterable[Needed], vault: OperatorVault) -> None:
    roles = [CredentialRole(role.name, role.secret_path, role.max_ttl) for role in needed]
    vault.ask(lambda open_vault: provision(open_vault, roles))


def tell_missing(secrets: Iterable[NamedSecret], vault: OperatorVault) -> None:
    """Say which secrets lack the field that a credential names, and how to store it.

    No secret is read for that. Where its fields' names cannot be told without, nothing is said of it.
    """

    async def missing(open_vault: Vault) -> list[NamedSecret]:
        fields = {path: await known_fields(open_vault, path) for path in sorted({one.path for one in secrets})}
        return [one for one in sorted(secrets) if (known := fields[one.path]) is not None and one.field not in known]

    try:
        for one in vault.try_to_ask(missing):
            tell(f"{one.path} has no field {one.field} yet. Before a call can use it, store it:", style="yellow")
            tell_cure(f"callgate secret set {quote(one.path)} {quote(one.field)}")
    except (GatewayError, OSError) as error:
        tell(f"Whether the secrets are there cannot be told: {error}", style="yellow")
