"""Credentials from Vault: a response-wrapped service token per attempt, minted through the tool version's own token role."""

import math

import structlog

from gateway.model.errors import CredentialNotProvisioned, VaultUnavailable
from gateway.secrets.credentials import Credential, Purpose
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_login import JsonObject
from registry.model.tool import ToolVersion

log = structlog.get_logger(__name__)

ROLE_PREFIX = "callgate-"
_DIGEST_DIGITS = 24  # 96 bits: no two versions share a role, and Vault's paths stay readable
_WRAPPING_LIFETIME = 30  # seconds at most; a box opens its token at once, or never
_GONE = ("invalid accessor", "token not found")  # the second for a moment after the last use, while Vault itself is revoking


def role_of(version: ToolVersion) -> str:
    """The name of the token role and of the policy that belong to this version, and to no other."""
    return ROLE_PREFIX + version.digest.removeprefix("sha256:")[:_DIGEST_DIGITS]


class VaultCredentials:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def issue(self, purpose: Purpose, *, ttl: float) -> Credential:
        seconds = max(1, math.floor(ttl))
        try:
            answer = await self._vault.request(
                "POST",
                f"auth/token/create/{role_of(purpose.version)}",
                {"ttl": f"{seconds}s", "renewable": False, "no_default_policy": True, "meta": _meta(purpose)},
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
