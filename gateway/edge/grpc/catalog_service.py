"""CatalogService: message in, registry call, message out. No decisions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial
from time import time
from typing import Any

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1 import tool_pb2
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceServicer
from gateway.decisions.policy import Policy
from gateway.decisions.tenant_rules import TenantRules
from gateway.edge.grpc import catalog_wire, invocation_wire, publication_wire, search_wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.fair_turns import FairTurns
from gateway.edge.grpc.heartbeats import SILENCE, with_heartbeats
from gateway.edge.grpc.latest_progress import Following
from gateway.edge.grpc.paced import Source, page_of
from gateway.edge.grpc.paging import asked_for, name_of, page_of_all, size_of, token_of
from gateway.edge.grpc.shares import IMPORTS, LISTS, WAITING_LISTS
from gateway.edge.grpc.tool_lists import form_from, in_form, source_of
from gateway.model.errors import RequestInvalid
from gateway.model.principal import Caller, Principal
from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.search.searches import Searches
from gateway.secrets.roles import roles_for
from registry.catalog.acts import Act, Acts
from registry.catalog.catalog import Added, Catalog, survey
from registry.catalog.publications import Catalogs
from registry.catalog.tool_entry import CALLABLE, ToolEntry, VersionState
from registry.manifest.toolset import Compiled, ToolsetHeader
from registry.model.errors import DocumentTooLarge, NameTaken
from registry.model.import_fault import ImportFault
from registry.model.json_limits import DOCUMENT_BYTES
from registry.model.versions import stored_size
from registry.reader.read_in_subprocess import compile_toolset

#: The quotas of an operator who has set none.
NO_WORD = Quotas()

CHUNK_BYTES = 1 << 20
MAX_PAGE = 250
#: Documents that are read at one time: each takes a processor for as long as it takes.
READING = 1


@dataclass(frozen=True, slots=True)
class CatalogEdge(CatalogServiceServicer):
    authentication: Authentication
    policy: Policy
    catalogs: Catalogs
    _: KW_ONLY
    silence: float = SILENCE
    """Seconds, after which a stream carries a heartbeat."""
    tenant_rules: TenantRules = TenantRules()  # noqa: RUF009 - frozen
    quotas: Quotas = NO_WORD
    clock: Callable[[], float] = time
    searches: Searches = field(default_factory=Searches)
    searching: FairTurns = field(default_factory=lambda: FairTurns("searches", most=LISTS, line=WAITING_LISTS))
    reading: FairTurns = field(default_factory=lambda: FairTurns("imports", most=READING, line=IMPORTS))

    async def ImportToolset(
        self, request_iterator: AsyncIterator[pb.ImportToolsetRequest], context: Context
    ) -> AsyncIterator[pb.ImportToolsetResponse]:
        caller = self.authentication.caller(context)
        self.policy.authorize_import(caller)
        told = self._told(caller.principal, *await _receive(request_iterator), context)
        async for message in with_heartbeats(told, pb.ImportToolsetResponse(heartbeat={}), self.silence, context):
            yield message

    async def _told(
        self, principal: Principal, said: pb.ImportHeader, document: bytes, context: Context
    ) -> AsyncIterator[pb.ImportToolsetResponse]:
        """How far the import has come, and its report. The import waits for no client: for one that takes nothing the report is
        kept, and neither the document nor what that has become."""
        following = Following()
        importing = _begin(self._import(principal, said, document, following), context)
        del document
        async for told in following.until_done(importing):
            yield pb.ImportToolsetResponse(progress=catalog_wire.progress(*told))
        yield pb.ImportToolsetResponse(report=await importing)

    async def _import(
        self, principal: Principal, said: pb.ImportHeader, document: bytes, following: Following
    ) -> pb.ImportReport:
        header, catalog = await self._header(principal.tenant, said), self.catalogs.of(principal.tenant)
        self.tenant_rules.require_secrets(principal.tenant, catalog_wire.secrets_of(header))
        before = await survey(catalog, header.toolset)
        header = replace(header, remembered=before.remembered)
        compiled = await self._compile(principal.tenant, document, header, following)
        # What follows of one step for each tool, fault or word of the manifest is done beside the event loop, too.
        beyond = await asyncio.to_thread(self._require_sound, compiled, header, said)
        self.tenant_rules.require_secrets(principal.tenant, catalog_wire.bound_secrets(compiled))
        guarded = header.guards or before.switched_off
        await self._require_room(compiled)
        how = await asyncio.to_thread(catalog_wire.how_from, said, header, compiled, document, guarded=guarded)
        try:
            added = await catalog.add(compiled.drafts, replace(how, by=self._act(principal)))
        except NameTaken as taken:
            if not said.dry_run:
                raise
            # A plan tells all that would refuse the import, however many names that is.
            added, beyond = Added(()), (*beyond, *catalog_wire.clashes(taken))
        return await asyncio.to_thread(_report, added, compiled, beyond)

    async def _header(self, tenant: str, said: pb.ImportHeader) -> ToolsetHeader:
        """Beside the event loop, and in turn: a manifest may take half a second of work, as a document may."""
        if not said.manifest:
            return invocation_wire.header_from(said)
        async with self.reading.turn(tenant):
            return await asyncio.to_thread(invocation_wire.header_from, said)

    async def _compile(self, tenant: str, document: bytes, header: ToolsetHeader, following: Following) -> Compiled:
        async with self.reading.turn(tenant):
            return await compile_toolset(document, header, progress=following.tell)

    async def _require_room(self, compiled: Compiled) -> None:
        """Raises QuotaExceeded where what the document has become is more than one import may store."""
        size = await asyncio.to_thread(stored_size, compiled.drafts)
        if size > self.quotas.import_bytes:
            raise exceeded(QuotaUse("import_bytes", size, self.quotas.import_bytes))

    def _require_sound(self, compiled: Compiled, header: ToolsetHeader, said: pb.ImportHeader) -> tuple[ImportFault, ...]:
        """Refuse what no call could do, before anything is stored.

        A plan is only told what is beyond a ceiling, and which words mean nothing.
        """
        for draft in compiled.drafts:
            self.policy.require_upstreams(draft)
        beyond = self.policy.ceiling_faults(header.manifest, compiled.drafts)
        if not said.dry_run:
            catalog_wire.require_meant(compiled)
            catalog_wire.require_within(beyond)
        return beyond

    async def ListTools(self, request: pb.ListToolsRequest, context: Context) -> pb.ListToolsResponse:
        tenant = self.authentication.caller(context).principal.tenant
        listed = _listed("tools", tenant, request)
        after, size = name_of(listed, request.page_token), size_of(request, MAX_PAGE, MAX_PAGE)
        tools, last = await page_of(source_of(self.catalogs.of(tenant), request), after, size)
        return pb.ListToolsResponse(tools=tools, next_page_token=token_of(listed, 0, last) if last else "")

    async def SearchTools(self, request: pb.SearchToolsRequest, context: Context) -> pb.SearchToolsResponse:
        caller, form = self.authentication.caller(context), form_from(request.schema_form, 0)
        wanted = search_wire.wanted_from(request, partial(self.policy.may_call, caller))
        tenant, most = caller.principal.tenant, search_wire.limit_of(request)
        catalog = self.catalogs.of(tenant)
        live = await self.searches.index(tenant, catalog)
        # Not before: a search that waits for its tenant's index must not take the turn of another's.
        async with self.searching.turn(tenant):
            found = await live.find(wanted, most)
            tools = [one async for one in search_wire.messages(catalog, found, wanted, form)]
        return pb.SearchToolsResponse(tools=tools)

    async def GetTool(self, request: pb.GetToolRequest, context: Context) -> pb.GetToolResponse:
        caller, form = self.authentication.caller(context), form_from(request.schema_form, request.token_budget)
        return pb.GetToolResponse(tool=await in_form(await self._tool(caller, request.tool), form))

    async def _tool(self, caller: Caller, reference: str) -> tool_pb2.Tool:
        catalog = self.catalogs.of(caller.principal.tenant)
        if self.policy.may_inspect(caller):
            found = await catalog.inspect(reference)
            if found.state in CALLABLE or not found.published:
                return invocation_wire.tool(found.version, state=found.state)
        return invocation_wire.tool(await catalog.resolve(reference))

    async def ListVersions(self, request: pb.ListVersionsRequest, context: Context) -> pb.ListVersionsResponse:
        tenant = self.authentication.caller(context).principal.tenant
        listed = _listed("versions", tenant, request)
        read = partial(_with_acts, self.catalogs.of(tenant), request.toolset or None)
        after, size = name_of(listed, request.page_token), size_of(request, MAX_PAGE, MAX_PAGE)
        source = Source(read, lambda one: one[0].name, lambda _: True, lambda one: catalog_wire.versions(*one))
        tools, last = await page_of(source, after, size)
        return pb.ListVersionsResponse(tools=tools, next_page_token=token_of(listed, 0, last) if last else "")

    async def SetVersionState(self, request: pb.SetVersionStateRequest, context: Context) -> pb.SetVersionStateResponse:
        caller, state = self.authentication.caller(context), catalog_wire.state_from(request.state)
        reason = catalog_wire.reason_from(request)
        principal, promotes = caller.principal, state is VersionState.ACTIVE
        (self.policy.authorize_promote if promotes else self.policy.authorize_switch_off)(caller)
        permit = partial(self.tenant_rules.require_another, principal) if promotes else None
        catalog, by = self.catalogs.of(principal.tenant), self._act(principal)
        moved = await catalog.move(request.tool, state, reason, by=by, permit=permit)
        return pb.SetVersionStateResponse(moved=[catalog_wire.status(one) for one in moved])

    async def SetPublication(self, request: pb.SetPublicationRequest, context: Context) -> pb.SetPublicationResponse:
        caller = self.authentication.caller(context)
        self.policy.authorize_operate(caller)
        publication = publication_wire.publication_from(request.publication, caller.principal.tenant)
        if request.withdrawn:
            return pb.SetPublicationResponse(changed=await self.catalogs.withdraw(publication))
        await self.catalogs.publish(publication, self._act(caller.principal))
        return pb.SetPublicationResponse(changed=True)

    async def ListPublications(self, request: pb.ListPublicationsRequest, context: Context) -> pb.ListPublicationsResponse:
        self.policy.authorize_operate(self.authentication.caller(context))
        found = await self.catalogs.publications()
        page, more = page_of_all("publications", found, publication_wire.place, publication_wire.status, request)
        return pb.ListPublicationsResponse(publications=page, next_page_token=more)

    def _act(self, principal: Principal) -> Act:
        return Act(principal.agent, principal.subject, self.clock())


def _listed(what: str, tenant: str, request: pb.ListToolsRequest | pb.ListVersionsRequest) -> str:
    """The list's name: a token is of one tenant's list, and of what that was asked for."""
    return f"{what} of {tenant}: {asked_for(request)}"


def _report(added: Added, compiled: Compiled, beyond: tuple[ImportFault, ...]) -> pb.ImportReport:
    return pb.ImportReport(
        tools=[invocation_wire.tool(version, schemas=False) for version in added.versions],
        faults=invocation_wire.faults((*compiled.faults, *beyond), {*compiled.lost, *beyond}),
        added=added.added,
        unchanged=added.unchanged,
        roles=[invocation_wire.role(role) for role in roles_for(added.versions)],
        changes=catalog_wire.changes(added.changes),
    )


async def _with_acts(
    catalog: Catalog, toolset: str | None, after: str, size: int
) -> list[tuple[ToolEntry, Mapping[str, Acts]]]:
    entries = await catalog.entries(toolset, after, size)
    acts = await catalog.acts([entry.name for entry in entries])
    return [(entry, acts.get(entry.name, {})) for entry in entries]


def _begin(importing: Coroutine[Any, Any, pb.ImportReport], context: Context) -> asyncio.Task[pb.ImportReport]:
    """Import in a task that ends with the RPC, however that ends: then no caller is left to take the result.

    gRPC leaves a generator that is no longer asked to the garbage collector, so its `finally` would run at an unknown time.
    """
    task = asyncio.create_task(importing)
    context.add_done_callback(lambda _: task.cancel())  # type: ignore[arg-type] # the stubs want a class of theirs
    return task


async def _receive(messages: AsyncIterator[pb.ImportToolsetRequest]) -> tuple[pb.ImportHeader, bytes]:
    header: pb.ImportHeader | None = None
    document = bytearray()
    async for message in messages:
        if message.HasField("header") == (header is not None):
            raise RequestInvalid("the first message must carry the header, and every later one a chunk")
        if header is None:
            header = message.header
            continue
        document += message.chunk
        if len(message.chunk) > CHUNK_BYTES:
            raise RequestInvalid(f"a chunk must be at most {CHUNK_BYTES} bytes")
        if len(document) > DOCUMENT_BYTES:
            raise DocumentTooLarge(f"the document has more than {DOCUMENT_BYTES} bytes")
    if header is None:
        raise RequestInvalid("no header was sent")
    return header, bytes(document)
