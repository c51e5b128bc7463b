"""What Vault must have before a tool version can be called: a token role of its own, which reads its one secret."""

import math
from dataclasses import dataclass

from gateway.secrets.vault_credentials import role_of
from registry.model.tool import CredentialBinding, ToolVersion

#: Seconds that a token may outlive its attempt by: for a gateway killed before it revoked.
MARGIN = 30.0


@dataclass(frozen=True, slots=True)
class CredentialRole:
    """`name` is of the role and of its policy; `max_ttl`, in seconds, bounds its tokens whatever the gateway asks for."""

    name: str
    secret_path: str
    max_ttl: float


def role_for(version: ToolVersion, binding: CredentialBinding) -> CredentialRole:
    return CredentialRole(role_of(version), binding.path, math.ceil(version.draft.limits.attempt_timeout) + MARGIN)


def roles_for(versions: tuple[ToolVersion, ...]) -> list[CredentialRole]:
    """The roles of those versions that need one."""
    return [role_for(version, version.draft.credential) for version in versions if version.draft.credential]
