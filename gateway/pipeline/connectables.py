"""Toolset → the credentials that a person connects for it."""

from dataclasses import dataclass, replace

from gateway.decisions.policy import Policy
from gateway.model.errors import NotPermitted, RequestInvalid, brief
from gateway.model.principal import Caller
from registry.catalog.publications import Catalogs
from registry.credentials.kinds import grant_of
from registry.credentials.token_grant import TokenGrant, credential_id
from registry.model.tool import CredentialBinding, ToolVersion

_PAGE = 250


@dataclass(frozen=True, slots=True)
class Connectable:
    """One credential, by a version that needs it. The grant's scopes are those of all the toolset's tools that were seen."""

    version: ToolVersion
    binding: CredentialBinding
    grant: TokenGrant

    @property
    def id(self) -> str:
        return credential_id(self.binding, self.version)

    @property
    def for_tenant(self) -> bool:
        """Whether one person connects for all of the tenant."""
        return self.grant.per == "tenant"


@dataclass(frozen=True, slots=True)
class Connectables:
    catalogs: Catalogs
    policy: Policy

    async def choose(
        self, caller: Caller, toolset: str, wanted: str, *, anyones: bool = False, of_before: bool = False
    ) -> Connectable:
        """`wanted`: the credential, by its secret's path or by its id; empty: the only one. `anyones`: also of tools that this
        caller may not call. `of_before`: also one, by its id, that no tool has any more as it is now. Raises RequestInvalid,
        StoreUnavailable."""
        found = await self._of(caller, toolset, anyones=anyones)
        fitting = [one for one in found if wanted in ("", one.id, one.binding.path)]
        if not fitting and of_before:
            fitting = await self._of_before(caller, toolset, wanted, anyones=anyones)
        if len(fitting) == 1:
            return fitting[0]
        if not found:
            told = f"no tool of {brief(toolset)} that you may call has a credential that a person connects"
            raise RequestInvalid(
                told, cure="`callgate tools` lists toolsets; a manifest's `token` says what a person connects."
            )
        named = ", ".join(f"{one.binding.path} ({one.id})" for one in found)
        raise RequestInvalid(f"{brief(toolset)} has the credentials {named}", cure="Name one of them by --credential.")

    async def _of(self, caller: Caller, toolset: str, *, anyones: bool) -> list[Connectable]:
        found: dict[str, Connectable] = {}
        after, catalog = "", self.catalogs.of(caller.principal.tenant)
        while page := await catalog.list(toolset, after, _PAGE):
            for listed in page:
                if anyones or self._may_call(caller, listed.version.name):
                    _gather(found, listed.version)
            after = page[-1].version.name
        return sorted(found.values(), key=lambda one: (one.binding.path, one.id))

    async def _of_before(self, caller: Caller, toolset: str, wanted: str, *, anyones: bool) -> list[Connectable]:
        """Of every version that there ever was: none is forgotten, and its role is still in Vault."""
        after, catalog = "", self.catalogs.of(caller.principal.tenant)
        while page := await catalog.entries(toolset, after, _PAGE):
            seen = (entry for entry in page if anyones or self._may_call(caller, entry.name))
            for reference in [f"{entry.name}@{one.version}" for entry in seen for one in reversed(entry.revisions)]:
                found: dict[str, Connectable] = {}
                _gather(found, (await catalog.inspect(reference)).version)
                if wanted in found:
                    return [found[wanted]]
            after = page[-1].name
        return []

    def _may_call(self, caller: Caller, tool: str) -> bool:
        try:
            self.policy.require_call(caller, tool)
        except NotPermitted:
            return False
        return True


def _gather(found: dict[str, Connectable], version: ToolVersion) -> None:
    for binding in version.draft.credentials:
        grant = grant_of(binding)
        if grant and grant.of_person:
            one = Connectable(version, binding, grant)
            known = found.setdefault(one.id, one)
            scopes = tuple(sorted({*known.grant.scopes, *grant.scopes}))
            found[one.id] = replace(known, grant=replace(known.grant, scopes=scopes))
