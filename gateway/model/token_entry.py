"""A bearer token, as the gateway knows it: by its SHA-256, never by itself."""

from dataclasses import dataclass

from gateway.model.principal import Caller

#: Characters of a digest that name a token among others.
ID_LENGTH = 16

#: The last second of the year 9999: later ones have no form in messages.
LAST_MOMENT = 253_402_300_799.0

#: Of every refusal of a token, whatever was wrong with it.
NO_VALID_TOKEN = "no valid bearer token"  # noqa: S105 - a message


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """`digest` in hex. `expires` and `created` in seconds since the epoch; without `expires` it is valid until it is revoked.
    `creator` is empty for an entry of the principals file."""

    digest: str
    caller: Caller
    expires: float | None = None
    created: float = 0.0
    creator: str = ""

    @property
    def id(self) -> str:
        return self.digest[:ID_LENGTH]
