"""`client.toolsets`: documents become tools, and other tenants see them."""

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from callgate import checks, messages, publications
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.importing import ImportAnswers, OnProgress
from callgate.publications import Publication
from callgate.retry import IMPORT, READ
from callgate.session import Noun
from callgate.types import CredentialSource, ImportReport
from callgate.v1.catalog_service_pb2 import ImportHeader

P = ParamSpec("P")
T = TypeVar("T")


def _header(
    toolset: str,
    *,
    server: str = "",
    credentials: Sequence[CredentialSource] = (),
    require_approval: Sequence[str] = (),
    origin: str = "",
    manifest: bytes = b"",
    require_promotion: bool = False,
    overlays: Sequence[bytes] = (),
) -> ImportHeader:
    return ImportHeader(
        toolset=checks.text("toolset", toolset),
        server=checks.text("server", server),
        credentials=messages.credential_sources(credentials),
        require_approval=checks.texts("require_approval", require_approval),
        origin=checks.text("origin", origin),
        manifest=checks.content("manifest", manifest),
        require_promotion=checks.flag("require_promotion", require_promotion),
        overlays=[checks.content("overlays' every member", one) for one in checks.sequence("overlays", overlays)],
    )


def _taking(pattern: Callable[P, T]) -> Callable[[Callable[..., T]], Callable[P, T]]:
    """A decorator for a verb that takes the same parameters as another."""

    def described(verb: Callable[..., T]) -> Callable[P, T]:
        verb.__signature__ = signature(pattern)  # type: ignore[attr-defined]
        return verb

    return described


class AsyncToolsets(Noun):
    """Documents that become tools, and the tenants that see them."""

    async def import_openapi(
        self,
        document: bytes,
        toolset: str,
        *,
        server: str = "",
        credentials: Sequence[CredentialSource] = (),
        require_approval: Sequence[str] = (),
        origin: str = "",
        manifest: bytes = b"",
        require_promotion: bool = False,
        overlays: Sequence[bytes] = (),
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Compile an OpenAPI document (JSON or YAML) into tools. Tools that it no longer has stay as they are.

        All parameters but the last are those of ImportHeader. `on_progress` is called with an ImportProgress at most ten times
        a second, and once when all is read. The progress starts again from the beginning where the request is sent again. What
        `on_progress` raises ends the import.
        """
        header = _header(
            toolset,
            server=server,
            credentials=credentials,
            require_approval=require_approval,
            origin=origin,
            manifest=manifest,
            require_promotion=require_promotion,
            overlays=overlays,
        )
        return await self._import(header, document, on_progress)

    @_taking(import_openapi)
    async def apply(
        self, document: bytes, toolset: str, *, on_progress: OnProgress | None = None, **options: Any
    ) -> ImportReport:
        """Make the toolset what document and manifest say: as `import_openapi`, and tools that the document no longer has are
        deprecated."""
        header = _header(toolset, **options)
        header.deprecate_missing = True
        return await self._import(header, document, on_progress)

    @_taking(import_openapi)
    async def plan(
        self, document: bytes, toolset: str, *, on_progress: OnProgress | None = None, **options: Any
    ) -> ImportReport:
        """What `apply` would do. Nothing changes."""
        header = _header(toolset, **options)
        header.deprecate_missing = header.dry_run = True
        return await self._import(header, document, on_progress)

    async def _import(self, header: ImportHeader, document: bytes, on_progress: OnProgress | None) -> ImportReport:
        read, told = checks.content("document", document), checks.callable_or_none("on_progress", on_progress)

        async def exchange(seconds: float | None) -> ImportReport:
            answers, requests = ImportAnswers(told), messages.import_toolset(header, read)
            async with self._session.stream(self._session.catalog.ImportToolset, requests, seconds) as stream:
                async for message in stream:
                    answers.take(message)
            return answers.report()

        return await self._session.repeat(exchange, IMPORT)

    async def publish(self, toolset: str, tenant: str, *, owner: str = "") -> None:
        """Let the callers of a tenant see and call the tools of a toolset. `owner`: who imported it; empty: the own tenant."""
        request = partial(publications.set_publication, toolset, tenant, owner, withdrawn=False)
        await self._session.send(self._session.catalog.SetPublication, request, READ)

    async def withdraw(self, toolset: str, tenant: str, *, owner: str = "") -> bool:
        """Take that back. False where it was not published, or has been taken back before."""
        request = partial(publications.set_publication, toolset, tenant, owner, withdrawn=True)
        return bool((await self._session.send(self._session.catalog.SetPublication, request, READ)).changed)

    async def publications(self) -> AsyncIterator[Publication]:
        """Every toolset that is published to another tenant, in order."""
        async for page in self._session.pages(self._session.catalog.ListPublications, publications.page):
            for one in page.publications:
                yield publications.publication_from(one)


class Toolsets(BlockingNoun[AsyncToolsets]):
    """Documents that become tools, and the tenants that see them."""

    import_openapi = blocking(AsyncToolsets.import_openapi)
    apply = blocking(AsyncToolsets.apply)
    plan = blocking(AsyncToolsets.plan)
    publish = blocking(AsyncToolsets.publish)
    withdraw = blocking(AsyncToolsets.withdraw)
    publications = iterating(AsyncToolsets.publications)
