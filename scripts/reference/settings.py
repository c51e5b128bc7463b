"""docs/reference/settings.md, of the fields of `Config`: each setting, its default, and what it means."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from gateway.model.ceilings import Ceilings
from gateway.model.config import OF_CLIENTS, OF_COMPOSE, PREFIX, Config
from gateway.model.quotas import Quotas
from scripts.reference.markdown import REPOSITORY, Unsaid, code, field_texts, head, paragraph, sentence, table

MODEL = REPOSITORY / "gateway" / "model"
SOURCES = ("gateway/model/config.py", "gateway/model/ceilings.py", "gateway/model/quotas.py")
OF_BOUNDS = {"ceiling": (Ceilings, "ceilings.py"), "quota": (Quotas, "quotas.py")}

#: Of fields of which the code says nothing, because their names say most of it, or says it of a neighbour too.
SAID = {
    "vault_role_id_file": "A file with the role_id of the gateway's AppRole. `callgate up` writes it, as `vault-role-id`.",
    "vault_namespace": "The namespace of Vault in which role, tokens and secrets lie. Without it, the root.",
    "redis_user": "A user of Redis' access control lists. Without it, the default user.",
    "redis_password_file": "A file with the password of that user. A password in the URL counts as well, and more "
    "people see it.",
    "redis_certificate_file": "The gateway's own certificate (PEM), where Redis asks for one. It belongs with the key's file.",
    "redis_key_file": "The key of that certificate.",
    "calls_at_once": "How many calls a tenant may have under way at one time, at each gateway.",
    "redis_sentinel_user": "The user with which the gateway asks Sentinels. Without it, their default user.",
    "redis_sentinel_password_file": "A file with the Sentinels' password, where they have one.",
    "tls_certificate_file": "The certificate (PEM) that the gateway shows to callers. It belongs with the key's file.",
    "tls_key_file": "The key of that certificate. SIGHUP reads both again, so a renewed one needs no restart.",
    "docker_socket": "The Unix socket of the container engine, on the gateway's own host.",
    "ceiling_attempts": "How often a call may be tried (`limits.max_attempts`).",
    "ceiling_request_bytes": "Of one request to an upstream (`limits.request_bytes`).",
    "ceiling_response_bytes": "Of one answer of an upstream (`limits.response_bytes`).",
    "ceiling_memory_bytes": "The memory of one container tool's box.",
    "ceiling_cpus": "The processors of one container tool's box.",
    "ceiling_processes": "How many processes a container tool may have at one time.",
    "ceiling_scratch_bytes": "The size of a container tool's directory in memory, its only writable place.",
    "ceiling_egress_bytes": "What all connections of a container tool's call may carry, each way.",
}
#: A page, as the code names it.
PAGE = re.compile(r"\bdocs/([\w-]+\.md)")
#: Of programs beside the gateway.
OF_OTHERS = {
    "ADDRESS": "Where the gateway is: `host:port`, `unix:PATH`, or several of them with commas between. Read by SDK "
    "and command line. Without it, and where the token is that of the home, the address of the home's gateway.",
    "HOME": "The home of `callgate up`, where `--home` names none.",
    "ROOT_CERTIFICATES": "The authorities (PEM) that may vouch for the gateway. Needed for all but loopback and Unix sockets.",
    "TOKEN": "The bearer token itself. A file is safer: an environment is shown to every process of the same user.",
    "TOKEN_FILE": "A file with the bearer token.",
    "RUN_ID": "The run that calls belong to; `callgate run` sets it for the program that it starts.",
    "RUN_MODE": "Whether that run records or replays; likewise.",
    "RECORDING": "The name of its recording; likewise.",
    "REDIS_IMAGE": "The image of Redis in `compose.yaml`.",
    "VAULT_IMAGE": "The image of Vault in `compose.yaml`.",
}
GROUPS = {
    "The gateway": "",
    "Vault": "vault_",
    "Redis": "redis_",
    "Artifacts": "artifacts_",
    "Ceilings": "ceiling_",
    "Quotas": "quota_",
}
INTRODUCTIONS = {
    "The gateway": "Where it listens, whom it lets in, its boxes, and how long it remembers.",
    "Vault": "Where the upstreams' secrets are, and the gateway's own login. [Vault and secrets](../secrets.md) tells "
    "how to set it up.",
    "Redis": "Where the records are. [Running Redis](../running-redis.md) tells how to set it up.",
    "Artifacts": "Where large answers and files are kept, and how large they may be. "
    "[Large answers and files](../artifacts.md) tells what they are. Sizes are in bytes.",
    "Ceilings": "What a manifest may ask for, at most. Who imports decides what is in a manifest; a ceiling says what "
    "a host can bear. "
    "A value beyond one is refused at the import, by its name, and a version that was imported before is refused at "
    "its call. Times "
    "are in seconds, sizes in bytes.",
    "Quotas": "How much a tenant may keep in Redis, which all tenants share, and of artifacts. What would be beyond is "
    "refused with `QUOTA_EXCEEDED` and what to delete; `callgate doctor` shows how much of each is used.",
}


def settings() -> tuple[Field[Any], ...]:
    return fields(Config)


def texts() -> dict[str, str]:
    """What each setting means, of those that are told anywhere."""
    told = field_texts(MODEL / "config.py", "Config")
    for prefix, (bounds, file) in OF_BOUNDS.items():
        told |= {f"{prefix}_{name}": text for name, text in field_texts(MODEL / file, bounds.__name__).items()}
    return {name: PAGE.sub(r"[\1](../\1)", text) for name, text in (told | SAID).items()}


def documented() -> float:
    """The share of settings that the page tells of."""
    told = texts()
    return sum(setting.name in told for setting in settings()) / len(settings())


def page() -> str:
    introduction = (
        "Each setting of a gateway is a variable of its environment. An unknown `CALLGATE_*` variable stops the "
        "start: a misspelt "
        "setting is one that silently is not there. `callgate up` hands those of its own environment on, and refuses "
        "those that "
        "would not count."
    )
    parts = [head("Settings", "scripts/reference/settings.py", SOURCES, introduction)]
    parts += [_group(title, prefix) for title, prefix in GROUPS.items()]
    return "\n".join([*parts, _beside()])


def _group(title: str, prefix: str) -> str:
    others = tuple(other for other in GROUPS.values() if other)
    own = [one for one in settings() if one.name.startswith(prefix or "") and (prefix or not one.name.startswith(others))]
    rows = table(("Setting", "Default", "Form", "Meaning"), _rows(own))
    return f"## {title}\n\n{paragraph(INTRODUCTIONS[title])}\n\n{rows}"


def _rows(own: list[Field[Any]]) -> Iterator[tuple[str, str, str, str]]:
    told, hints = texts(), get_type_hints(Config)
    for setting in own:
        if setting.name not in told:
            raise Unsaid(setting.name)
        form = _form(setting.name, hints[setting.name])
        yield code(PREFIX + setting.name.upper()), _default(setting), form, sentence(told[setting.name])


def _form(name: str, hint: Any) -> str:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    first = kinds[0]
    if first in (int, float, bool, Path):
        return {int: "whole number", float: "number", bool: "`true`, `false`", Path: "path"}[first]
    return "text" if first is str else "list, with commas"


def _default(setting: Field[Any]) -> str:
    if setting.default is MISSING:
        return "**must be set**"
    value = setting.default
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, tuple | frozenset):
        return code(",".join(map(str, value))) or "none"
    return code(str(value)) if value is not None else "none"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _beside() -> str:
    """The variables that are not the gateway's own, and may stand in the same environment."""
    rows = [(code(name), sentence(OF_OTHERS[name.removeprefix(PREFIX)])) for name in sorted(OF_CLIENTS | OF_COMPOSE)]
    said = paragraph("A gateway passes over these: they are of the SDK, the command line and `compose.yaml`.")
    standard = paragraph(
        "Of the standard variables, the gateway reads those of OpenTelemetry: it exports traces and the pool's figures where "
        "`OTEL_EXPORTER_OTLP_ENDPOINT` says, by gRPC. Without it, nothing is exported."
    )
    return f"## Settings of others\n\n{said}\n\n{table(('Variable', 'Meaning'), rows)}\n{standard}\n"
