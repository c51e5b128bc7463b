"""Which toolsets of one tenant are published to another, and the catalogs of all tenants as one protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from registry.catalog.acts import Act
from registry.catalog.catalog import Catalog, MemoryCatalog
from registry.catalog.name_clashes import told
from registry.model.errors import NameTaken, PublicationRefused, ToolsetNotFound

#: So many toolsets may be published to one tenant: each lookup of a name that is not the tenant's own asks each of them.
MOST_PUBLISHED = 64


@dataclass(frozen=True, slots=True, order=True)
class Publication:
    """The callers of `tenant` see and call the tools of `owner`'s toolset, too."""

    owner: str
    toolset: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Published:
    """A publication, and who said so, and when."""

    publication: Publication
    act: Act


class Catalogs(Protocol):
    """One catalog for each tenant. What another tenant owns is not in it, unless an operator has published it to this one."""

    def of(self, tenant: str) -> Catalog:
        """The tenant's own tools, which win, and what is published to it."""
        ...

    async def publish(self, publication: Publication, by: Act) -> None:
        """Idempotent. Raises ToolsetNotFound, PublicationRefused, CatalogUnowned, and NameTaken where the tenant has a tool of
        one of the names, its own or a published one."""
        ...

    async def withdraw(self, publication: Publication) -> bool:
        """Take it back. Every gateway keeps to it half a second later. False where there was none."""
        ...

    async def publications(self) -> Sequence[Published]:
        """All of them, in order."""
        ...


def taken_where_published(publication: Publication, names: Sequence[str]) -> NameTaken:
    return NameTaken(
        f"the tenant {publication.tenant!r} has tools of these names already: {told(names)}",
        cure="Let the owner write a `prefix` for its tools in the manifest, or take the other publication back; then publish.",
    )


def require_to_another(publication: Publication) -> None:
    """Raises PublicationRefused."""
    if publication.owner == publication.tenant:
        raise PublicationRefused("a toolset is its owner's already", cure="Name another tenant to publish it to.")


def too_many(publication: Publication) -> PublicationRefused:
    return PublicationRefused(
        f"{MOST_PUBLISHED} toolsets are published to the tenant {publication.tenant!r}, and no more may be",
        cure="Take one back first (`callgate toolset withdraw`), or publish fewer and larger toolsets.",
    )


def no_such_toolset(publication: Publication) -> ToolsetNotFound:
    return ToolsetNotFound(f"the tenant {publication.owner!r} owns no toolset {publication.toolset!r}")


class MemoryCatalogs:
    """Catalogs in memory, for tests and for one process that need not keep its tools."""

    def __init__(self) -> None:
        self._catalogs: dict[str, MemoryCatalog] = {}
        self._published: dict[Publication, Act] = {}

    def of(self, tenant: str) -> MemoryCatalog:
        return self._catalogs.setdefault(tenant, MemoryCatalog(tenant, self))

    async def publish(self, publication: Publication, by: Act) -> None:
        require_to_another(publication)
        if publication in self._published:
            return
        names = self.of(publication.owner).names_in(publication.toolset)
        if not names:
            raise no_such_toolset(publication)
        there = self.of(publication.tenant)
        taken = [name for name in names if there.has(name)]
        if taken:
            raise taken_where_published(publication, taken)
        if len(self.published_to(publication.tenant)) >= MOST_PUBLISHED:
            raise too_many(publication)
        self._published[publication] = by

    async def withdraw(self, publication: Publication) -> bool:
        return self._published.pop(publication, None) is not None

    async def publications(self) -> Sequence[Published]:
        return [Published(one, self._published[one]) for one in sorted(self._published)]

    def published_to(self, tenant: str) -> Sequence[tuple[MemoryCatalog, str]]:
        return [(self.of(one.owner), one.toolset) for one in self._published if one.tenant == tenant]

    def where_published(self, owner: str, toolset: str) -> Sequence[MemoryCatalog]:
        return [self.of(one.tenant) for one in self._published if (one.owner, one.toolset) == (owner, toolset)]
