"""The gRPC server behind the door: what it serves, and how it stops."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass, field
from errno import EADDRINUSE
from typing import Any

import grpc
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from grpc_reflection.v1alpha import reflection
from opentelemetry.instrumentation.grpc import aio_server_interceptor

from callgate.v1 import (
    artifact_service_pb2,
    catalog_service_pb2,
    connection_service_pb2,
    host_service_pb2,
    invocation_service_pb2,
    principal_service_pb2,
    recording_service_pb2,
    review_service_pb2,
    run_service_pb2,
)
from callgate.v1.artifact_service_pb2_grpc import add_ArtifactServiceServicer_to_server
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from callgate.v1.connection_service_pb2_grpc import add_ConnectionServiceServicer_to_server
from callgate.v1.host_service_pb2_grpc import add_HostServiceServicer_to_server
from callgate.v1.invocation_service_pb2_grpc import add_InvocationServiceServicer_to_server
from callgate.v1.principal_service_pb2_grpc import add_PrincipalServiceServicer_to_server
from callgate.v1.recording_service_pb2_grpc import add_RecordingServiceServicer_to_server
from callgate.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server
from callgate.v1.run_service_pb2_grpc import add_RunServiceServicer_to_server
from gateway.edge.door.certificates import Certificates
from gateway.edge.door.door import Door
from gateway.edge.door.kept_process import DoorFailed
from gateway.edge.door.mcp_door import McpDoor
from gateway.edge.grpc.admission import Admission
from gateway.edge.grpc.artifact_service import ArtifactEdge
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.connection_service import ConnectionEdge
from gateway.edge.grpc.health_service import HealthEdge
from gateway.edge.grpc.held_bytes import MessageMemory
from gateway.edge.grpc.host_service import HostEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.principal_service import PrincipalEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.run_service import RunEdge
from gateway.edge.grpc.shares import Shares
from gateway.edge.grpc.strangers import Strangers
from gateway.model.config import Config, ConfigInvalid
from gateway.pipeline.token_boxes import BEGUN

MESSAGE_BYTES = 4 << 20
OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", 4 * MESSAGE_BYTES),  # a page of tools with their schemas
    # The door asks every 10 s where nothing comes, whether a call is under way or not, and is never too much.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_ping_strikes", 0),
    # The door is on the same machine: nothing is to be found out about the way. And it has a buffer of a frame's size for each
    # message that comes.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.max_frame_size", 16_384),
    # Of a client's connection, for which the door has one of its own, and lets 256 in. Those that were cancelled a moment ago
    # are counted here, too, and what is beyond is refused.
    ("grpc.max_concurrent_streams", 1024),
    # What the door lets pass. gRPC's own default is half of that, from which on it begins to refuse by chance.
    ("grpc.max_metadata_size", 24 << 10),
    ("grpc.absolute_max_metadata_size", 32 << 10),
)
#: Seconds that streams have to end when the gateway stops; and the handlers of those that had not.
LAST_STREAMS, LAST_STEPS = 1.0, 0.1

#: Whose health is told. Each of these needs the store.
RECORDS = tuple(f"callgate.v1.{name}Service" for name in ("Catalog", "Review", "Recording", "Host", "Connection", "Run"))
#: Needs the store, too, and that the principals file which is there can be read.
PRINCIPALS = "callgate.v1.PrincipalService"
#: And these need boxes, too, and a state directory that can be written; "" is the server as a whole.
CALLS = ("callgate.v1.InvocationService", "")
#: No service, but a name that health is told of: whether calls with a credential can be served.
CREDENTIALS = "credentials"
#: So is this: whether the door of MCP is there. Only where there shall be one.
MCP = "mcp"
TOLD = (*RECORDS, PRINCIPALS, *CALLS, CREDENTIALS)

#: What reflection tells of.
FILES = tuple(
    module.DESCRIPTOR
    for module in (
        catalog_service_pb2,
        connection_service_pb2,
        invocation_service_pb2,
        review_service_pb2,
        recording_service_pb2,
        host_service_pb2,
        principal_service_pb2,
        artifact_service_pb2,
        run_service_pb2,
    )
)


@dataclass(slots=True)
class Server:
    config: Config
    catalog: CatalogEdge
    invocations: InvocationEdge
    reviews: ReviewEdge
    recordings: RecordingEdge
    hosts: HostEdge
    _: KW_ONLY
    principals: PrincipalEdge
    artifacts: ArtifactEdge
    connections: ConnectionEdge
    runs: RunEdge
    drain_tokens: Callable[[float], Awaitable[None]]
    _door: Door = field(init=False)
    _mcp: McpDoor | None = field(default=None, init=False)
    _grpc: Any = field(default=None, init=False)
    _health: HealthEdge = field(default_factory=HealthEdge, init=False)
    _told: dict[str, bool] = field(
        default_factory=lambda: dict.fromkeys((*RECORDS, PRINCIPALS, *CALLS, CREDENTIALS), True), init=False
    )
    _stopping: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        certificate, key = self.config.tls_certificate_file, self.config.tls_key_file
        certificates = Certificates(certificate, key) if certificate and key else None
        self._door = Door(self.config.listen, certificates, niceness=self.config.niceness)
        if mcp := self.config.mcp:
            self._told[MCP] = True
            self._mcp = McpDoor(mcp, self._door.gateway, certificates, niceness=self.config.niceness)

    async def start(self) -> None:
        """Listen, and say that all is served unless it was told otherwise. Raises ConfigInvalid where it cannot listen."""
        authentication = self.catalog.authentication
        admitted = Admission(authentication), MessageMemory(authentication), Shares(authentication)
        interceptors = [aio_server_interceptor(), Boundary(), Strangers(), *admitted]
        self._grpc = grpc.aio.server(interceptors=interceptors, options=OPTIONS)
        add_CatalogServiceServicer_to_server(self.catalog, self._grpc)
        add_InvocationServiceServicer_to_server(self.invocations, self._grpc)
        add_ReviewServiceServicer_to_server(self.reviews, self._grpc)
        add_RecordingServiceServicer_to_server(self.recordings, self._grpc)
        add_HostServiceServicer_to_server(self.hosts, self._grpc)
        add_ConnectionServiceServicer_to_server(self.connections, self._grpc)
        add_PrincipalServiceServicer_to_server(self.principals, self._grpc)
        add_ArtifactServiceServicer_to_server(self.artifacts, self._grpc)
        add_RunServiceServicer_to_server(self.runs, self._grpc)
        add_HealthServicer_to_server(self._health, self._grpc)
        if self.config.reflection:
            names = [file.services_by_name.values() for file in FILES]
            services = [service.full_name for group in names for service in group]
            reflection.enable_server_reflection([*services, reflection.SERVICE_NAME], self._grpc)
        self._grpc.add_insecure_port(f"unix:{self._door.gateway}")
        await self._grpc.start()
        await self._open_doors()
        self._health.tell(self._told)

    async def tell(self, *, records: bool, calls: bool, credentials: bool = True) -> None:
        """Say by the health protocol what is served: `records` tells whether the store is there, `calls` whether all
        else is that a call needs, `credentials` whether there is a login to Vault."""
        now = dict.fromkeys(RECORDS, records) | dict.fromkeys(CALLS, records and calls) | {CREDENTIALS: credentials}
        now[PRINCIPALS] = records and self.principals.sound
        if self._mcp is not None:
            now[MCP] = records and self._mcp.serves
        changed = {service: serving for service, serving in now.items() if self._told[service] is not serving}
        self._told = now
        if not self._stopping:
            self._health.tell(changed)

    def reload(self) -> None:
        """Read the certificate again, where there is one, for connections that are made from now on."""
        self._door.reload()
        if self._mcp is not None:
            self._mcp.reload()

    async def stop(self) -> None:
        """Stop like this: say NOT_SERVING, let calls under way end, and what they and people have begun at token endpoints,
        which must not be lost; then close connections."""
        self._stopping = True
        self._health.tell(dict.fromkeys(self._told, False))
        await asyncio.gather(self.invocations.drain(self.config.drain_seconds), self.connections.drain(BEGUN))
        await self.drain_tokens(BEGUN)
        doors: list[Door | McpDoor] = [self._door, self._mcp] if self._mcp else [self._door]
        await asyncio.gather(*(door.close(LAST_STREAMS) for door in doors))
        await self._grpc.stop(LAST_STEPS)

    async def _open_doors(self) -> None:
        await self._open(self._door, self.config.listen)
        if self._mcp is not None:
            await self._open(self._mcp, self._mcp.settings.listen)

    async def _open(self, door: Door | McpDoor, listen: str) -> None:
        try:
            await door.open()
        except (OSError, ValueError, DoorFailed) as error:
            await self.stop()
            taken = isinstance(error, OSError) and error.errno == EADDRINUSE
            reason = "is another gateway running there?" if taken else str(error)
            raise ConfigInvalid(f"cannot listen on {listen}: {reason}") from error
