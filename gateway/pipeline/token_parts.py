"""What obtains tokens in boxes, for calls and for people who connect."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from gateway.records.tokens.connections import Connections
from gateway.records.tokens.protocol import TokenStates
from gateway.secrets.credentials import Credentials
from gateway.secrets.vault_reach import VaultReach
from sandbox.api.job import Egress
from sandbox.api.ports import Pool


@dataclass(frozen=True, slots=True)
class TokenParts:
    """`egress_of`: what a box may reach for an endpoint's URL. `authorities`: whom it believes beside the system's own."""

    pool: Pool
    credentials: Credentials
    states: TokenStates
    connections: Connections
    _: KW_ONLY
    vault: VaultReach
    egress_of: Callable[[str], Egress]
    authorities: Callable[[], str] = str
