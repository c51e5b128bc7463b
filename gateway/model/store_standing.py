"""How the store stands, as far as its server and its Sentinels tell: what an operator is shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplicaStanding:
    """`lag`: seconds since the primary heard of it. `state`: in the primary's words; `online` where it has all but the latest
    writes."""

    address: str
    state: str
    lag: int

    @property
    def online(self) -> bool:
        return self.state == "online"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStanding:
    """`primary` is the server that the gateway writes to. `sentinels`: what each of them says, by its address.

    `declared`: the operator's statement where durability is declared and was not checked. `wait`: how many replicas must have
    a permission before it is given, and within how many milliseconds.
    """

    release: str
    primary: str
    role: str
    replicas: tuple[ReplicaStanding, ...] = ()
    sentinels: tuple[tuple[str, str], ...] = ()
    declared: str | None = None
    wait: int = 0
    wait_ms: int = 0
    wait_fsynced: bool = False
