"""The catalogs of all tenants in Redis, and what operators publish from one to another."""

from collections.abc import Callable, Sequence
from time import monotonic

import orjson

from gateway.model.quotas import Quotas
from gateway.records.redis.catalog import RedisCatalog
from gateway.records.redis.catalog_lookup import OWNER, ROOT, CatalogLookup, decoded, encoded
from gateway.records.redis.catalog_quota import CatalogQuota
from gateway.records.redis.client import Store
from gateway.records.redis.version_cache import KEPT_BYTES
from registry.catalog.acts import Act
from registry.catalog.publications import (
    MOST_PUBLISHED,
    Publication,
    Published,
    no_such_toolset,
    require_to_another,
    taken_where_published,
    too_many,
)
from registry.model.value_codec import plain, restore

PUBLICATIONS = f"{ROOT}:publications"


class RedisCatalogs:
    """See `registry.catalog.publications.Catalogs` for the promises. Every method also raises StoreUnavailable.

    `owner` is the tenant that is to own what was imported before toolsets had owners. That is written down once, by the first
    gateway that can say it. None: this gateway cannot.
    """

    def __init__(
        self,
        store: Store,
        *,
        owner: str | None = None,
        kept_bytes: int = KEPT_BYTES,
        clock: Callable[[], float] = monotonic,
        quotas: Quotas | None = None,
    ) -> None:
        self._store = store
        self._quota = CatalogQuota(store, quotas)
        self._lookup = CatalogLookup(store, owner, kept_bytes, clock)

    def of(self, tenant: str) -> RedisCatalog:
        return RedisCatalog(self._lookup, tenant, self._quota)

    async def settle(self) -> str | None:
        """The tenant that owns what was imported before toolsets had owners; None: no tenant, for there was nothing.

        Raises CatalogUnowned where it is not said, and this gateway cannot say it.
        """
        return await self._lookup.settle()

    async def owner_of_before(self) -> str | None:
        """As `settle`, but nothing is written: the first gateway that starts says who it is."""
        return await self._lookup.owner_now()

    def has_tools_of_before(self, tenant: str) -> bool:
        """Whether the tenant owns what was imported before toolsets had owners, as far as this gateway has seen."""
        return tenant in {"", self._lookup.owner_of_before}

    async def publish(self, publication: Publication, by: Act) -> None:
        require_to_another(publication)
        await self.settle()
        args = *_words(publication), orjson.dumps(plain(by)), MOST_PUBLISHED
        state, *names = await self._store.call("callgate_catalog_publish", [OWNER], args)
        if state == b"NONE":
            raise no_such_toolset(publication)
        if state == b"FULL":
            raise too_many(publication)
        if state == b"TAKEN":
            raise taken_where_published(publication, [name.decode() for name in names])
        self._lookup.forget_all()

    async def withdraw(self, publication: Publication) -> bool:
        (gone,) = await self._store.call("callgate_catalog_withdraw", [OWNER], _words(publication))
        self._lookup.forget_all()
        return bool(gone)

    async def publications(self) -> Sequence[Published]:
        found = (await self._store.hash(PUBLICATIONS)).items()
        return sorted((_published(field, act) for field, act in found), key=lambda one: one.publication)


def _words(publication: Publication) -> tuple[str, str, str]:
    return encoded(publication.owner), publication.toolset, encoded(publication.tenant)


def _published(field: bytes, act: bytes) -> Published:
    owner, toolset, tenant = field.split(b":")
    return Published(Publication(decoded(owner), toolset.decode(), decoded(tenant)), restore(Act, orjson.loads(act)))
