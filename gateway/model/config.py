"""What an operator can set, and the only reader of it. Each field is the environment variable CALLGATE_ and its name in
capitals.

An unknown CALLGATE_* variable stops the start: a misspelt setting is a setting that silently is not there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from gateway.model.artifact_settings import ArtifactSettings
from gateway.model.bound_settings import BOUND_PARSERS, BoundSettings
from gateway.model.invocation import RETENTION
from gateway.model.proxy_settings import HostPattern, ProxyRule, ProxySettings, host_patterns, proxy_rules
from gateway.model.redis_settings import CHECKED, RedisSettings
from gateway.model.run import RUN_RETENTION
from gateway.model.vault_settings import NoTls, VaultSettings
from registry.model.tool import LONGEST_RETENTION, SHORTEST_RETENTION
from sandbox.api.job import Network

PREFIX = "CALLGATE_"

#: Settings of the SDK and the CLI, which may stand in the same environment.
OF_CLIENTS = frozenset(
    PREFIX + name for name in ("ADDRESS", "HOME", "ROOT_CERTIFICATES", "TOKEN", "TOKEN_FILE", "RUN_ID", "RUN_MODE", "RECORDING")
)
#: What `compose.yaml` asks the environment for, likewise.
OF_COMPOSE = frozenset(PREFIX + name for name in ("REDIS_IMAGE", "VAULT_IMAGE"))

#: Without these no gateway starts.
REQUIRED = tuple(PREFIX + name for name in ("PRINCIPALS_FILE", "VAULT_ROLE_ID_FILE", "VAULT_SECRET_ID_FILE"))


CURE_OF_MISSING = "Set it. Does `callgate up` run here: name its home with --home or CALLGATE_HOME. Else start `callgate up`."


class ConfigInvalid(Exception):
    """A setting is unknown, malformed, or would open a door that must stay shut. The message names it."""

    cure = "Correct the setting."

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message)
        self.cure = cure or self.cure


class SettingUnknown(ConfigInvalid):
    """`alike`: the settings that may be meant, by their whole names."""

    cure = "Correct the variable's name (gateway/model/config.py has them all), or unset it."

    def __init__(self, message: str, alike: tuple[str, ...]) -> None:
        super().__init__(message)
        self.alike = alike


#: Days.
LONGEST_REVIEW = 36_500

#: Behind all that systemd and the distributions give to accounts and to containers (https://systemd.io/UIDS-GIDS/).
FIRST_BOX_USER = 1_879_048_192
#: Engines refuse larger numbers.
LAST_BOX_USER = 2**31 - 2**16
DOCKER_SOCKET = Path("/run/docker.sock")
FIRST_NICENESS, LAST_NICENESS = -20, 19  # nice(2)
SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT = 0.1, 3600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(BoundSettings):
    principals_file: Path
    """JSON: SHA-256 of a bearer token, in hex, to `{tenant, agent, subject, tools, expires, may_…}`; see docs/principals.md.
    Beside the file, the store has tokens, too. It is read again when it changes, and by SIGHUP."""
    vault_role_id_file: Path
    vault_secret_id_file: Path
    """The gateway's login. The gateway renews it at half its life, and keeps the renewed one in the state directory; what an
    operator writes into this file counts from then on."""
    vault_address: str = "https://127.0.0.1:8200"
    """`https://host:port`, under which boxes reach it, too. Only by TLS: what they read there passes through the gateway."""
    vault_ca_file: Path | None = None
    """The authorities (PEM) that may vouch for Vault, to gateway and boxes, and no others. Read again when it changes. Without
    it, those of the system. Each job with a credential carries it: name one authority, not a bundle of all."""
    vault_namespace: str | None = None
    vault_approle_mount: str = "approle"
    """Where AppRole is mounted below `auth/`."""
    vault_kv_mounts: tuple[str, ...] = ("secret",)
    """Where the key-value engines are mounted that hold upstreams' secrets, comma separated. `callgate up` makes those that are
    not there; `callgate doctor` looks that the gateway can read none of them."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    """`redis://[user[:password]@]host:port/db`, with `rediss://` by TLS; `redis+sentinel://host:port,host:port/SERVICE/db`, or
    `rediss+sentinel://`, where Sentinels know the primary; `unix:///path`."""
    redis_user: str | None = None
    """A user of Redis' access control lists. Without it, the default user."""
    redis_password_file: Path | None = None
    redis_ca_file: Path | None = None
    """The authorities that may sign the servers' certificates. Without it, those of the system."""
    redis_certificate_file: Path | None = None
    redis_key_file: Path | None = None
    """The gateway's own certificate, where Redis asks for one."""
    redis_server_name: str | None = None
    """The name in the servers' certificates. Without it, the address that is connected to; Sentinels mostly tell numbers."""
    redis_sentinel_user: str | None = None
    redis_sentinel_password_file: Path | None = None
    redis_sentinel_tls: bool | None = None
    """Whether Sentinels speak TLS. Without it, as the URL says of the servers."""
    redis_durability: str = CHECKED
    """`declared`: an operator answers for it that the service keeps what it acknowledged, where it does not let CONFIG tell."""
    redis_durability_statement: str | None = None
    """Why, in a sentence; `callgate doctor` shows it."""
    redis_wait: int = 0
    """How many replicas must have a permission to act before it is given (WAIT)."""
    redis_wait_ms: int = 200
    """How long they may take. Where too few have it by then, nothing is sent, and the call is tried again."""
    redis_wait_fsynced: bool = False
    """Whether these replicas, and the primary, must have it on their disks (WAITAOF; Valkey, or Redis 7.2)."""
    redis_erase_hours: float = 24.0
    """After how many hours what was deleted is gone from Redis' append-only file, too: so old does a gateway let it become, and
    then asks Redis to rewrite it (BGREWRITEAOF). 0: never."""
    listen: str = "127.0.0.1:7443"
    """`host:port` or `unix:PATH`. Anything but loopback or a Unix socket needs a certificate."""
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    run_dir: Path = Path("/run/callgate")
    """Where boxes' sockets lie. The same path on the engine's host, where the gateway runs in a container."""
    state_dir: Path | None = None
    """Where the gateway keeps what must outlive it: ends that Redis could not take, and how far Redis had come. A directory for
    one Redis: with another one, what the first had would seem lost. Without it, both are only known while the gateway runs."""
    docker_socket: Path = DOCKER_SOCKET
    pool_size: int = 4
    """The least number of boxes that wait, started and connected. Up to twice as many wait where calls come often."""
    first_box_user: int = FIRST_BOX_USER
    """Boxes run as users of this host from this number up, which no account may have: 32 for each gateway of the run directory.
    Where Docker has user namespaces (userns-remap), they lie in its range of /etc/subuid, behind the first; `callgate doctor`
    looks."""
    private_networks: tuple[Network, ...] = ()
    """Private or loopback networks that upstreams may lie in, comma separated. Cloud metadata is refused all the same."""
    niceness: int = -10
    """The gateway's nice value, -20 to 19 (nice(2)): where boxes are made by the same processors, it comes first. 0 leaves what
    it was started with. A value below 0 needs root or CAP_SYS_NICE; without, the gateway says so and goes on."""
    ca_file: Path | None = None
    """Authorities (PEM) that may vouch for upstreams, beside the system's own. Read again when it changes, for boxes that wait,
    too. Each request by https carries it: name your own authorities, not a bundle of all. Vault has a setting of its own."""
    proxy: tuple[ProxyRule, ...] = ()
    """The HTTP proxy by which upstreams are reached: `http://host:port`. Comma separated, `PATTERN=http://host:port` names
    another one for some hosts; a pattern is written as in CALLGATE_NO_PROXY. Vault, Redis and telemetry are reached without."""
    no_proxy: tuple[HostPattern, ...] = ()
    """The hosts that are reached without it, comma separated: a name, `.example` for all below it, an address, a network, or
    `*`; each with `:port` behind it or none. A network is of addresses in URLs: names are not resolved for it."""
    proxy_login_file: Path | None = None
    """A line `host:port user:password` for each proxy that wants a login; where there is one proxy, `user:password` alone. Read
    again when it changes."""
    search_model: Path | None = None
    """A directory with a model of sentences (`model.onnx`, and `tokenizer.json` or `vocab.txt`), such as all-MiniLM-L6-v2: then
    a search finds tools by what they mean, too, and not by their words alone. See docs/search.md."""
    artifacts_store: str | None = None
    """Where large answers and files are kept: the absolute path of a directory, which is the gateway's alone, or
    `s3://BUCKET/PREFIX`. Without it there are none, and what is over a tool's bound is refused."""
    artifacts_bytes: int = 256 << 20
    """Of one artifact."""
    artifacts_call_bytes: int = 1024 << 20
    """Of all artifacts that one call reads and writes."""
    artifacts_hours: float = 24.0
    """For how long an artifact is kept. It is never in Redis."""
    artifacts_s3_endpoint: str | None = None
    """The URL of the service that speaks S3. Without it, AWS' own."""
    artifacts_s3_region: str | None = None
    """The region of the bucket. Without it, as AWS' tools find it."""
    artifacts_s3_credentials_file: Path | None = None
    """A line with the id of an access key and its secret, a blank between. Without it, as AWS' tools find them."""
    calls_at_once: int = 64
    """For each tenant."""
    catalog_owner: str | None = None
    """The tenant that owns toolsets that were imported before they had owners. Written down once. Without it: the one tenant of
    the principals file that may import, if there is no other."""
    self_promotion: frozenset[str] = frozenset()
    """The tenants, comma separated, in which who imported a version may promote it, too: those of one person."""
    secret_prefixes: tuple[tuple[str, str], ...] | None = None
    """`TENANT=PREFIX`, comma separated, any number for each tenant: below which paths in Vault its toolsets may name secrets. A
    tenant that is not named has none. Without the setting, every tenant may name every secret."""
    review_days: float = 0.0
    """Days after which an undecided review ends, which goes on record: the outcome stays what it is. 0: never."""
    key_retention_reads: float = 3600.0
    """Seconds after its end for which the key of a call is known that cannot act (READ, PURE). A manifest may say otherwise."""
    key_retention_acts: float = RETENTION
    """The same for all other calls: the longest time after which an agent may be resumed, and not act a second time."""
    run_retention: float = RUN_RETENTION
    """Seconds for which a run is kept after its end; and one that has not ended, after its last save or call."""
    drain_seconds: float = 30.0
    """How long calls under way may take once the gateway is told to stop."""
    heartbeat_seconds: float = 15.0
    """After how long a silence a watched invocation's stream carries a heartbeat: less than the shortest idle limit of the
    proxies between callers and gateway. 0.1 to 3600."""
    reflection: bool = False
    """Whether gRPC reflection answers: it tells every client with a connection what the API looks like."""

    def __post_init__(self) -> None:
        if bool(self.tls_certificate_file) != bool(self.tls_key_file):
            raise ConfigInvalid("CALLGATE_TLS_CERTIFICATE_FILE and CALLGATE_TLS_KEY_FILE belong together: set both")
        if not (self.tls_certificate_file or is_local(self.listen)):
            raise ConfigInvalid(
                f"CALLGATE_LISTEN={self.listen} would send bearer tokens in the clear: set a certificate, or listen on loopback"
            )
        if self.pool_size < 1 or self.calls_at_once < 1:
            raise ConfigInvalid("CALLGATE_POOL_SIZE and CALLGATE_CALLS_AT_ONCE must be at least 1")
        if not FIRST_NICENESS <= self.niceness <= LAST_NICENESS:
            raise ConfigInvalid(f"CALLGATE_NICENESS must be from {FIRST_NICENESS} (comes first) to {LAST_NICENESS}")
        if not 0 < self.first_box_user <= LAST_BOX_USER:
            raise ConfigInvalid(f"CALLGATE_FIRST_BOX_USER must be from 1 to {LAST_BOX_USER}: 0 is root")
        if not 0 <= self.review_days <= LONGEST_REVIEW:
            raise ConfigInvalid(f"CALLGATE_REVIEW_DAYS must be from 0 (a review never expires) to {LONGEST_REVIEW} days")
        if not SHORTEST_HEARTBEAT <= self.heartbeat_seconds <= LONGEST_HEARTBEAT:
            raise ConfigInvalid(f"CALLGATE_HEARTBEAT_SECONDS must be from {SHORTEST_HEARTBEAT} to {LONGEST_HEARTBEAT}")
        for name, what in (("key_retention_reads", "call"), ("key_retention_acts", "call"), ("run_retention", "run")):
            if not SHORTEST_RETENTION <= getattr(self, name) <= LONGEST_RETENTION:
                allowed = f"{SHORTEST_RETENTION:.0f} to {LONGEST_RETENTION:.0f} seconds"
                raise ConfigInvalid(f"{PREFIX}{name.upper()} must be {allowed}: Redis keeps each {what} for so long")
        if self.proxy_login_file and not self.proxy:
            raise ConfigInvalid("CALLGATE_PROXY_LOGIN_FILE is set, and CALLGATE_PROXY is not: name the proxy, too")
        _ = self.redis, self.vault, self.artifacts
        self._check_bounds()

    @property
    def vault(self) -> VaultSettings:
        """Raises ConfigInvalid."""
        try:
            return VaultSettings(**{field.name: getattr(self, f"vault_{field.name}") for field in fields(VaultSettings)})
        except NoTls as error:
            raise ConfigInvalid(str(error), cure=error.cure) from None
        except ValueError as error:
            raise ConfigInvalid(str(error)) from None

    @property
    def proxies(self) -> ProxySettings:
        return ProxySettings(self.proxy, self.no_proxy)

    @property
    def artifacts(self) -> ArtifactSettings:
        """Raises ConfigInvalid."""
        try:
            names = (field.name for field in fields(ArtifactSettings))
            return ArtifactSettings(**{name: getattr(self, f"artifacts_{name}") for name in names})
        except ValueError as error:
            raise ConfigInvalid(str(error)) from None

    def _check_bounds(self) -> None:
        try:
            _ = self.ceilings, self.quotas
        except ValueError as error:
            raise ConfigInvalid(str(error)) from None

    @property
    def redis(self) -> RedisSettings:
        """Raises ConfigInvalid."""
        try:
            return RedisSettings(**{field.name: getattr(self, f"redis_{field.name}") for field in fields(RedisSettings)})
        except ValueError as error:
            raise ConfigInvalid(str(error)) from None


def is_local(listen: str) -> bool:
    """Whether only this machine can connect."""
    host = listen.rpartition(":")[0].strip("[]")
    if listen.startswith("unix:") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part) for part in _names(text))


def _prefixes(text: str) -> tuple[tuple[str, str], ...]:
    """Raises ValueError where one has no `=`, or nothing on one side of it."""
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    if not all(tenant and sign and prefix.strip("/") for tenant, sign, prefix in pairs):
        raise ValueError("a prefix is not written as TENANT=PREFIX")
    return tuple((tenant, prefix) for tenant, _, prefix in pairs)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text]


#: All others are paths.
_PARSERS: dict[str, Callable[[str], Any]] = {
    **BOUND_PARSERS,
    "pool_size": int,
    "first_box_user": int,
    "niceness": int,
    "calls_at_once": int,
    "review_days": float,
    "drain_seconds": float,
    "heartbeat_seconds": float,
    "key_retention_reads": float,
    "key_retention_acts": float,
    "run_retention": float,
    "private_networks": _networks,
    "proxy": proxy_rules,
    "no_proxy": host_patterns,
    "catalog_owner": str,
    "self_promotion": lambda text: frozenset(_names(text)),
    "secret_prefixes": _prefixes,
    "reflection": _boolean,
    **dict.fromkeys(("vault_address", "vault_namespace", "vault_approle_mount"), str),
    "vault_kv_mounts": _names,
    **dict.fromkeys(("redis_url", "redis_user", "redis_server_name", "redis_sentinel_user"), str),
    **dict.fromkeys(("redis_durability", "redis_durability_statement"), str),
    **dict.fromkeys(("redis_sentinel_tls", "redis_wait_fsynced"), _boolean),
    **dict.fromkeys(("redis_wait", "redis_wait_ms"), int),
    **dict.fromkeys(("redis_erase_hours", "artifacts_hours"), float),
    **dict.fromkeys(("artifacts_store", "artifacts_s3_endpoint", "artifacts_s3_region"), str),
    **dict.fromkeys(("artifacts_bytes", "artifacts_call_bytes"), int),
    "listen": str,
}


def load(environ: Mapping[str, str]) -> Config:
    """The configuration. Raises ConfigInvalid."""
    given = gateway_settings(environ)
    for name in REQUIRED:
        if not given.get(name):
            raise ConfigInvalid(f"{name} is not set", cure=CURE_OF_MISSING)
    named = {name.removeprefix(PREFIX).lower(): text for name, text in given.items() if text}
    return Config(**{name: _parse(name, text) for name, text in named.items()})


def gateway_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The gateway's own variables among these, by their whole names. Raises ConfigInvalid where one is unknown."""
    given = {name: text for name, text in environ.items() if name.startswith(PREFIX) and name not in OF_CLIENTS | OF_COMPOSE}
    names = {PREFIX + field.name.upper() for field in fields(Config)}
    for name in sorted(given.keys() - names):
        alike = tuple(get_close_matches(name, sorted(names), n=3, cutoff=0.75))
        meant = f"; did you mean {', '.join(alike)}?" if alike else ""
        raise SettingUnknown(f"{name} is not a setting{meant}", alike)
    return given


def _parse(name: str, text: str) -> Any:
    try:
        return _PARSERS.get(name, Path)(text)
    except ValueError as error:
        if name == "proxy":  # not repeated: it may hold a password
            raise ConfigInvalid(f"{PREFIX}{name.upper()} is malformed: {error}") from None
        raise ConfigInvalid(f"{PREFIX}{name.upper()}={text!r} is malformed") from error
    except KeyError as error:
        raise ConfigInvalid(f"{PREFIX}{name.upper()}={text!r} is malformed") from error
