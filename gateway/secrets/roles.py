"""What Vault must have before a tool version can be called: a token role of its own, which reads its secrets and no others."""

import math
from dataclasses import dataclass

from gateway.secrets.vault_credentials import role_of
from registry.model.tool import ToolVersion

#: Seconds that a token may outlive its attempt by: for a gateway killed before it revoked.
MARGIN = 30.0


@dataclass(frozen=True, slots=True)
class CredentialRole:
    """`name` is of the role and of its policy; `max_ttl`, in seconds, bounds its tokens whatever the gateway asks for.

    `further_paths`: of a version that needs several secrets, those beside `secret_path`.
    """

    name: str
    secret_path: str
    max_ttl: float
    further_paths: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every secret that the role reads, each once."""
        return tuple(dict.fromkeys((self.secret_path, *self.further_paths)))


def role_for(version: ToolVersion) -> CredentialRole | None:
    """The role that the version needs; None for one without a credential."""
    paths = tuple(dict.fromkeys(one.path for one in version.draft.credentials))
    if not paths:
        return None
    lifetime = math.ceil(version.draft.limits.attempt_timeout) + MARGIN
    return CredentialRole(role_of(version), paths[0], lifetime, paths[1:])


def roles_for(versions: tuple[ToolVersion, ...]) -> list[CredentialRole]:
    """The roles of those versions that need one."""
    return [role for version in versions if (role := role_for(version))]
