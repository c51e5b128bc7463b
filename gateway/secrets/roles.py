"""What Vault must have before a tool version can be called: for each of its secrets, a token role that reads this one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.secrets.vault_credentials import certificate_role_of, role_of
from registry.model.tool import ClientCertificate, CredentialBinding, ToolVersion

#: Seconds that a token may outlive its attempt by: for a gateway killed before it revoked.
MARGIN = 30.0


@dataclass(frozen=True, slots=True)
class CredentialRole:
    """`name` is of the role and of its policy; `max_ttl`, in seconds, bounds its tokens whatever the gateway asks for.

    `issues`: at its path, a PKI engine issues a certificate, which Vault counts as a write; else a secret is read there.
    """

    name: str
    secret_path: str
    max_ttl: float
    issues: bool = False


def role_for(version: ToolVersion, binding: CredentialBinding) -> CredentialRole:
    return CredentialRole(role_of(version), binding.path, _longest(version))


def certificate_role_for(version: ToolVersion, shown: ClientCertificate) -> CredentialRole:
    return CredentialRole(certificate_role_of(version), shown.path, _longest(version), issues=bool(shown.common_name))


def roles_for(versions: tuple[ToolVersion, ...]) -> list[CredentialRole]:
    """The roles of those versions that need some."""
    return [role for version in versions for role in _roles_of(version)]


def _roles_of(version: ToolVersion) -> Iterator[CredentialRole]:
    draft = version.draft
    if draft.credential:
        yield role_for(version, draft.credential)
    if draft.client_certificate:
        yield certificate_role_for(version, draft.client_certificate)


def _longest(version: ToolVersion) -> float:
    return math.ceil(version.draft.limits.attempt_timeout) + MARGIN
