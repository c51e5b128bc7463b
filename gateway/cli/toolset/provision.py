"""Makes the token roles in Vault that an import's tools need, and says which of their secrets are not there yet."""

from collections.abc import Iterable
from dataclasses import asdict
from shlex import quote

import typer

from callgate import CredentialRole as Needed
from gateway.cli.terminal.exit_codes import REFUSED
from gateway.cli.terminal.output import tell, tell_cure
from gateway.cli.toolset.import_request import SecretField
from gateway.cli.toolset.operator_vault import OperatorVault
from gateway.model.errors import GatewayError, RequestInvalid
from gateway.secrets.provision import provision
from gateway.secrets.roles import CredentialRole
from gateway.secrets.upstream_secrets import known_fields
from gateway.secrets.vault import Vault
from registry.credentials.token_grant import is_kept_below


def require_named(needed: Iterable[Needed], secrets: Iterable[SecretField]) -> None:
    """Refuse a role for a secret that the operator did not name, or named for another use: a compromised gateway must not get
    one by asking."""
    named = {(one.path, one.issues) for one in secrets}
    for role in needed:
        asked = {(_secret_of(path, named), role.issues) for path in (role.secret_path, *role.further_paths)}
        if not asked <= named or (role.keeps_at and not is_kept_below(role.keeps_at, role.secret_path)):
            tell(
                "The gateway asks for a role that reads another secret than those that you named, so no role was made.",
                style="red",
            )
            tell_cure("Find out why before you import through this gateway again.")
            raise typer.Exit(REFUSED)


def _secret_of(path: str, named: Iterable[tuple[str, bool]]) -> str:
    """The secret of the client for which a token is kept there; or the path itself."""
    return next((secret for secret, issues in named if not issues and is_kept_below(path, secret)), path)


def provision_roles(needed: Iterable[Needed], vault: OperatorVault) -> None:
    roles = credential_roles(needed)
    vault.ask(lambda open_vault: provision(open_vault, roles))


def credential_roles(needed: Iterable[Needed]) -> list[CredentialRole]:
    """The roles that an import's report names."""
    return [CredentialRole(**asdict(role)) for role in needed]


def tell_missing(secrets: Iterable[SecretField], vault: OperatorVault) -> None:
    """Say which secrets lack the field that a credential names, and how to store it; and which paths lead to no secret.

    No secret is read for that. Where its fields' names cannot be told without, nothing is said of it.
    """
    named = sorted(one for one in secrets if one.field)

    async def look(open_vault: Vault) -> dict[str, frozenset[str] | RequestInvalid | None]:
        return {path: await _fields(open_vault, path) for path in dict.fromkeys(one.path for one in named)}

    try:
        found = vault.try_to_ask(look)
    except (GatewayError, OSError) as error:
        tell(f"Whether the secrets are there cannot be told: {error}", style="yellow")
        return
    for one in named:
        _tell_of(one, found[one.path])


async def _fields(vault: Vault, path: str) -> frozenset[str] | RequestInvalid | None:
    try:
        return await known_fields(vault, path)
    except RequestInvalid as mistaken:
        return mistaken


def _tell_of(one: SecretField, found: frozenset[str] | RequestInvalid | None) -> None:
    match found:
        case RequestInvalid():
            tell(f"A credential names {one.path}: {found}", style="yellow")
            tell_cure(found.cure)
        case frozenset() if one.field not in found:
            tell(f"{one.path} has no field {one.field} yet. Before a call can use it, store it:", style="yellow")
            tell_cure(f"callgate secret set {quote(one.path)} {quote(one.field)}")
