"""Which Redis and which Vault a home is for. Another Redis lacks the calls that the first has: a key would act again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gateway.embedded.errors import HomeForeign, ServerChanged, SettingRefused
from gateway.embedded.options import ExistingStore, ExistingVault, StackOptions
from gateway.embedded.passed_settings import of_redis, of_vault
from gateway.embedded.state_dir import StateDir, write_private
from gateway.model.config import PREFIX
from gateway.model.redis_place import RedisPlace, redis_place, without_login

_RELEASE, _PACKAGE = "release", "callgate-server"
_URL, _USER, _PASSWORD_FILE = (f"{PREFIX}REDIS_{name}" for name in ("URL", "USER", "PASSWORD_FILE"))


@dataclass(frozen=True, slots=True)
class HomeServers:
    """None stands for the embedded one. `told`: what a person should know of the choice."""

    store: ExistingStore | None
    vault: ExistingVault | None
    told: tuple[str, ...] = ()


def choose_servers(state: StateDir, options: StackOptions) -> HomeServers:
    """Those that are asked for, or else those of the last start. Raises ServerChanged, SettingRefused.

    What the last start was told of the same Redis counts until the operator says otherwise: a start that names it anew must not
    let go of a demand such as CALLGATE_REDIS_WAIT.
    """
    if options.store:
        _place(options.store.url)
    known = _remembered(state)
    if known is None:
        return HomeServers(options.store, options.vault)
    if not options.moved:
        _refuse_other_store(state, options.store, known.store)
        _refuse_other_vault(state, options.vault, known.vault)
    asked = options.store or (ExistingStore(known.store.url) if known.store else None)
    store = _laid_over(asked, known.store, options.passed)
    told = [_told("Redis", _shown(known.store))] if known.store and not options.store else []
    told += _told_settings(store, options.passed) if store else []
    told += [_told("Vault", known.vault.address)] if known.vault and not options.vault else []
    return HomeServers(store, _vault_laid_over(options, known.vault), tuple(told))


def remember_servers(state: StateDir, servers: HomeServers, settings: Mapping[str, str]) -> None:
    """Write them down for the next start, with those of the gateway's settings that tell of them."""
    store = servers.store and {**asdict(servers.store), "settings": of_redis(settings)}
    vault = servers.vault and {**asdict(servers.vault), "settings": of_vault(settings)}
    kept = {"redis": store, "vault": vault, _RELEASE: version(_PACKAGE)}
    write_private(state.servers, json.dumps(kept, indent=2, default=str))


def _remembered(state: StateDir) -> HomeServers | None:
    if not state.servers.exists():
        return None
    kept: Any = None
    try:
        kept = json.loads(state.servers.read_text())
        return HomeServers(_store(kept["redis"]), _vault(kept["vault"]))
    except (ValueError, TypeError, LookupError):
        raise _foreign(state, kept) from None


def _foreign(state: StateDir, kept: Any) -> HomeForeign:
    """Not as this release writes it: to go on without what is in it would begin with an empty Redis beside the full one."""
    release = str(kept.get(_RELEASE, "")) if isinstance(kept, dict) else ""
    return HomeForeign(
        f"{state.servers} cannot be read: {f'release {release}' if release else 'another release'} wrote it",
        cure=f"Start it with the release that made the home; this one is {version(_PACKAGE)}. Or give this one a home of its "
        "own, such as by --home /var/lib/callgate-new. docs/backup-and-upgrade.md tells how releases are changed.",
    )


def _store(kept: dict[str, Any] | None) -> ExistingStore | None:
    if kept is None:
        return None
    password_file = Path(kept["password_file"]) if kept["password_file"] else None
    return ExistingStore(kept["url"], password_file, kept["settings"])


def _vault(kept: dict[str, Any] | None) -> ExistingVault | None:
    """Homes of earlier releases have no settings of Vault."""
    if kept is None:
        return None
    token_file, bound = Path(kept["admin_token_file"]), tuple(kept.get("bound", ()))
    return ExistingVault(kept["address"], token_file, kept.get("settings", {}), bound)


def _vault_laid_over(options: StackOptions, known: ExistingVault | None) -> ExistingVault | None:
    """The Vault that is asked for, with what is remembered of the same one and was not said anew."""
    asked = options.vault
    if asked is None or known is None or not _same_vault(asked, known):
        return asked or known
    return replace(asked, settings=known.settings, bound=asked.bound or known.bound)


def _same_vault(one: ExistingVault, other: ExistingVault) -> bool:
    """One that was remembered by http:// has TLS now."""
    return one.address.rstrip("/").partition("://")[2] == other.address.rstrip("/").partition("://")[2]


def _laid_over(asked: ExistingStore | None, known: ExistingStore | None, passed: Mapping[str, str]) -> ExistingStore | None:
    """The Redis that is asked for, with what is remembered of the same one and was not said anew."""
    if asked is None or known is None or not _same(_place(asked.url), _place(known.url)):
        return asked
    remembered = dict(known.settings)
    if known.password_file:
        remembered[_PASSWORD_FILE] = str(known.password_file)
    kept = {name: text for name, text in remembered.items() if name not in _said(asked, passed)}
    file = asked.password_file or (Path(kept[_PASSWORD_FILE]) if _PASSWORD_FILE in kept else None)
    return replace(asked, password_file=file, settings=kept)


def _said(asked: ExistingStore, passed: Mapping[str, str]) -> set[str]:
    """The settings that options, variables or the address say. An empty variable says that there is none."""
    place = _place(asked.url)
    password = place.password or asked.password_file
    return {_URL, *passed, *([_USER] if place.user else []), *([_PASSWORD_FILE] if password else [])}


def _refuse_other_store(state: StateDir, asked: ExistingStore | None, known: ExistingStore | None) -> None:
    if asked and not (known and _same(_place(asked.url), _place(known.url))):
        raise _changed(state, "Redis", "--redis-url", _shown(known) if known else None)


def _refuse_other_vault(state: StateDir, asked: ExistingVault | None, known: ExistingVault | None) -> None:
    if asked and not (known and _same_vault(asked, known)):
        raise _changed(state, "Vault", "--vault-address", known.address if known else None)


def _changed(state: StateDir, what: str, option: str, known: str | None) -> ServerChanged:
    return ServerChanged(
        f"the home {state.home} is for {f'the {what} at {known}' if known else f'an embedded {what}'}, not for the one that "
        f"{option} names",
        cure=f"Leave {option} out to use that {what} again, or give the other one a home of its own with --home. "
        f"Where it is the same {what} at a new address, or has all its data, add --moved.",
    )


def _told(what: str, place: str) -> str:
    return f"{what}: {place}, as at the last start of this home."


def _told_settings(store: ExistingStore, passed: Mapping[str, str]) -> list[str]:
    """A line with the names of the remembered settings that count."""
    names = ", ".join(sorted(store.settings.keys() - {_URL, *passed}))
    hint = "A variable that is set counts in its place, an empty one, too."
    return [f"{names}: as at the last start of this home. {hint}"] if names else []


def _shown(store: ExistingStore) -> str:
    return without_login(store.url)


def _place(url: str) -> RedisPlace:
    try:
        return redis_place(url)
    except ValueError as error:
        raise SettingRefused(f"--redis-url is malformed: {error}", cure="Write redis://host:port/0.") from None


def _same(one: RedisPlace, other: RedisPlace) -> bool:
    """Login and TLS aside. Sentinels come and go: one in common will do."""
    met = bool(set(one.hosts) & set(other.hosts)) or one.hosts == other.hosts
    aside = {"hosts": (), "user": None, "password": None, "tls": False}
    return met and replace(one, **aside) == replace(other, **aside)  # type: ignore[arg-type]
