"""What Vault must have before a tool version can be called: a token role that reads its secrets and no others, and one of its
own for its client certificate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.secrets.vault_credentials import certificate_role_of, role_of
from registry.model.tool import ClientCertificate, ToolVersion

#: Seconds that a token may outlive its attempt by: for a gateway killed before it revoked.
MARGIN = 30.0


@dataclass(frozen=True, slots=True)
class CredentialRole:
    """`name` is of the role and of its policy; `max_ttl`, in seconds, bounds its tokens whatever the gateway asks for.

    `issues`: at its path, a PKI engine issues a certificate, which Vault counts as a write; else secrets are read.
    `further_paths`: of a version that needs several secrets, those beside `secret_path`.
    """

    name: str
    secret_path: str
    max_ttl: float
    issues: bool = False
    further_paths: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every place that the role may ask, each once."""
        return tuple(dict.fromkeys((self.secret_path, *self.further_paths)))


def role_for(version: ToolVersion) -> CredentialRole | None:
    """The role for the version's credentials; None where it has none."""
    paths = tuple(dict.fromkeys(one.path for one in version.draft.credentials))
    return CredentialRole(role_of(version), paths[0], _longest(version), further_paths=paths[1:]) if paths else None


def certificate_role_for(version: ToolVersion, shown: ClientCertificate) -> CredentialRole:
    return CredentialRole(certificate_role_of(version), shown.path, _longest(version), issues=bool(shown.common_name))


def roles_for(versions: tuple[ToolVersion, ...]) -> list[CredentialRole]:
    """The roles of those versions that need some."""
    return [role for version in versions for role in _roles_of(version)]


def _roles_of(version: ToolVersion) -> Iterator[CredentialRole]:
    if role := role_for(version):
        yield role
    if shown := version.draft.client_certificate:
        yield certificate_role_for(version, shown)


def _longest(version: ToolVersion) -> float:
    return math.ceil(version.draft.limits.attempt_timeout) + MARGIN
