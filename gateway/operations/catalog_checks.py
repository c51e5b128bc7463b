"""Is it said whose the toolsets are that were imported before toolsets had owners? Until it is, no tenant imports."""

from typing import Protocol

from gateway.model.errors import GatewayError
from gateway.operations.doctor import PartFinding
from registry.model.errors import CatalogUnowned

PART = "catalog"


class CatalogsUnderCheck(Protocol):
    """Raises GatewayErrors and CatalogUnowned, with their cures."""

    async def owner_of_before(self) -> str | None: ...


async def check_catalog(catalogs: CatalogsUnderCheck, setting: str | None) -> PartFinding:
    """Reads, and changes nothing. `setting`: CALLGATE_CATALOG_OWNER."""
    try:
        owner = await catalogs.owner_of_before()
    except CatalogUnowned as error:
        if setting is not None:
            return PartFinding(PART, True, f"{error}. {setting!r} will, when a gateway starts with this setting")
        return PartFinding(PART, False, f"{error}; all tenants read them, and none imports or promotes", error.cure)
    except GatewayError as error:
        return PartFinding(PART, False, str(error), error.cure)
    told = "every toolset has an owner"
    if owner is not None:
        told += f"; those from before toolsets had owners are those of {owner!r}"
    if setting not in {None, owner}:
        cure = f"Unset CALLGATE_CATALOG_OWNER={setting}: the owner is said once, and was."
        return PartFinding(PART, True, told, cure, warns=True)
    return PartFinding(PART, True, told)
