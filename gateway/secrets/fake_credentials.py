"""Credentials without Vault, for tests of everything else. Held to the same contract as the real ones."""

from collections.abc import Iterable
from itertools import count

from gateway.model.errors import CredentialNotProvisioned
from gateway.secrets.credentials import Credential, Purpose
from registry.model.tool import ToolVersion


class MemoryCredentials:
    """`live` holds the accessors of what is issued and not revoked; a test wants it empty at its end."""

    def __init__(self, provisioned: Iterable[ToolVersion] = ()) -> None:
        self.live: set[str] = set()
        self._digests = {version.digest for version in provisioned}
        self._numbers = count(1)

    def provision(self, version: ToolVersion) -> None:
        self._digests.add(version.digest)

    async def issue(self, purpose: Purpose, *, ttl: float) -> Credential:
        if purpose.version.digest not in self._digests:
            raise CredentialNotProvisioned(f"there is no role for {purpose.version.reference}")
        number = next(self._numbers)
        credential = Credential(accessor=f"accessor-{number}", wrapping_token=f"wrapping-{number}")
        self.live.add(credential.accessor)
        return credential

    async def revoke(self, accessor: str) -> None:
        self.live.discard(accessor)
