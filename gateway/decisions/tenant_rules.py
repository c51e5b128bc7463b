"""What an operator decides for a whole tenant: who may promote an import there, and which secrets its toolsets may name."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from gateway.model.errors import SecretNotAllowed, SelfPromotion
from gateway.model.principal import Principal
from registry.catalog.acts import Acts, Deed
from registry.credentials.token_grant import is_kept
from registry.model.errors import Violation


@dataclass(frozen=True, slots=True)
class NamedSecret:
    """Where an import names a secret: a JSON Pointer into what was sent, and the secret's path in Vault."""

    pointer: str
    path: str


@dataclass(frozen=True, slots=True)
class TenantRules:
    """`self_promotion`: the tenants in which who imported a version may promote it. `secret_prefixes`: by tenant, below which
    paths its secrets lie; None: no operator has said so, and every path is allowed."""

    self_promotion: frozenset[str] = frozenset()
    secret_prefixes: Mapping[str, tuple[str, ...]] | None = None

    def require_another(self, principal: Principal, reference: str, acts: Acts) -> None:
        """Raises SelfPromotion where this person imported the version, and no other has promoted it since.

        What might be called from its import on was never held back, so its importer may switch it on again. A version whose
        importer is not on record, because a gateway of the release before took it, may be promoted by all that have the right.
        """
        imported = acts.get(Deed.IMPORTED)
        if imported is None or not imported.held or Deed.PROMOTED in acts or principal.tenant in self.self_promotion:
            return
        if imported.subject == principal.subject:
            raise SelfPromotion(f"{principal.subject} imported {reference}, by {imported.agent}, and so may not promote it")

    def require_secrets(self, tenant: str, named: Iterator[NamedSecret]) -> None:
        """Raises SecretNotAllowed where a secret lies outside of the tenant's prefixes, or is a token that is kept for a person
        or for tools: it would be shown to whatever the importer names."""
        mentions = list(named)
        if kept := [one for one in mentions if is_kept(one.path)]:
            _refuse(kept, "a path where no tokens are kept", cure="Name the secret of the client: they are kept below it.")
        if self.secret_prefixes is None:
            return
        allowed = self.secret_prefixes.get(tenant, ())
        told = f"a path below {' or '.join(allowed)}" if allowed else "no secret: the operator has given this tenant no prefix"
        if outside := [one for one in mentions if not any(is_below(one.path, prefix) for prefix in allowed)]:
            _refuse(outside, told)


def _refuse(named: Collection[NamedSecret], allowed: str, cure: str = SecretNotAllowed.cure) -> NoReturn:
    words = "; ".join(f"{one.pointer}: {one.path}" for one in named)
    violations = tuple(Violation(one.pointer, allowed) for one in named)
    raise SecretNotAllowed(f"nothing was imported. Allowed is {allowed}. Refused: {words}", violations=violations, cure=cure)


def is_below(path: str, prefix: str) -> bool:
    """Whether the secret is the prefix itself or below it, by whole names, and by a way that no server reads in another one."""
    names, first = path.split("/"), prefix.strip("/").split("/")
    plain = all(name.strip(".") and not set(name) & set("*+%?#\\") for name in names)
    return plain and names[: len(first)] == first


def by_tenant(pairs: tuple[tuple[str, str], ...] | None) -> Mapping[str, tuple[str, ...]] | None:
    """Pairs of a tenant and one of its prefixes."""
    if pairs is None:
        return None
    return {tenant: tuple(prefix for owner, prefix in pairs if owner == tenant) for tenant, _ in pairs}
