"""All that an operator can say of Vault, in one value: where it is, who vouches for it, and what of it is Callgate's."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

#: A mount's or a namespace's path: plain names, so that no policy and no header takes it for anything else.
_PATH = re.compile(r"[A-Za-z0-9_.-]++(?:/[A-Za-z0-9_.-]++)*+")


#: The name of the gateway's AppRole, and of its policy.
GATEWAY_ROLE = "callgate-gateway"


class NoTls(ValueError):
    """Vault would be spoken to in the clear. There is no switch that permits it."""

    cure = (
        "Let Vault serve TLS, write its address as https://…, and name the authority of its certificate by "
        "CALLGATE_VAULT_CA_FILE: docs/secrets.md."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSettings:
    """Each field is the setting CALLGATE_VAULT_ and its name, and told at its namesake in `gateway.model.config`.

    Raises ValueError with the name of the setting that is wrong.
    """

    address: str = "https://127.0.0.1:8200"
    ca_file: Path | None = None
    namespace: str | None = None
    approle_mount: str = "approle"
    kv_mounts: tuple[str, ...] = ("secret",)

    def __post_init__(self) -> None:
        _check_address(self.address)
        names = {"NAMESPACE": (self.namespace,), "APPROLE_MOUNT": (self.approle_mount,), "KV_MOUNTS": self.kv_mounts or ("",)}
        for name, paths in names.items():
            if any(path is not None and not _is_plain(path) for path in paths):
                allowed = "names of letters, digits, `_`, `.` and `-`, joined by single slashes"
                raise ValueError(f"CALLGATE_VAULT_{name} must be {allowed}")

    @property
    def login_path(self) -> str:
        return f"auth/{self.approle_mount}/login"

    @property
    def gateway_role(self) -> str:
        """Vault's path of the gateway's AppRole."""
        return f"auth/{self.approle_mount}/role/{GATEWAY_ROLE}"

    @property
    def cure_of_login(self) -> str:
        return (
            f"Make a new secret_id (`bao write -f {self.gateway_role}/secret-id`, or start `callgate up` once), and write it "
            "into the file that CALLGATE_VAULT_SECRET_ID_FILE names. The gateway reads it at each login: no restart is needed."
        )


def _check_address(address: str) -> None:
    """The address is not repeated: it may hold a password."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError("CALLGATE_VAULT_ADDRESS is malformed: write https://host:port") from None
    if parts.scheme == "http":
        raise NoTls("CALLGATE_VAULT_ADDRESS begins with http://: what boxes read of Vault would pass the gateway in the clear")
    beyond = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme != "https" or not parts.hostname or beyond:
        raise ValueError("CALLGATE_VAULT_ADDRESS must be https://host:port, and nothing beyond")


def _is_plain(path: str) -> bool:
    return bool(_PATH.fullmatch(path)) and all(part.strip(".") for part in path.split("/"))
