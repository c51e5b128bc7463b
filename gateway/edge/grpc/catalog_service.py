"""CatalogService: message in, registry call, message out. No decisions."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceServicer
from gateway.decisions.policy import Policy
from gateway.edge.grpc import catalog_wire, invocation_wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.heartbeats import SILENCE, with_heartbeats
from gateway.edge.grpc.latest_progress import Following
from gateway.edge.grpc.paging import fitting
from gateway.model.errors import RequestInvalid
from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.secrets.roles import roles_for
from registry.catalog.catalog import Catalog, survey
from registry.manifest.toolset import Compiled, ToolsetHeader
from registry.model.errors import DocumentTooLarge
from registry.model.import_fault import ImportFault
from registry.model.json_limits import DOCUMENT_BYTES
from registry.model.versions import stored_size
from registry.reader.read_in_subprocess import compile_toolset

#: The quotas of an operator who has set none.
NO_WORD = Quotas()

CHUNK_BYTES = 1 << 20
MAX_PAGE = 1000

REASON = 500


@dataclass(frozen=True, slots=True)
class CatalogEdge(CatalogServiceServicer):
    authentication: Authentication
    policy: Policy
    catalog: Catalog
    silence: float = SILENCE
    """Seconds, after which a stream carries a heartbeat."""
    quotas: Quotas = NO_WORD

    async def ImportToolset(
        self, request_iterator: AsyncIterator[pb.ImportToolsetRequest], context: Context
    ) -> AsyncIterator[pb.ImportToolsetResponse]:
        self.policy.authorize_import(self.authentication.caller(context))
        said, document = await _receive(request_iterator)
        told = self._import(said, document, context)
        async for message in with_heartbeats(told, pb.ImportToolsetResponse(heartbeat={}), self.silence, context):
            yield message

    async def _import(
        self, said: pb.ImportHeader, document: bytes, context: Context
    ) -> AsyncIterator[pb.ImportToolsetResponse]:
        header = invocation_wire.header_from(said)
        before = await survey(self.catalog, header.toolset)
        header = replace(header, remembered=before.remembered)
        following = Following()
        reading = _begin_reading(document, header, following, context)
        async for told in following.until_done(reading):
            yield pb.ImportToolsetResponse(progress=catalog_wire.progress(*told))
        compiled = await reading
        beyond = self._require_sound(compiled, header, said)
        guarded = header.guards or before.switched_off
        await self._require_room(compiled)
        how = catalog_wire.how_from(said, header, compiled, document, guarded=guarded)
        how = replace(how, tenant=self.authentication.caller(context).tenant)
        added = await self.catalog.add(compiled.drafts, how)
        report = pb.ImportReport(
            tools=[invocation_wire.tool(version, schemas=False) for version in added.versions],
            faults=invocation_wire.faults((*compiled.faults, *beyond), {*compiled.lost, *beyond}),
            added=added.added,
            unchanged=added.unchanged,
            roles=[invocation_wire.role(role) for role in roles_for(added.versions)],
            changes=catalog_wire.changes(added.changes),
        )
        yield pb.ImportToolsetResponse(report=report)

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
        self.authentication.caller(context)
        size = min(request.page_size or MAX_PAGE, MAX_PAGE)
        listed = await self.catalog.list(request.toolset or None, request.page_token, size + 1)
        tools = list(fitting(invocation_wire.tool(one.version, state=one.state) for one in listed[:size]))
        more = len(listed) > len(tools)
        return pb.ListToolsResponse(tools=tools, next_page_token=tools[-1].name if more else "")

    async def GetTool(self, request: pb.GetToolRequest, context: Context) -> pb.GetToolResponse:
        if self.policy.may_import(self.authentication.caller(context)):  # to promote it is to read it first
            found = await self.catalog.inspect(request.tool)
            return pb.GetToolResponse(tool=invocation_wire.tool(found.version, state=found.state))
        return pb.GetToolResponse(tool=invocation_wire.tool(await self.catalog.resolve(request.tool)))

    async def ListVersions(self, request: pb.ListVersionsRequest, context: Context) -> pb.ListVersionsResponse:
        self.authentication.caller(context)
        size = min(request.page_size or MAX_PAGE, MAX_PAGE)
        entries = await self.catalog.entries(request.toolset or None, request.page_token, size + 1)
        tools = [catalog_wire.versions(entry) for entry in entries[:size]]
        return pb.ListVersionsResponse(tools=tools, next_page_token=tools[-1].name if len(entries) > size else "")

    async def SetVersionState(self, request: pb.SetVersionStateRequest, context: Context) -> pb.SetVersionStateResponse:
        self.policy.authorize_import(self.authentication.caller(context))
        moved = await self.catalog.move(request.tool, catalog_wire.state_from(request.state), request.reason[:REASON])
        return pb.SetVersionStateResponse(moved=[catalog_wire.status(one) for one in moved])


def _begin_reading(document: bytes, header: ToolsetHeader, following: Following, context: Context) -> asyncio.Task[Compiled]:
    """Read the document in a task that ends with the RPC, however that ends: then no caller is left to take the result.

    gRPC leaves a generator that is no longer asked to the garbage collector, so its `finally` would run at an unknown time.
    """
    reading = asyncio.create_task(compile_toolset(document, header, progress=following.tell))
    context.add_done_callback(lambda _: reading.cancel())  # type: ignore[arg-type] # the stubs want a class of theirs
    return reading


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
