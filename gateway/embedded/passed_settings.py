"""The operator's CALLGATE_* variables, on their way to the gateway of a stack.

What the stack decides itself cannot be said by a variable, too: of two words, one would silently not count.
"""

from collections.abc import Mapping
from pathlib import Path

from gateway.embedded.errors import SettingRefused
from gateway.model.config import PREFIX, REQUIRED, ConfigInvalid, load
from gateway.model.vault_settings import VaultSettings

_REDIS, _VAULT = f"{PREFIX}REDIS_", f"{PREFIX}VAULT_"
#: What an operator may say of the embedded one, too.
_OF_ANY_REDIS = (f"{_REDIS}ERASE_HOURS",)
_HOME = "Unset the variable: the file or directory lies in the home, which --home names."

#: These lie in the home, whatever Vault it is.
_OF_LOGIN = (f"{PREFIX}VAULT_ROLE_ID_FILE", f"{PREFIX}VAULT_SECRET_ID_FILE")

#: How an operator says what the stack decides.
OPTIONS = {
    f"{PREFIX}{name}": option
    for name, option in {
        "LISTEN": "--listen",
        "POOL_SIZE": "--pool-size",
        "PRIVATE_NETWORKS": "--allow-private",
        "REDIS_URL": "--redis-url",
        "REDIS_PASSWORD_FILE": "--redis-password-file",
        "VAULT_ADDRESS": "--vault-address",
    }.items()
}

_OF_THE_WHOLE = "Correct the variable or option. Where the home remembers the setting, an empty variable takes it back."
_SERVE_TLS = "Unset it, or run the gateway by itself: docs/running-a-gateway.md."


def with_absolute_paths(passed: Mapping[str, str]) -> dict[str, str]:
    """The same, to be read from any directory."""
    return {name: str(Path(text).absolute()) if text and _is_path(name) else text for name, text in passed.items()}


def check_passed(passed: Mapping[str, str], decided: Mapping[str, str], *, own_redis: bool, own_vault: bool) -> None:
    """Refuse what would not count, or not work. `own_…`: the server is the operator's, not an embedded one.

    Raises SettingRefused with the name of the variable.
    """
    for name in sorted(name for name, text in passed.items() if text):
        if not own_redis and name.startswith(_REDIS) and name not in _OF_ANY_REDIS:
            raise SettingRefused(
                f"{name} is set, and the Redis of this stack is an embedded one",
                cure="Name your own with --redis-url, or unset the variable.",
            )
        if not own_vault and name.startswith(_VAULT) and name not in _OF_LOGIN:
            raise SettingRefused(
                f"{name} is set, and the Vault of this stack is an embedded one",
                cure="Name your own with --vault-address, or unset the variable.",
            )
        if passed[name] != decided.get(name, passed[name]):
            cure = f"Unset the variable, and say it by {OPTIONS[name]}." if name in OPTIONS else _HOME
            raise SettingRefused(f"{name} is set, and `callgate up` decides it otherwise", cure=cure)
        if name.startswith(f"{PREFIX}TLS_"):
            raise SettingRefused(f"{name} is set, and `callgate up` serves this machine only, without TLS", cure=_SERVE_TLS)
        if name.endswith("_FILE") and not Path(passed[name]).is_file():
            raise SettingRefused(f"{name} names a file that is not there: {passed[name]}", cure="Correct the path.")


def check_whole(settings: Mapping[str, str]) -> None:
    """Read the settings as the gateway will. Raises SettingRefused."""
    try:
        load(settings)
    except ConfigInvalid as error:
        cure = _OF_THE_WHOLE if error.cure == ConfigInvalid.cure else error.cure
        raise SettingRefused(str(error), cure=cure) from None


def of_redis(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in settings.items() if name.startswith(_REDIS)}


def of_vault(settings: Mapping[str, str]) -> dict[str, str]:
    """Those that tell of the Vault itself, and not of the gateway's login."""
    return {name: text for name, text in settings.items() if name.startswith(_VAULT) and name not in _OF_LOGIN}


def vault_settings(settings: Mapping[str, str]) -> VaultSettings:
    """How Vault is reached by a gateway with these settings. Raises SettingRefused."""
    try:
        return load({**dict.fromkeys(REQUIRED, "-"), **of_vault(settings)}).vault
    except ConfigInvalid as error:
        raise SettingRefused(str(error), cure=error.cure) from None


def _is_path(name: str) -> bool:
    return name.endswith(("_FILE", "_DIR", "_SOCKET"))
