"""The tool version of an invocation that is on record, out of its tenant's catalog.

A name may mean another tool by now: one was published to the tenant and is not any more, and the tenant has imported its own.
What was called is known by its digest.
"""

from gateway.model.invocation import Invocation
from registry.catalog.publications import Catalogs
from registry.model.errors import ToolNotFound
from registry.model.tool import ToolVersion


async def version_to_call(catalogs: Catalogs, invocation: Invocation) -> ToolVersion:
    """To go on with it. Raises ToolNotFound, also where it is another one now, and what `Catalog.resolve` raises."""
    catalog = catalogs.of(invocation.principal.tenant)
    return _same(await catalog.resolve(invocation.request.version), invocation)


async def version_to_show(catalogs: Catalogs, invocation: Invocation) -> ToolVersion:
    """Also where it may not be called any more: its schema holds. Raises ToolNotFound, as `version_to_call`."""
    catalog = catalogs.of(invocation.principal.tenant)
    return _same((await catalog.inspect(invocation.request.version)).version, invocation)


def _same(version: ToolVersion, invocation: Invocation) -> ToolVersion:
    if version.digest != invocation.request.digest:
        raise ToolNotFound(f"{invocation.request.version} is another tool now than the one that was called")
    return version
