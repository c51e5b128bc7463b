"""Draft → ToolVersion: digests, version numbers, references, and the bytes that lie on the shelf."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import orjson

from registry.errors import ReferenceInvalid
from registry.tool import (
    Body,
    Condition,
    Container,
    CredentialBinding,
    Delivery,
    Draft,
    Effect,
    Fallback,
    JsonObject,
    Limits,
    Operation,
    Parameter,
    Part,
    Place,
    Probe,
    Retry,
    Runtime,
    ToolVersion,
    UpstreamKey,
)

FIRST = "1.0.0"
_REFERENCE = re.compile(
    r"(?P<name>[a-zA-Z0-9_-]{1,64})(?:@(?:(?P<digest>sha256:[0-9a-f]{64})|(?P<version>(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2})))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` alone means the newest version; at most one of `version` and `digest` is set."""

    name: str
    version: str | None = None
    digest: str | None = None


def parse_reference(text: str) -> Reference:
    """`name`, `name@1.0.0` or `name@sha256:` and 64 hex digits. Raises ReferenceInvalid."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ReferenceInvalid("the tool reference is malformed")
    return Reference(match["name"], match["version"], match["digest"])


def digest_of(draft: Draft) -> str:
    """`sha256:` and the hex SHA-256 of the whole draft as JSON.

    The bytes are orjson's: fields in the order of their declaration, keys of schemas sorted, no white space. Stable for equal
    drafts, but not RFC 8785, so nobody but this function can be expected to recompute it.
    """
    return "sha256:" + hashlib.sha256(orjson.dumps(draft, option=orjson.OPT_SORT_KEYS)).hexdigest()


def succeed(draft: Draft, newest: ToolVersion | None) -> ToolVersion:
    """The version that `draft` is, after `newest`: `newest` itself where the digests are equal.

    Until versions are compared part by part, every change counts as breaking: it gets the next major number.
    """
    digest = digest_of(draft)
    if newest is not None and newest.digest == digest:
        return newest
    number = FIRST if newest is None else f"{int(newest.version.split('.')[0]) + 1}.0.0"
    return ToolVersion(draft, number, digest)


def encode(version: ToolVersion) -> bytes:
    """The shelf's form. Properties keep their order, which is the order in which a model reads them."""
    return orjson.dumps(version)


def decode(shelved: bytes) -> ToolVersion:
    """What `encode` wrote, equal in every field."""
    stored = orjson.loads(shelved)
    return ToolVersion(_draft(stored["draft"]), stored["version"], stored["digest"])


def _draft(stored: JsonObject) -> Draft:
    return Draft(
        **stored
        | {
            "operation": _operation(stored["operation"]),
            "effect": Effect(stored["effect"]),
            "credential": _credential(stored["credential"]),
            "limits": Limits(**stored["limits"]),
            "runtime": Runtime(stored["runtime"]),
            "container": _container(stored["container"]),
            "retry": Retry(**stored["retry"]),
            "upstream_key": UpstreamKey(**stored["upstream_key"]) if stored["upstream_key"] else None,
            "fallback": Fallback(**stored["fallback"]) if stored["fallback"] else None,
            "probe": _probe(stored["probe"]),
        }
    )


def _container(stored: Any) -> Container | None:
    if stored is None:
        return None
    lists = {"command": tuple(stored["command"]), "egress": tuple(stored["egress"])}
    return Container(**stored | lists | {"delivery": Delivery(stored["delivery"])})


def _probe(stored: Any) -> Probe | None:
    return None if stored is None else Probe(**stored | {"happened": Condition(**stored["happened"])})


def _operation(stored: JsonObject) -> Operation:
    parameters = (Parameter(**one | {"place": Place(one["place"])}) for one in stored["parameters"])
    return Operation(
        **stored | {"parameters": tuple(parameters), "body": _body(stored["body"]), "accept": tuple(stored["accept"])}
    )


def _body(stored: Any) -> Body | None:
    if stored is None:
        return None
    parts = (Part(**one | {"headers": tuple(map(tuple, one["headers"]))}) for one in stored.get("parts", ()))
    return Body(**stored | {"parts": tuple(parts)})


def _credential(stored: Any) -> CredentialBinding | None:
    return None if stored is None else CredentialBinding(**stored | {"place": Place(stored["place"])})
