"""A person's name in Vault: the alias by which Vault lets a box read and write what is kept for that person, and for no other.

Vault makes the path of the name that a token was minted with (a policy's template), so that no box can ask for another one.
"""

from hashlib import sha256

import orjson

from gateway.model.principal import Principal
from registry.credentials.consent import PERSON
from registry.credentials.kinds import connected_per
from registry.model.tool import ToolVersion

PREFIX = "callgate-"
#: What a token role permits as names.
ALIASES = (f"{PREFIX}*",)
_DIGITS = 32


def person_of(principal: Principal, per: str) -> str:
    """The subject's, in its tenant, whichever agent acts for it; or the tenant's, where one has connected for all."""
    told = [principal.tenant] if per == "tenant" else [principal.tenant, principal.subject]
    return PREFIX + sha256(orjson.dumps(["person", *told])).hexdigest()[:_DIGITS]


def person_for(version: ToolVersion, principal: Principal) -> str:
    """In whose name a call of this version reads what is kept; empty where no person connects for it."""
    return next((person_of(principal, per) for per in connected_per(version.draft.credentials)), "")


def is_of_person(path: str) -> bool:
    """Whether what lies there is a person's."""
    return path.endswith(f"/{PERSON}")


def named(path: str, person: str) -> str:
    """The path, with the person's name where that is left open."""
    return path.removesuffix(PERSON) + person if is_of_person(path) else path


def removal_of(path: str) -> str:
    """Where a key-value engine of version 2 removes every version of what is kept at the path."""
    return path.replace("/data/", "/metadata/", 1)
