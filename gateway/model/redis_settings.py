"""All that an operator can say of Redis, in one value: where it is, how to log in, what to demand of it."""

from dataclasses import dataclass
from pathlib import Path

from gateway.model.redis_place import RedisPlace, redis_place

CHECKED, DECLARED = "checked", "declared"

#: Milliseconds: a box that may send waits for this, and its caller with it.
LONGEST_WAIT = 2000
#: Hours: a year.
LONGEST_ERASURE = 8760


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """Each field is the setting CALLGATE_REDIS_ and its name, and told at its namesake in `gateway.model.config`.

    Raises ValueError with the name of the setting that is wrong.
    """

    url: str = "redis://127.0.0.1:6379/0"
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    server_name: str | None = None
    sentinel_user: str | None = None
    sentinel_password_file: Path | None = None
    sentinel_tls: bool | None = None
    durability: str = CHECKED
    durability_statement: str | None = None
    wait: int = 0
    wait_ms: int = 200
    wait_fsynced: bool = False
    erase_hours: float = 24.0

    def __post_init__(self) -> None:
        place = self.place
        _check_tls(self, place)
        if place.service == "" and (self.sentinel_user or self.sentinel_password_file or self.sentinel_tls is not None):
            raise ValueError("CALLGATE_REDIS_SENTINEL_… are for redis+sentinel://…, and CALLGATE_REDIS_URL names no Sentinel")
        _check_login(self, place)
        _check_demands(self)

    @property
    def place(self) -> RedisPlace:
        try:
            return redis_place(self.url)
        except ValueError as error:
            raise ValueError(f"CALLGATE_REDIS_URL is malformed: {error}") from None

    @property
    def tls_to_sentinels(self) -> bool:
        return self.place.tls if self.sentinel_tls is None else self.sentinel_tls

    @property
    def declared(self) -> str | None:
        """The operator's word that Redis keeps what it acknowledges, where CONFIG does not tell."""
        return self.durability_statement if self.durability == DECLARED else None


def _check_tls(settings: RedisSettings, place: RedisPlace) -> None:
    if bool(settings.certificate_file) != bool(settings.key_file):
        raise ValueError("CALLGATE_REDIS_CERTIFICATE_FILE and CALLGATE_REDIS_KEY_FILE belong together: set both")
    named = settings.ca_file or settings.certificate_file or settings.server_name
    if named and not (place.tls or settings.tls_to_sentinels):
        raise ValueError(
            "CALLGATE_REDIS_CA_FILE, …_CERTIFICATE_FILE and …_SERVER_NAME are for TLS, and CALLGATE_REDIS_URL asks for none: "
            "write rediss:// or rediss+sentinel://"
        )


def _check_login(settings: RedisSettings, place: RedisPlace) -> None:
    """One source for each of user and password: with two, an operator changes the one that does not count."""
    if place.user and settings.user:
        raise ValueError("CALLGATE_REDIS_URL and CALLGATE_REDIS_USER both name a user: leave one out")
    if place.password and settings.password_file:
        raise ValueError("CALLGATE_REDIS_URL and CALLGATE_REDIS_PASSWORD_FILE both give a password: leave it out of the URL")
    if (place.user or settings.user) and not (place.password or settings.password_file):
        raise ValueError("CALLGATE_REDIS_USER needs CALLGATE_REDIS_PASSWORD_FILE")
    if settings.sentinel_user and not settings.sentinel_password_file:
        raise ValueError("CALLGATE_REDIS_SENTINEL_USER needs CALLGATE_REDIS_SENTINEL_PASSWORD_FILE")


def _check_demands(settings: RedisSettings) -> None:
    if not 0 <= settings.erase_hours <= LONGEST_ERASURE:
        raise ValueError(f"CALLGATE_REDIS_ERASE_HOURS is a number of hours up to {LONGEST_ERASURE:,}, or 0 for never")
    if settings.durability not in {CHECKED, DECLARED}:
        raise ValueError(f"CALLGATE_REDIS_DURABILITY is {CHECKED} or {DECLARED}")
    if (settings.durability == DECLARED) != bool(settings.durability_statement):
        raise ValueError(
            f"CALLGATE_REDIS_DURABILITY={DECLARED} and CALLGATE_REDIS_DURABILITY_STATEMENT belong together: "
            "say why the service keeps what it acknowledged"
        )
    if settings.wait < 0 or not 0 < settings.wait_ms <= LONGEST_WAIT:
        raise ValueError(f"CALLGATE_REDIS_WAIT is a number of replicas, CALLGATE_REDIS_WAIT_MS is between 1 and {LONGEST_WAIT}")
    if settings.wait_fsynced and not settings.wait:
        raise ValueError("CALLGATE_REDIS_WAIT_FSYNCED needs CALLGATE_REDIS_WAIT: how many replicas must have written it")
