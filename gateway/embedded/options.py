"""What an operator says of a stack: which servers are there already, and what the gateway shall be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ExistingStore:
    """A Redis that runs already. `settings`: the CALLGATE_REDIS_* variables with which its home was last started."""

    url: str
    password_file: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExistingVault:
    """A Vault that runs already, and the token of one who may prepare it. `settings`: as those of a store, CALLGATE_VAULT_*.

    `bound`: the networks (CIDR) from which the gateway will log in; without any, it may from anywhere.
    """

    address: str
    admin_token_file: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    bound: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    listen: str = "127.0.0.1:7443"
    pool_size: int = 4
    private_networks: tuple[str, ...] = ()
    docker_socket: Path = Path("/run/docker.sock")
    gateway_image: str | None = None
    store: ExistingStore | None = None
    """None: the one that the home remembers, or else an embedded one. So is it with `vault`."""
    store_memory: int | None = None
    """Bytes that an embedded Redis' data may take; None: a quarter of the machine's memory, and at least 1 GiB."""
    vault: ExistingVault | None = None
    moved: bool = False
    """The operator's word that `store` and `vault`, where they are other ones than the home remembers, have its data."""
    passed: Mapping[str, str] = field(default_factory=dict)
    """CALLGATE_* variables of the operator's, by their whole names, for the gateway."""
