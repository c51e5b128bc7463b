"""CatalogService: message in, registry call, message out. No decisions."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceServicer
from gateway.decisions.policy import Policy
from gateway.edge.grpc import catalog_wire, invocation_wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.fair_turns import FairTurns
from gateway.edge.grpc.heartbeats import SILENCE, with_heartbeats
from gateway.edge.grpc.latest_progress import Following
from gateway.edge.grpc.paced import page_of
from gateway.edge.grpc.shares import IMPORTS
from gateway.model.errors import RequestInvalid
from gateway.secrets.roles import roles_for
from registry.catalog.catalog import Catalog, survey
from registry.manifest.toolset import Compiled, ToolsetHeader
from registry.model.errors import DocumentTooLarge
from registry.model.json_limits import DOCUMENT_BYTES
from registry.reader.read_in_subprocess import compile_toolset

CHUNK_BYTES = 1 << 20
MAX_PAGE = 250
#: Documents that are read at one time: each takes a processor for as long as it takes.
READING = 1

REASON = 500


@dataclass(frozen=True, slots=True)
class CatalogEdge(CatalogServiceServicer):
    authentication: Authentication
    policy: Policy
    catalog: Catalog
    silence: float = SILENCE
    """Seconds, after which a stream carries a heartbeat."""
    reading: FairTurns = field(default_factory=lambda: FairTurns("imports", most=READING, line=IMPORTS))

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
        compiling = self._compile(self.authentication.caller(context).tenant, document, header, following)
        reading = _begin_reading(compiling, context)
        async for told in following.until_done(reading):
            yield pb.ImportToolsetResponse(progress=catalog_wire.progress(*told))
        compiled = await reading
        if not said.dry_run:
            catalog_wire.require_meant(compiled)
        guarded = header.guards or before.switched_off
        how = catalog_wire.how_from(said, header, compiled, document, guarded=guarded)
        added = await self.catalog.add(compiled.drafts, how)
        report = pb.ImportReport(
            tools=[invocation_wire.tool(version, schemas=False) for version in added.versions],
            faults=invocation_wire.faults(compiled.faults, compiled.lost),
            added=added.added,
            unchanged=added.unchanged,
            roles=[invocation_wire.role(role) for role in roles_for(added.versions)],
            changes=catalog_wire.changes(added.changes),
        )
        yield pb.ImportToolsetResponse(report=report)

    async def _compile(self, tenant: str, document: bytes, header: ToolsetHeader, following: Following) -> Compiled:
        async with self.reading.turn(tenant):
            return await compile_toolset(document, header, progress=following.tell)

    async def ListTools(self, request: pb.ListToolsRequest, context: Context) -> pb.ListToolsResponse:
        self.authentication.caller(context)
        read, size = partial(self.catalog.list, request.toolset or None), min(request.page_size or MAX_PAGE, MAX_PAGE)
        tools, token = await page_of(read, invocation_wire.listed_tool, request.page_token, size)
        return pb.ListToolsResponse(tools=tools, next_page_token=token)

    async def GetTool(self, request: pb.GetToolRequest, context: Context) -> pb.GetToolResponse:
        if self.policy.may_import(self.authentication.caller(context)):  # to promote it is to read it first
            found = await self.catalog.inspect(request.tool)
            return pb.GetToolResponse(tool=invocation_wire.tool(found.version, state=found.state))
        return pb.GetToolResponse(tool=invocation_wire.tool(await self.catalog.resolve(request.tool)))

    async def ListVersions(self, request: pb.ListVersionsRequest, context: Context) -> pb.ListVersionsResponse:
        self.authentication.caller(context)
        read, size = partial(self.catalog.entries, request.toolset or None), min(request.page_size or MAX_PAGE, MAX_PAGE)
        tools, token = await page_of(read, catalog_wire.versions, request.page_token, size)
        return pb.ListVersionsResponse(tools=tools, next_page_token=token)

    async def SetVersionState(self, request: pb.SetVersionStateRequest, context: Context) -> pb.SetVersionStateResponse:
        self.policy.authorize_import(self.authentication.caller(context))
        moved = await self.catalog.move(request.tool, catalog_wire.state_from(request.state), request.reason[:REASON])
        return pb.SetVersionStateResponse(moved=[catalog_wire.status(one) for one in moved])


def _begin_reading(compiling: Coroutine[Any, Any, Compiled], context: Context) -> asyncio.Task[Compiled]:
    """Read the document in a task that ends with the RPC, however that ends: then no caller is left to take the result.

    gRPC leaves a generator that is no longer asked to the garbage collector, so its `finally` would run at an unknown time.
    """
    reading = asyncio.create_task(compiling)
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
