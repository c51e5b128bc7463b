"""The catalogs of a gateway that starts."""

from collections.abc import Set as AbstractSet

import structlog

from gateway.model.config import Config
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from registry.model.errors import CatalogUnowned

log = structlog.get_logger(__name__)


async def open_catalogs(config: Config, importing: AbstractSet[str], store: Store) -> RedisCatalogs:
    """The catalogs, with an owner for what was imported before toolsets had owners, if this gateway can say who that is.

    `importing`: the tenants that may import.
    """
    owner = config.catalog_owner or (next(iter(importing)) if len(importing) == 1 else None)
    catalogs = RedisCatalogs(store, owner=owner, quotas=config.quotas)
    try:
        settled = await catalogs.settle()
    except CatalogUnowned as error:
        log.warning("catalog_unowned", error=str(error), cure=error.cure)
    else:
        if config.catalog_owner not in (None, settled):
            log.warning("catalog_owned_by_another", owner=settled, setting=config.catalog_owner)
    return catalogs
