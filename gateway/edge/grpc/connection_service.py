"""ConnectionService: message in, connections, message out. No decisions."""

from dataclasses import dataclass

from callgate.v1 import connection_service_pb2 as pb
from callgate.v1.connection_service_pb2_grpc import ConnectionServiceServicer
from gateway.edge.grpc import connection_wire as wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.paging import page_of_all
from gateway.pipeline.connecting import Connecting
from gateway.records.tokens.connections import ApiConnection

LISTED = "connections"


@dataclass(frozen=True, slots=True)
class ConnectionEdge(ConnectionServiceServicer):
    authentication: Authentication
    connecting: Connecting

    async def drain(self, grace: float) -> None:
        """Begin no further step, and wait up to `grace` seconds for those under way."""
        await self.connecting.drain(grace)

    async def BeginConnection(self, request: pb.BeginConnectionRequest, context: Context) -> pb.BeginConnectionResponse:
        caller, wish, uri = self.authentication.caller(context), wire.wish_from(request), wire.redirect_uri_from(request)
        state, challenge = wire.state_from(request), wire.challenge_from(request)
        url = await self.connecting.address(caller, wish, redirect_uri=uri, state=state, challenge=challenge)
        return pb.BeginConnectionResponse(authorization_url=url)

    async def CompleteConnection(
        self, request: pb.CompleteConnectionRequest, context: Context
    ) -> pb.CompleteConnectionResponse:
        caller, wish, redirect = self.authentication.caller(context), wire.wish_from(request), wire.redirect_from(request)
        made = await self.connecting.complete(caller, wish, redirect)
        return pb.CompleteConnectionResponse(connection=wire.connection(made))

    async def BeginDeviceConnection(
        self, request: pb.BeginDeviceConnectionRequest, context: Context
    ) -> pb.BeginDeviceConnectionResponse:
        caller = self.authentication.caller(context)
        return wire.codes(await self.connecting.begin_device(caller, wire.wish_from(request)))

    async def PollDeviceConnection(
        self, request: pb.PollDeviceConnectionRequest, context: Context
    ) -> pb.PollDeviceConnectionResponse:
        caller, wish = self.authentication.caller(context), wire.wish_from(request)
        return wire.polled(await self.connecting.poll_device(caller, wish, wire.flow_from(request)))

    async def ListConnections(self, request: pb.ListConnectionsRequest, context: Context) -> pb.ListConnectionsResponse:
        found = await self.connecting.list(self.authentication.caller(context))
        page, more = page_of_all(LISTED, found, _place, wire.connection, request)
        return pb.ListConnectionsResponse(connections=page, next_page_token=more)

    async def Disconnect(self, request: pb.DisconnectRequest, context: Context) -> pb.DisconnectResponse:
        caller = self.authentication.caller(context)
        return wire.removed(await self.connecting.disconnect(caller, wire.wish_from(request), wire.subject_from(request)))


def _place(one: ApiConnection) -> str:
    return f"{one.toolset}\n{one.subject}\n{one.id}"
