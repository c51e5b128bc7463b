"""The last event of a tenant that a gateway has seen: what it shows to the store with every step."""

from typing import NamedTuple


class Mark(NamedTuple):
    """Number 0: none. `nonce`: 8 bytes, drawn by the gateway whose step it was."""

    number: int = 0
    nonce: bytes = b""
    epoch: int = 0

    @property
    def age(self) -> tuple[int, int]:
        """Greater for later ones."""
        return self.epoch, self.number
