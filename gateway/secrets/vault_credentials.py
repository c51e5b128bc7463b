"""Credentials from Vault: a response-wrapped service token per attempt, minted through the tool version's own token role."""

import math
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

import structlog

from gateway.model.errors import CredentialNotProvisioned, VaultUnavailable
from gateway.secrets.credentials import Credential, Purpose
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_login import JsonObject
from registry.credentials.token_grant import credential_id
from registry.model.tool import CredentialBinding, ToolVersion

log = structlog.get_logger(__name__)

ROLE_PREFIX = "callgate-"
_DIGEST_DIGITS = 24  # 96 bits: no two versions share a role, and Vault's paths stay readable
_REMEMBERED = 10_000  # roles that Vault has under the name of before
_WRAPPING_LIFETIME = 30  # seconds at most; a box opens its token at once, or never
_GONE = ("invalid accessor", "token not found")  # the second for a moment after the last use, while Vault itself is revoking


def role_of(version: ToolVersion) -> str:
    """The name of the token role and of the policy that belong to this version of this owner's, and to no other.

    Equal digests of two tenants are two roles: neither reads the other's secret because it imports the same.
    """
    if not version.owner:
        return role_of_before(version)
    digest = sha256(f"{version.owner}\n{version.digest}".encode()).hexdigest()
    return ROLE_PREFIX + digest[:_DIGEST_DIGITS]


def certificate_role_of(version: ToolVersion) -> str:
    """The name of those that read the version's client certificate: a token reads one secret, and this is another."""
    digest = sha256(f"certificate\n{version.owner}\n{version.digest}".encode()).hexdigest()
    return ROLE_PREFIX + digest[:_DIGEST_DIGITS]


def token_role_of(binding: CredentialBinding, version: ToolVersion) -> str:
    """The name of those by which a box obtains the token of this version's credential, and keeps it."""
    digest = sha256(f"token\n{version.owner}\n{credential_id(binding, version)}".encode()).hexdigest()
    return ROLE_PREFIX + digest[:_DIGEST_DIGITS]


def role_of_before(version: ToolVersion) -> str:
    """Its name where the version was imported before toolsets had owners."""
    return ROLE_PREFIX + version.digest.removeprefix("sha256:")[:_DIGEST_DIGITS]


def _no_one(_tenant: str) -> bool:
    return False


class VaultCredentials:
    """`of_before`: whether a tenant owns what was imported before toolsets had owners. Its versions may have their roles under
    the names of then, until they are imported again."""

    def __init__(self, vault: Vault, of_before: Callable[[str], bool] = _no_one) -> None:
        self._vault = vault
        self._of_before = of_before
        self._named_as_before: OrderedDict[str, None] = OrderedDict()

    async def issue(self, purpose: Purpose, *, ttl: float) -> Credential:
        if purpose.certificate:
            return await self._issue(purpose, certificate_role_of(purpose.version), ttl)
        if purpose.token:
            return await self._issue(purpose, token_role_of(purpose.token, purpose.version), ttl)
        role, before = role_of(purpose.version), role_of_before(purpose.version)
        if role in self._named_as_before:
            with suppress(CredentialNotProvisioned):  # it was made meanwhile under the new name, and the old one taken away
                return await self._issue(purpose, before, ttl)
        try:
            return await self._issue(purpose, role, ttl)
        except CredentialNotProvisioned:
            if role == before or not self._of_before(purpose.version.owner):
                raise
        credential = await self._issue(purpose, before, ttl)
        self._remember(role)
        return credential

    def _remember(self, role: str) -> None:
        """That Vault has it under the name of before: each call would ask twice."""
        self._named_as_before[role] = None
        if len(self._named_as_before) > _REMEMBERED:
            self._named_as_before.popitem(last=False)

    async def _issue(self, purpose: Purpose, role: str, ttl: float) -> Credential:
        seconds = max(1, math.floor(ttl))
        try:
            answer = await self._vault.request(
                "POST",
                f"auth/token/create/{role}",
                _asked(purpose, seconds),
                wrap_ttl=f"{min(seconds, _WRAPPING_LIFETIME)}s",
                correlation=purpose.trace_id,
                unclaimed=self._revoke_unclaimed,
            )
        except VaultRefused as refusal:
            raise _not_issued(purpose, refusal) from None
        return _credential(answer)

    async def revoke(self, accessor: str) -> None:
        try:
            await self._vault.request("POST", "auth/token/revoke-accessor", {"accessor": accessor})
        except VaultRefused as refusal:
            if not any(gone in error for error in refusal.errors for gone in _GONE):
                raise VaultUnavailable(f"Vault does not let the gateway revoke a token (status {refusal.status})") from None

    async def _revoke_unclaimed(self, answer: JsonObject) -> None:
        accessor = _credential(answer).accessor
        try:
            await self.revoke(accessor)
        except VaultUnavailable as error:
            # No box has seen its wrapping token, so it can only expire.
            log.warning("unclaimed_token_left_to_expire", accessor=accessor, error=str(error))


def _asked(purpose: Purpose, seconds: int) -> JsonObject:
    asked = {"ttl": f"{seconds}s", "renewable": False, "no_default_policy": True, "meta": _meta(purpose)}
    return asked | ({"entity_alias": purpose.person} if purpose.person else {})


def _meta(purpose: Purpose) -> dict[str, str]:
    return {
        "tenant": purpose.tenant,
        "invocation": purpose.invocation,
        "attempt": str(purpose.attempt),
        "trace_id": purpose.trace_id,
        "tool": purpose.version.reference,
        "digest": purpose.version.digest,
    }


def _not_issued(purpose: Purpose, refusal: VaultRefused) -> Exception:
    if any("unknown role" in error for error in refusal.errors):
        return CredentialNotProvisioned(f"Vault has no role for {purpose.version.reference}")
    return VaultUnavailable(
        f"Vault does not let the gateway mint a token for {purpose.version.reference} (status {refusal.status})",
        cure="Let the operator prepare Vault and import the toolset again; `callgate doctor` names what is wrong.",
    )


def _credential(answer: JsonObject) -> Credential:
    wrapped = answer.get("wrap_info")
    if not wrapped:
        raise VaultUnavailable("Vault minted a token without wrapping it", cure="Check that its address leads to Vault itself.")
    return Credential(accessor=wrapped["wrapped_accessor"], wrapping_token=wrapped["token"])
