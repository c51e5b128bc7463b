"""Keeps the gateway able to log in: its secret_id is renewed at half its life, and what hinders that is told before it ends."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from gateway.model.errors import VaultUnavailable
from gateway.secrets.secret_id import SecretId
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_login import JsonObject

log = structlog.get_logger(__name__)

_SHARE = 0.5  # of its life: the other half is for a Vault that is away
_LOOK_AGAIN = 3600.0  # seconds, at most: an operator may bound the role's secret_ids meanwhile


class SecretIdRenewal:
    """`trouble`: why there is no login, or soon none.

    The clocks: `clock` in seconds for pauses, `now` for the dates that Vault tells.
    """

    def __init__(
        self,
        vault: Vault,
        secret_id: SecretId,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.trouble: VaultUnavailable | None = None
        self._vault = vault
        self._secret_id = secret_id
        self._role = vault.settings.gateway_role
        self._clock = clock
        self._now = now
        self._look_at = -float("inf")
        self._looked_at = ""
        self._told = False

    async def look(self) -> None:
        """Log in where that must be, and renew what has lived half its life. To be called every few seconds; raises nothing of
        Vault's: the next look tries again."""
        try:
            await self._vault.log_in()
            self._secret_id.keep()
            current = self._secret_id.current()
            if current != self._looked_at or self._clock() >= self._look_at:
                self._look_at = self._clock() + await self._renew_if_due(current)
                self._looked_at = self._secret_id.current()
        except VaultUnavailable as error:
            self._note(error)
        else:
            self._note(None)

    async def _renew_if_due(self, current: str) -> float:
        """Seconds until the next look is due."""
        try:
            known = (await self._vault.request("POST", f"{self._role}/secret-id/lookup", {"secret_id": current})).get("data")
            left, whole = self._life(known)
            if left > whole * _SHARE:
                return min(left - whole * _SHARE, _LOOK_AGAIN)
            renewed = (await self._vault.request("POST", f"{self._role}/secret-id", {}))["data"]
        except VaultRefused as refusal:
            self._tell_forbidden(refusal)
            return _LOOK_AGAIN
        self._secret_id.renew(renewed["secret_id"])
        lives = float(renewed.get("secret_id_ttl") or 0)
        log.info("secret_id_renewed", lives_seconds=lives)
        return min(lives * _SHARE or _LOOK_AGAIN, _LOOK_AGAIN)

    def _life(self, known: JsonObject | None) -> tuple[float, float]:
        """What is left of it and the whole, in seconds. Raises VaultUnavailable where Vault knows it no more: a gateway does
        not give itself what an operator may have taken back."""
        if not known:
            raise VaultUnavailable(
                "Vault no longer knows the gateway's secret_id: it has ended, or was taken back",
                cure=self._vault.settings.cure_of_login,
            )
        whole = float(known.get("secret_id_ttl") or 0)
        if not whole:
            return float("inf"), 0.0  # it never ends: `callgate doctor` says so
        ends = datetime.fromisoformat(known["expiration_time"])
        return (ends - self._now()).total_seconds(), whole

    def _note(self, trouble: VaultUnavailable | None) -> None:
        """A line for each change."""
        was, self.trouble = self.trouble, trouble
        if trouble is not None and (was is None or was.cure != trouble.cure):
            log.error("credentials_unavailable", cause=str(trouble), cure=trouble.cure)
        if trouble is None and was is not None:
            log.info("credentials_available_again")

    def _tell_forbidden(self, refusal: VaultRefused) -> None:
        if not self._told:
            self._told = True
            cure = "Let the operator prepare Vault again: `callgate up` does so at each start. Until then it is not renewed."
            log.warning("secret_id_not_renewed", status=refusal.status, cure=cure)
