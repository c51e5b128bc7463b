"""What Vault must have before a tool version can be called: a token role that reads its secrets and no others, and one of its
own for its client certificate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.secrets.persons import is_of_person
from gateway.secrets.vault_credentials import certificate_role_of, role_of, token_role_of
from registry.credentials.kinds import grant_of, path_of
from registry.credentials.token_grant import kept_at
from registry.model.tool import ClientCertificate, CredentialBinding, ToolVersion

#: Seconds that a token may outlive its attempt by: for a gateway killed before it revoked.
MARGIN = 30.0


#: Seconds that a box has to obtain a token, and to keep it.
TOKEN_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class CredentialRole:
    """`name` is of the role and of its policy; `max_ttl`, in seconds, bounds its tokens whatever the gateway asks for.

    `issues`: at its path, a PKI engine issues a certificate, which Vault counts as a write; else secrets are read.
    `further_paths`: of a version that needs several secrets, those beside `secret_path`. `keeps_at`: of a box that obtains a
    token, where it reads and writes that. A path that ends in `/{person}` is a template: in its place, Vault puts in whose name
    the token was minted.
    """

    name: str
    secret_path: str
    max_ttl: float
    issues: bool = False
    further_paths: tuple[str, ...] = ()
    keeps_at: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every place that the role may ask, each once."""
        return tuple(dict.fromkeys((self.secret_path, *self.further_paths)))

    @property
    def of_person(self) -> bool:
        """Whether its tokens are minted in a person's name."""
        return any(map(is_of_person, (*self.paths, self.keeps_at)))


def role_for(version: ToolVersion) -> CredentialRole | None:
    """The role for the version's credentials; None where it has none."""
    paths = tuple(dict.fromkeys(path_of(one, version) for one in version.draft.credentials))
    return CredentialRole(role_of(version), paths[0], _longest(version), further_paths=paths[1:]) if paths else None


def certificate_role_for(version: ToolVersion, shown: ClientCertificate) -> CredentialRole:
    return CredentialRole(certificate_role_of(version), shown.path, _longest(version), issues=bool(shown.common_name))


def token_role_for(binding: CredentialBinding, version: ToolVersion) -> CredentialRole:
    """The role of the boxes that obtain a token: versions that name the same credential have the same one."""
    name, place = token_role_of(binding, version), kept_at(binding, version)
    return CredentialRole(name, binding.path, TOKEN_TIMEOUT + MARGIN, keeps_at=place)


def roles_for(versions: tuple[ToolVersion, ...]) -> list[CredentialRole]:
    """The roles of those versions that need some."""
    return list(dict.fromkeys(role for version in versions for role in _roles_of(version)))


def _roles_of(version: ToolVersion) -> Iterator[CredentialRole]:
    if role := role_for(version):
        yield role
    if shown := version.draft.client_certificate:
        yield certificate_role_for(version, shown)
    for one in version.draft.credentials:
        if grant_of(one):
            yield token_role_for(one, version)


def _longest(version: ToolVersion) -> float:
    return math.ceil(version.draft.limits.attempt_timeout) + MARGIN
