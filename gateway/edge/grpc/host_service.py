"""HostService: message in, hosts, message out. No decisions."""

from dataclasses import dataclass

from callgate.v1 import host_service_pb2 as pb
from callgate.v1.host_service_pb2_grpc import HostServiceServicer
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.edge.grpc.paging import page_of_all
from gateway.edge.grpc.review_wire import reason_from
from gateway.pipeline.hosts import Hosts, HostStanding

LISTED = "hosts"


@dataclass(frozen=True, slots=True)
class HostEdge(HostServiceServicer):
    authentication: Authentication
    hosts: Hosts

    async def ListHosts(self, request: pb.ListHostsRequest, context: Context) -> pb.ListHostsResponse:
        found = await self.hosts.list(self.authentication.caller(context))
        page, more = page_of_all(LISTED, found, lambda one: one.host.id, _host, request)
        return pb.ListHostsResponse(hosts=page, next_page_token=more)

    async def DeclareHostLost(self, request: pb.DeclareHostLostRequest, context: Context) -> pb.DeclareHostLostResponse:
        caller, reason = self.authentication.caller(context), reason_from(request)
        discharged = await self.hosts.declare_lost(caller, request.id, reason)
        (found,) = [one for one in await self.hosts.list(caller) if one.host.id == request.id]
        return pb.DeclareHostLostResponse(host=_host(found), discharged=discharged)


def _host(standing: HostStanding) -> pb.Host:
    host, lost = standing.host, standing.host.lost
    return pb.Host(
        id=host.id,
        name=host.facts.name,
        engine=host.facts.engine,
        gateways=host.gateways,
        last_seen_time=timestamp(host.seen / 1000),
        boxes=standing.boxes,
        waiting=standing.waiting,
        lost_author=lost.author if lost else "",
        lost_reason=lost.reason if lost else "",
        lost_time=timestamp(lost.at / 1000) if lost else None,
    )
