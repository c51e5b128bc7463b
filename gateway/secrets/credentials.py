"""Secrets for one call: issue and revoke. The gateway holds no secret, and the token that can read it only wrapped."""

from dataclasses import KW_ONLY, dataclass, field
from typing import Protocol

from registry.model.tool import CredentialBinding, ToolVersion


@dataclass(frozen=True, slots=True)
class Credential:
    """A wrapped token for one attempt. `wrapping_token` opens once, in the box; `accessor` revokes what it opens to."""

    accessor: str
    wrapping_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a credential is for. Vault writes all of it into its audit log on every use.

    `certificate`: for the version's client certificate, and not for the secret of its credential. `token`: for a box that
    obtains the token of this credential, and keeps it. `person`: in whose name that is (`gateway.secrets.persons`); empty where
    no person connects.
    """

    version: ToolVersion
    tenant: str
    invocation: str
    attempt: int
    trace_id: str
    _: KW_ONLY
    certificate: bool = False
    token: CredentialBinding | None = None
    person: str = ""


class Credentials(Protocol):
    async def issue(self, purpose: Purpose, *, ttl: float) -> Credential:
        """Mint a token that can read each of the version's secrets, once, and no other, for at most `ttl` seconds.

        Raises CredentialNotProvisioned where Vault has no role for the version, VaultUnavailable where it does not answer.
        Cancelled in the middle, it revokes what it may have minted.
        """
        ...

    async def revoke(self, accessor: str) -> None:
        """End the token. A token that is gone already counts as revoked. Raises VaultUnavailable."""
        ...
