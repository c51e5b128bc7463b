"""The conversions between the messages of who may call and their values."""

import re

from callgate.v1 import principal_service_pb2 as pb
from gateway.edge.grpc.enums import member, word
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.model.errors import RequestInvalid
from gateway.model.principal import RIGHTS, Caller, Principal, rights_of, rule_of
from gateway.model.token_entry import LAST_MOMENT, TokenEntry
from registry.model.clean_text import is_plain

#: Characters of a name or pattern, and how many patterns there may be.
LENGTH, PATTERNS = 200, 100

_DIGEST = re.compile("[0-9a-f]{64}")


def principal(entry: TokenEntry) -> pb.Principal:
    who, rule = entry.caller.principal, entry.caller.rule
    return pb.Principal(
        id=entry.id,
        tenant=who.tenant,
        agent=who.agent,
        subject=who.subject,
        tools=rule.tools,
        rights=[number for right in rights_of(rule) if (number := member(pb.Right, right))],
        expire_time=timestamp(entry.expires) if entry.expires is not None else None,
        creator=entry.creator,
        create_time=timestamp(entry.created) if entry.creator else None,
    )


def entry_from(message: pb.AddPrincipalRequest, creator: str, now: float) -> TokenEntry:
    """Raises RequestInvalid."""
    digest = message.token_sha256.lower()
    if not _DIGEST.fullmatch(digest):
        raise RequestInvalid("token_sha256 must be 64 hexadecimal digits: the SHA-256 of the token")
    if len(message.tools) > PATTERNS:
        raise RequestInvalid(f"there may be at most {PATTERNS} patterns of tools")
    tools = tuple(_name("pattern of tools", one) for one in message.tools)
    rights = frozenset(word(pb.Right, number) for number in message.rights)
    if not rights <= set(RIGHTS):
        raise RequestInvalid(f"rights has a member that is no right; there are {', '.join(RIGHTS)}")
    expires = message.expire_time.seconds + message.expire_time.nanos / 1e9 if message.HasField("expire_time") else None
    if expires is not None and not now < expires <= LAST_MOMENT:
        raise RequestInvalid("the token would have expired already, or expire after the year 9999")
    who = Principal(_name("tenant", message.tenant), _name("agent", message.agent), _name("subject", message.subject))
    return TokenEntry(digest, Caller(who, rule_of(tools, rights)), expires, now, creator)


def principal_from(message: pb.RevokePrincipalsRequest) -> Principal | None:
    """None where a token is named by its id. Raises RequestInvalid."""
    parts = message.tenant, message.agent, message.subject
    if bool(message.id) == any(parts) or (any(parts) and not all(parts)):
        raise RequestInvalid("name either the id of a token, or tenant, agent and subject of a principal")
    return None if message.id else Principal(*parts)


def _name(part: str, given: str) -> str:
    if not 0 < len(given) <= LENGTH or not is_plain(given):
        raise RequestInvalid(f"each {part} must be of 1 to {LENGTH} printable characters")
    return given
