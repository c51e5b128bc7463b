"""Who may call, for operators, as plain, frozen values. The meaning of each is in principal_service.proto."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

from callgate import checks, convert
from callgate.v1 import principal_service_pb2 as pb

#: Random bytes of a token.
TOKEN_BYTES = 32

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """One token, and what it may do. It does not have the token: `id` is the beginning of its SHA-256.

    `tools` are patterns of names, `rights` such as `import`. `creator` and `created` are None for an entry of the principals
    file, `expires` for a token that is valid until it is revoked.
    """

    id: str
    tenant: str
    agent: str
    subject: str
    tools: tuple[str, ...]
    rights: tuple[str, ...]
    expires: datetime | None
    creator: str | None
    created: datetime | None


@dataclass(frozen=True, slots=True)
class AddedPrincipal:
    """`token` is told nowhere else; None where its SHA-256 was given. `unconfirmed`: the gateways that may not know it yet."""

    principal: Principal
    token: str | None = field(repr=False)
    unconfirmed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RevokedPrincipals:
    """No gateway lets these in any more. `unconfirmed`: those that have not said so, and hear nothing of the store."""

    revoked: tuple[Principal, ...]
    unconfirmed: tuple[str, ...]


def new_token(digest: str | None) -> tuple[str | None, str]:
    """A token and its SHA-256; no token where the SHA-256 was given. Raises RequestInvalid."""
    if digest is None:
        token = token_urlsafe(TOKEN_BYTES)
        return token, sha256(token.encode()).hexdigest()
    given = checks.required("token's SHA-256", digest).lower()
    if not _DIGEST.fullmatch(given):
        raise checks.invalid("the token's SHA-256 must be 64 hexadecimal digits", "printf %s TOKEN | sha256sum")
    return None, given


def add(
    digest: str,
    whose: tuple[str, str, str],
    tools: Sequence[str],
    rights: Sequence[str],
    expires: datetime | None,
) -> pb.AddPrincipalRequest:
    """`whose`: tenant, agent and subject. Raises RequestInvalid."""
    tenant, agent, subject = whose
    request = pb.AddPrincipalRequest(
        token_sha256=digest,
        tenant=checks.required("tenant", tenant),
        agent=checks.required("agent", agent),
        subject=checks.required("subject", subject),
        tools=checks.texts("list of tools", tools),
        rights=[_right(one) for one in checks.texts("list of rights", rights)],
    )
    if expires is not None:
        request.expire_time.FromDatetime(checks.instance(datetime, "expiry", expires))
    return request


def _right(given: str) -> str:
    name = f"RIGHT_{given.upper()}"
    if name not in pb.Right.keys() or name == "RIGHT_UNSPECIFIED":  # noqa: SIM118 - no mapping
        known = ", ".join(convert.word(pb.Right, number) for number in pb.Right.values() if number)
        raise checks.invalid(f"{given!r} is no right", f"Give some of {known}; update the SDK if the gateway has others.")
    return name


def revoke(id: str | None, tenant: str | None, agent: str | None, subject: str | None) -> pb.RevokePrincipalsRequest:
    """Raises RequestInvalid unless there is an id alone, or all the other three."""
    parts = {"id": id, "tenant": tenant, "agent": agent, "subject": subject}
    given = {part: checks.required(part, one) for part, one in parts.items() if one is not None}
    if set(given) not in ({"id"}, {"tenant", "agent", "subject"}):
        raise checks.invalid(
            "name a token by its id, or a principal by tenant, agent and subject", "Give the one or the other."
        )
    return pb.RevokePrincipalsRequest(**given)


def page(token: str) -> pb.ListPrincipalsRequest:
    return pb.ListPrincipalsRequest(page_token=token)


def principal_from(message: pb.Principal) -> Principal:
    return Principal(
        id=message.id,
        tenant=message.tenant,
        agent=message.agent,
        subject=message.subject,
        tools=tuple(message.tools),
        rights=tuple(convert.word(pb.Right, one) for one in message.rights),
        expires=convert.moment(message.expire_time) if message.HasField("expire_time") else None,
        creator=message.creator or None,
        created=convert.moment(message.create_time) if message.HasField("create_time") else None,
    )


def added_from(token: str | None, answer: pb.AddPrincipalResponse) -> AddedPrincipal:
    return AddedPrincipal(principal_from(answer.principal), token, tuple(answer.unconfirmed))


def revoked_from(answer: pb.RevokePrincipalsResponse) -> RevokedPrincipals:
    return RevokedPrincipals(tuple(principal_from(one) for one in answer.revoked), tuple(answer.unconfirmed))
